"""What a collector holds: lines counted while that pays, blocks otherwise, and the memory that either takes."""

import pytest

from streamtools.local.shuffle import tally as tally_module
from streamtools.local.shuffle.buffer import PER_RECORD, Buffer
from streamtools.local.shuffle.tally import PER_COUNT, Tally
from streamtools.records import lines_of


def take(tally: Tally, block: bytes) -> bool:
    return tally.take(block, lines_of(block))


def add(buffer: Buffer, block: bytes) -> None:
    buffer.add(block, lines_of(block))


def test_lines_of_one_value_are_counted():
    tally = Tally()
    assert take(tally, b"a\t1\nb\t1\na\t1\n") and take(tally, b"a\t1\n")
    assert (tally.counts, tally.value, tally.records, tally.size) == ({b"a\t1": 3, b"b\t1": 1}, b"\t1\n", 4, 16)
    assert tally.times([b"b\t1", b"a\t1"]) == [1, 3]


def test_other_lines_are_not():
    for block in (b"a\t2\n", b"a\t1\nb\t2\n", b"a\t1\t1\n"):
        tally = Tally()
        take(tally, b"a\t1\n")
        assert not take(tally, block)
        assert (tally.counts, tally.records, tally.size) == ({b"a\t1": 1}, 1, 4)
    assert not take(Tally(), b"a\t1\nb\t2\n")


def test_memory_of_counted_lines():
    tally = Tally()
    assert tally.memory == 0
    take(tally, b"a\t1\nbbb\t1\n" * 3)  # of 5 bytes on average
    assert tally.memory == 2 * (PER_COUNT + 5) == 2 * 165


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
    assert tally.sum_values([b"bc\t%d" % value, b"a\t%d" % value]) == [b"bc\t%d" % value, b"a\t%d" % (2 * value)]


class TestBuffer:
    def test_without_a_tally_blocks_are_held(self):
        buffer = Buffer(counts=False, saves_combiner=False)
        add(buffer, b"a\t1\nb\t1\n")
        add(buffer, b"c\t1\n")
        assert buffer.tally is None and (buffer.size, buffer.records) == (12, 3)
        assert buffer.memory == 3 * 12 + PER_RECORD * 3 == 276
        assert list(buffer.take_blocks()) == [b"a\t1\nb\t1\n", b"c\t1\n"] and buffer.blocks == []

    def test_a_tally_until_another_value_comes(self):
        buffer = Buffer(counts=True, saves_combiner=False)
        add(buffer, b"b\t1\na\t1\nb\t1\n")
        assert buffer.blocks == [] and buffer.memory == 2 * (PER_COUNT + 4)
        add(buffer, b"a\t2\n")
        assert buffer.tally is None and (buffer.size, buffer.records) == (16, 4)
        assert b"".join(buffer.take_blocks()) == b"b\t1\nb\t1\na\t1\na\t2\n"  # values of a key in their order

    @pytest.mark.parametrize("saves_combiner", [False, True])
    def test_a_tally_while_it_pays(self, monkeypatch, saves_combiner):
        monkeypatch.setattr(tally_module, "ENOUGH", 10)
        buffer = Buffer(counts=True, saves_combiner=saves_combiner)
        add(buffer, b"".join(b"%d\t1\n" % (number % 8) for number in range(10)))
        assert (buffer.tally is not None) is saves_combiner
        assert (buffer.size, buffer.records) == (40, 10)

    def test_the_next_buffer_counts_if_this_one_does(self):
        buffer = Buffer(counts=True, saves_combiner=True)
        add(buffer, b"a\t1\n")
        following = buffer.empty()
        assert following.tally is not None and following.saves_combiner
        assert (following.size, following.records, following.tally.records) == (0, 0, 0)
        add(following, b"a\t1\nb\t2\n")
        assert following.empty().tally is None
