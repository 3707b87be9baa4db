"""streamtools.local.stages.stderr: lines of stderr become counters, or are shown and kept."""

import pytest

from streamtools.errors import DataError
from streamtools.local.counters import Counters
from streamtools.local.stages.stderr import Listener


@pytest.fixture
def listener(tmp_path):
    return Listener(b"reporter:", Counters(), lambda counters: None, str(tmp_path / "log"))


@pytest.mark.parametrize(
    ("line", "counted", "shown"),
    [
        (b"reporter:counter:Group,name,2", {("Group", "name"): 2}, b""),
        (b"reporter:status:at work", {}, b""),
        (b"reporter:counter:Group", {}, b"WARN: Cannot parse counter line: reporter:counter:Group\n"),
        (b"reporter:other", {}, b"WARN: Cannot parse reporter line: reporter:other\n"),
        (b"a word", {}, b"a word\n"),
        (b" reporter:counter:Group,name,2", {}, b" reporter:counter:Group,name,2\n"),
        (b"", {}, b"\n"),
    ],
)
def test_a_line(listener, capfd, line, counted, shown):
    listener([line])
    assert dict(listener.counters) == counted
    assert capfd.readouterr().err.encode() == shown
    with open(listener.log, "ab+") as log:
        log.seek(0)
        assert log.read() == shown


def test_amounts_add_up(listener):
    listener([b"reporter:counter:G,n,2", b"reporter:counter:G,n,-5"])
    listener([b"reporter:counter:G,n,1"])
    assert dict(listener.counters) == {("G", "n"): -2}


def test_only_a_new_counter_is_checked(listener):
    checked = []
    listener.check = lambda counters: checked.append(len(counters))
    listener([b"reporter:counter:G,a,1", b"reporter:counter:G,a,1", b"reporter:counter:G,b,1"])
    assert checked == [1, 2]


def test_too_many_counters_raise(listener):
    def refuse(counters):
        raise DataError("", "too many", "")

    listener.check = refuse
    with pytest.raises(DataError):
        listener([b"reporter:counter:G,a,1"])


def test_another_prefix(listener):
    listener.prefix = b"hadoop:"
    listener([b"hadoop:counter:G,a,1", b"reporter:counter:G,b,1"])
    assert dict(listener.counters) == {("G", "a"): 1}


def test_counting_can_end(listener):
    listener.counts = False
    listener([b"reporter:counter:G,a,1"])
    assert not listener.counters


def test_the_line_of_progress_is_cleared_first(listener, capfd):
    listener.clear = b"\r\x1b[K"
    listener([b"reporter:status:x"])
    listener([b"a word"])
    assert capfd.readouterr().err == "\r\x1b[Ka word\n"


def test_without_a_log_all_is_dropped(listener, capfd):
    listener.log = None
    listener([b"reporter:counter:G,a,1", b"a word"])
    assert not listener.counters and capfd.readouterr().err == ""


FAILS = [b"Traceback (most recent call last):", b'  File "m.py", line 1', b"    int(x)", b"ValueError: x"]
CHAIN = [*FAILS, b"", b"During handling of the above exception, another exception occurred:", b"", *FAILS]


@pytest.mark.parametrize(
    ("lines", "shown", "held"),
    [
        (FAILS, [], FAILS),
        ([b"a", *FAILS], [b"a"], FAILS),
        (CHAIN, [], CHAIN),
        ([*FAILS, b"goes on"], [*FAILS, b"goes on"], []),
        ([b"  indented"], [b"  indented"], []),
    ],
)
def test_a_traceback_is_held_until_something_follows(tmp_path, capfd, lines, shown, held):
    listener = Listener(b"reporter:", Counters(), lambda counters: None, str(tmp_path / "log"), holds=True)
    for line in lines:
        listener([line])
    assert (capfd.readouterr().err.encode().split(b"\n")[:-1], listener.held) == (shown, held)
    assert (tmp_path / "log").read_bytes().split(b"\n")[:-1] == lines
    listener.release()
    assert capfd.readouterr().err.encode().split(b"\n")[:-1] == held
