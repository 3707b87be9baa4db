"""What a collector holds: lines counted while that pays, blocks otherwise, and the memory that either takes."""

import pytest

from streamtools.formats.batch import split_lines
from streamtools.formats.writables import LONG, TEXT, encode_long
from streamtools.local.shuffle import tally as tally_module
from streamtools.local.shuffle.buffer import PER_RECORD, Buffer
from streamtools.local.shuffle.hadoop_sizes import framed_size
from streamtools.local.shuffle.tally import PER_COUNT, Tally
from streamtools.records import lines_of


def take(tally: Tally | Buffer, block: bytes) -> bool:
    keys, values = split_lines(lines_of(block))
    (value,) = set(values)
    add = tally.take if isinstance(tally, Tally) else tally.add_keys
    return add(keys, value, len(block), has_escapes=False)


def make_buffer(counts: bool, saves_combiner: bool) -> Buffer:
    return Buffer(TEXT, TEXT, counts, saves_combiner)


def test_keys_of_one_value_are_counted():
    tally = Tally()
    assert take(tally, b"a\t1\nb\t1\na\t1\n") and take(tally, b"a\t1\n")
    assert (tally.counts, tally.value, tally.records, tally.size) == ({b"a": 3, b"b": 1}, b"1", 4, 16)
    assert tally.times([b"b", b"a"]) == [1, 3]
    assert tally.lines([b"b", b"a"]) == [b"b\t1", b"a\t1"]


@pytest.mark.parametrize("value", [b"2", b"", b"1\t1"])
def test_keys_of_another_value_are_not(value):
    tally = Tally()
    take(tally, b"a\t1\n")
    assert not tally.take([b"a"], value, 4, has_escapes=False)
    assert (tally.counts, tally.records, tally.size) == ({b"a": 1}, 1, 4)


@pytest.mark.parametrize(
    ("key", "value", "has_escapes", "size"),
    [
        (b"a", b"1", False, 4),
        (b"k" * 127, b"v" * 127, False, 256),
        (b"k" * 128, b"1", False, 2 + 128 + 2),  # a length above 127 takes two bytes
        (b"a", b"v" * 128, False, 2 + 2 + 128),
        (b"a", b"v" * 128, True, 2 + 2 + 128),
        (b"\x0b!", b"1", True, 2 + 2),  # an escaped byte is one
    ],
)
def test_bytes_of_counted_records_as_hadoop_serializes_them(key, value, has_escapes, size):
    tally = Tally()
    tally.take([key, key, key], value, 3 * (len(key) + len(value) + 2), has_escapes=has_escapes)
    assert tally.serialized_size(TEXT, TEXT) == 3 * size


def test_bytes_of_counted_numbers():
    tally = Tally()
    tally.take([b"a"], encode_long(65), 20, has_escapes=False)
    assert tally.serialized_size(TEXT, LONG) == 2 + 8


@pytest.mark.parametrize(("key", "value"), [(b"a", b"1"), (b"k" * 105, b"12"), (b"k" * 106, b"12"), (b"k" * 130, b"7")])
@pytest.mark.parametrize("sums", [False, True])
def test_bytes_of_counted_records_in_hadoops_files(key, value, sums):
    tally = Tally()
    tally.take([key, b"b", key], value, 2 * len(key) + 1 + 3 * (len(value) + 2), has_escapes=False)
    counted = tally.counted_lines(sums=True)
    written = sum(map(len, counted)) if sums else None
    lines, times = ([line[:-1] for line in counted], [1, 1]) if sums else (tally.lines([key, b"b"]), [2, 1])
    assert tally.framed_size(TEXT, TEXT, written) == framed_size(lines, TEXT, TEXT, times, has_escapes=True)


def test_counted_lines():
    tally = Tally()
    take(tally, b"b\t5\na\t5\nb\t5\n")
    assert tally.counted_lines(sums=False) == [b"b\t5\x0b=2\n", b"a\t5\n"]
    assert tally.counted_lines(sums=True) == [b"b\t10\n", b"a\t5\n"]


