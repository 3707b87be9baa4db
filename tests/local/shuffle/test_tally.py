"""streamtools.local.shuffle.tally: equal lines of one value, counted."""

import pytest

from streamtools.local.shuffle.tally import ENOUGH, Tally
from streamtools.records import lines_of


def take(tally, block):
    return tally.take(block, lines_of(block))


def test_equal_lines_are_counted():
    tally = Tally()
    assert take(tally, b"a\t1\nb\t1\na\t1\n") and take(tally, b"a\t1\n")
    assert tally.counts == {b"a\t1": 3, b"b\t1": 1}
    assert (tally.value, tally.records, tally.size) == (b"\t1\n", 4, 16)
    assert tally.times([b"b\t1", b"a\t1"]) == [1, 3]


@pytest.mark.parametrize("block", [b"a\t2\n", b"a\t1\nb\t2\n", b"a\t11\n"])
def test_lines_of_another_value_are_not_taken(block):
    tally = Tally()
    take(tally, b"a\t1\n")
    assert not take(tally, block)
    assert tally.counts == {b"a\t1": 1} and tally.records == 1


@pytest.mark.parametrize(
    ("different", "saves_combiner", "pays"),
    [(0.5, False, True), (0.8, False, False), (0.8, True, True), (0.99, True, False)],
)
def test_it_pays_while_lines_repeat(different, saves_combiner, pays):
    keys = max(1, int(ENOUGH * different))
    tally = Tally()
    take(tally, b"".join(b"%d\t1\n" % (number % keys) for number in range(ENOUGH)))
    assert tally.pays(saves_combiner=saves_combiner) == pays


def test_a_few_lines_tell_nothing_yet():
    tally = Tally()
    take(tally, b"".join(b"%d\t1\n" % number for number in range(ENOUGH - 1)))
    assert tally.pays(saves_combiner=False)


@pytest.mark.parametrize(
    ("value", "is_integer"), [(b"1", True), (b"-20", True), (b"", False), (b"1.5", False), (b"1" * 19, False)]
)
def test_integers_are_known(value, is_integer):
    tally = Tally()
    take(tally, b"a\t%s\n" % value)
    assert tally.has_integers == is_integer


@pytest.mark.parametrize("value", [3, -20, 0])
def test_sums_are_value_times_count(value):
    tally = Tally()
    take(tally, b"a\t%d\n" % value * 3 + b"bb\t%d\n" % value)
    assert tally.sum_values([b"a\t%d" % value, b"bb\t%d" % value]) == [b"a\t%d" % (3 * value), b"bb\t%d" % value]


def test_memory_grows_with_different_lines_only():
    tally = Tally()
    take(tally, b"a\t1\n")
    before = tally.memory
    take(tally, b"a\t1\n" * 100)
    assert tally.memory == before > 0
    take(tally, b"b\t1\n")
    assert tally.memory > before
