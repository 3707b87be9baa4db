"""streamtools.local.tasks.stream: records to and from commands, in the classes that the job names."""

import pytest
from attempts import make_attempt, make_job, map_task

from streamtools.errors import DataError
from streamtools.formats.batch import Pairs, to_pairs
from streamtools.formats.writables import LONG, TEXT, encode_long
from streamtools.job import Stage
from streamtools.local.shuffle.safe_lines import escape
from streamtools.local.tasks.stream import Stream, check_classes, reads_text, reduce_writer, run_command


@pytest.fixture
def runner(folder):
    (folder / "in").touch()
    return lambda *options: make_attempt(make_job(*options, "-mapper", "cat"), map_task(folder / "in"), folder).runner


def pairs(stream):
    batches = map(to_pairs, stream.batches)
    return [pair for batch in batches for pair in zip(batch.keys, batch.values, strict=True)]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], [(b"a", b"b,c")]),
        (["-D", "stream.map.output.field.separator=,"], [(b"a\tb", b"c")]),
        (["-D", "stream.num.map.output.key.fields=2"], [(b"a\tb,c", b"")]),
        (["-D", "stream.map.output=keyonlytext"], [(b"a\tb,c", b"")]),
    ],
)
def test_output_is_read_as_the_properties_say(runner, options, found):
    stage = Stage("cat", True)
    stream = run_command(runner(*options), "mapper", stage, [b"a\tb,c\n"], is_text=False)
    assert pairs(stream) == found
    assert stream.key == TEXT


def test_input_of_a_reducer():
    block = escape(Pairs([b"a", b"b\nc"], [b"1", b"2"]))
    assert reduce_writer(make_job("-mapper", "cat"), TEXT, TEXT)(block) == b"a\t1\nb\nc\t2\n"
    commas = make_job("-D", "stream.reduce.input.field.separator=,", "-mapper", "cat")
    assert reduce_writer(commas, TEXT, TEXT)(block) == b"a,1\nb\nc,2\n"
    longs = escape(Pairs([b"a"], [encode_long(-7)]))
    assert reduce_writer(make_job("-mapper", "cat"), TEXT, LONG)(longs) == b"a\t-7\n"


@pytest.mark.parametrize(("form", "is_text"), [("text", True), ("typedbytes", False), ("keyonlytext", False)])
def test_what_is_text(form, is_text):
    assert reads_text(make_job("-D", f"stream.reduce.input={form}", "-mapper", "cat")) == is_text


def test_classes_are_those_of_the_job():
    job = make_job("-mapper", "cat")
    batches = [Pairs([], []), Pairs([b"a"], [b"1"])]
    assert list(check_classes(job, Stream(iter(batches), TEXT, TEXT)))[-1] == batches[1]
    with pytest.raises(DataError, match="Type mismatch in value from map"):
        check_classes(job, Stream(iter(batches), TEXT, LONG))
    assert list(check_classes(job, Stream(iter([]), LONG, LONG))) == []  # without records nothing is wrong