def test_memory_of_counted_lines():
    tally = Tally()
    assert tally.memory == 0
    take(tally, b"a\t1\nbbb\t1\n" * 3)  # of 5 bytes on average
    assert tally.memory == 2 * (PER_COUNT + 5) == 2 * 225


@pytest.mark.parametrize(
    ("different", "saves_combiner", "pays"),
    [(6, False, True), (7, False, False), (9, True, True), (10, True, False), (7, True, True)],
)
def test_counting_pays_while_few_lines_are_different(monkeypatch, different, saves_combiner, pays):
    monkeypatch.setattr(tally_module, "ENOUGH", 10)
    tally = Tally()
    take(tally, b"".join(b"%d\t1\n" % (number % different) for number in range(10)))
    assert tally.pays(saves_combiner=saves_combiner) is pays
    monkeypatch.setattr(tally_module, "ENOUGH", 11)
    assert tally.pays(saves_combiner=saves_combiner)  # too early to tell


def test_the_bounds_of_counting():
    assert (tally_module.ENOUGH, tally_module.WORTH, tally_module.WORTH_SUMMED) == (16384, 0.7, 0.97)


@pytest.mark.parametrize(
    ("value", "is_integer"),
    [(b"1", True), (b"-12", True), (b"9" * 18, True), (b"9" * 19, False), (b"", False), (b"1.0", False)],
)
def test_values_that_can_be_summed(value, is_integer):
    tally = Tally()
    take(tally, b"a\t" + value + b"\n")
    assert tally.has_integers is is_integer


@pytest.mark.parametrize("value", [1, -12, 0])
def test_sums_of_values(value):
    tally = Tally()
    take(tally, b"a\t%d\nbc\t%d\na\t%d\n" % (value, value, value))
    assert tally.counted_lines(sums=True) == [b"a\t%d\n" % (2 * value), b"bc\t%d\n" % value]


class TestBuffer:
    def test_without_a_tally_blocks_are_held(self):
        buffer = make_buffer(counts=False, saves_combiner=False)
        assert not take(buffer, b"a\t1\n")
        buffer.add_block(b"a\t1\nb\t1\n")
        buffer.add_block(b"c\t1\n")
        assert buffer.tally is None and (buffer.size, buffer.records) == (12, 3)
        assert buffer.memory == 3 * 12 + PER_RECORD * 3 == 276
        assert list(buffer.take_blocks()) == [b"a\t1\nb\t1\n", b"c\t1\n"] and buffer.blocks == []

    def test_a_tally_until_another_value_comes(self):
        buffer = make_buffer(counts=True, saves_combiner=False)
        take(buffer, b"b\t1\na\t1\nb\t1\n")
        assert buffer.blocks == [] and buffer.memory == 2 * (PER_COUNT + 4)
        assert buffer.report_bytes() == 12
        assert not take(buffer, b"a\t2\n")
        buffer.add_block(b"a\t2\n")
        assert (buffer.report_bytes(), buffer.report_bytes()) == (4, 0)
        assert buffer.tally is None and (buffer.size, buffer.records) == (16, 4)
        assert b"".join(buffer.take_blocks()) == b"b\t1\nb\t1\na\t1\na\t2\n"  # values of a key in their order

    @pytest.mark.parametrize("saves_combiner", [False, True])
    def test_a_tally_while_it_pays(self, monkeypatch, saves_combiner):
        monkeypatch.setattr(tally_module, "ENOUGH", 10)
        buffer = make_buffer(counts=True, saves_combiner=saves_combiner)
        take(buffer, b"".join(b"%d\t1\n" % (number % 8) for number in range(10)))
        assert (buffer.tally is not None) is saves_combiner
        assert (buffer.size, buffer.records) == (40, 10)

    def test_the_next_buffer_counts_if_this_one_does(self):
        buffer = make_buffer(counts=True, saves_combiner=True)
        take(buffer, b"a\t1\n")
        following = buffer.empty()
        assert following.tally is not None and following.saves_combiner
        assert (following.size, following.records, following.tally.records) == (0, 0, 0)
        following.add_block(b"a\t1\nb\t2\n")
        assert following.empty().tally is None
