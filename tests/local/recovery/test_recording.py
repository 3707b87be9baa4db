"""streamtools.local.recovery.recording: the input of a command goes to a file, and nothing else happens."""

from pathlib import Path

import pytest
from attempts import make_attempt, make_job, map_task, read_output, run_alone

from streamtools.local.counters import Counters
from streamtools.local.recovery.recording import record
from streamtools.local.tasks.map_task import run_map
from streamtools.local.tasks.outcome import Done


def record_alone(attempt, role, limit=None):
    def run(attempt):
        record(attempt, run_map, role, "recorded", limit)
        return Done(Counters(attempt.counters), None, 0, 0)

    done = run_alone(run, attempt)
    assert isinstance(done, Done) and done.counters == {}
    return Path("recorded").read_bytes()


@pytest.mark.parametrize(("role", "recorded"), [("mapper", b"b\t1\na\t2\n"), ("combiner", b"a\t2\nb\t1\n")])
def test_the_input_is_recorded(folder, capfd, role, recorded):
    (folder / "in").write_bytes(b"b\t1\na\t2\n")
    job = make_job("-mapper", "sh -c 'cat; echo word >&2'", "-combiner", "cat", "-reducer", "cat")
    attempt = make_attempt(job, map_task(folder / "in"), folder)
    assert record_alone(attempt, role) == recorded
    assert read_output(attempt) == {} and capfd.readouterr().err == ""


def test_no_more_than_asked_for_is_recorded(folder):
    (folder / "in").write_bytes(b"0123456789\n" * 1_000_000)
    attempt = make_attempt(make_job("-mapper", "cat"), map_task(folder / "in"), folder)
    recorded = record_alone(attempt, "mapper", limit=1)
    assert 0 < len(recorded) < 11_000_000 and set(recorded.split(b"\n")) == {b"0123456789", b""}


def test_the_command_is_not_started(folder):
    (folder / "in").write_bytes(b"a\n")
    attempt = make_attempt(make_job("-mapper", "sh -c 'touch started; cat'"), map_task(folder / "in"), folder)
    assert record_alone(attempt, "mapper") == b"a\n"
    assert not Path("started").exists()
