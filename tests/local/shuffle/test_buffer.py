"""streamtools.local.shuffle.buffer: records between two spills, counted while that pays."""

from streamtools.local.shuffle.buffer import PER_RECORD, Buffer
from streamtools.local.shuffle.safe_lines import expand
from streamtools.local.shuffle.tally import ENOUGH
from streamtools.records import lines_of


def filled(*blocks, counts=True):
    buffer = Buffer(counts, saves_combiner=False)
    for block in blocks:
        buffer.add(block, lines_of(block))
    return buffer


def records(buffer):
    """The lines of a buffer that holds blocks, one for each record."""
    return [line for block in expand(buffer.take_blocks()) for line in lines_of(block)]


def test_lines_of_one_value_are_counted():
    buffer = filled(b"a\t1\na\t1\n", b"b\t1\n")
    assert buffer.tally.counts == {b"a\t1": 2, b"b\t1": 1}
    assert (buffer.size, buffer.records, buffer.blocks) == (12, 3, [])


def test_another_value_ends_the_counting_and_no_record_is_lost():
    buffer = filled(b"a\t1\na\t1\n", b"b\t2\n", b"a\t1\n")
    assert buffer.tally is None and (buffer.size, buffer.records) == (16, 4)
    assert records(buffer) == [b"a\t1", b"a\t1", b"b\t2", b"a\t1"]


def test_lines_that_do_not_repeat_end_it_too():
    lines = [b"%d\t1" % number for number in range(ENOUGH)]
    buffer = filled(b"\n".join(lines) + b"\n")
    assert buffer.tally is None
    assert sorted(records(buffer)) == sorted(lines)


def test_the_next_buffer_counts_only_if_this_one_did():
    assert filled(b"a\t1\n").empty().tally is not None
    assert filled(b"a\t1\nb\t2\n").empty().tally is None
    assert filled(b"a\t1\n", counts=False).empty().tally is None


def test_memory_of_blocks_is_that_of_lines_while_they_are_sorted():
    buffer = filled(b"a\t1\nb\t2\n", counts=False)
    assert buffer.memory == 3 * 8 + 2 * PER_RECORD
    assert records(buffer) == [b"a\t1", b"b\t2"] and buffer.blocks == []
