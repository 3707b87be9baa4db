"""streamtools.reducers.grouping: equal keys that follow each other, over any cut into blocks."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools.records import LONG
from streamtools.reducers.grouping import GroupedBlock, columns, find_groups, groups, remembering, run_starts
from streamtools.reducers.totals import sum_values
from streamtools.reporter import Reporter

FIELDS = st.sampled_from([b"", b"1", b"a", b"b"])
LINES = [b"a\t1\n", b"a\t2\n", b"b\n", b"c\t\n", b"a\t3\t4\n"]


def read(blocks):
    return [(key, [value for values in found for value in values.values]) for key, found in groups(blocks)]


@given(st.sets(st.integers(1, 4)))
def test_groups(cuts):
    borders = [0, *sorted(cuts), len(LINES)]
    blocks = [b"".join(LINES[start:end]) for start, end in pairwise(borders)]
    assert read(blocks) == [(b"a", [b"1", b"2"]), (b"b", [b""]), (b"c", [b""]), (b"a", [b"3\t4"])]


def test_values_know_the_line_of_the_first_of_them():
    blocks = [b"a\t1\na\t2\n", b"a\t3\nb\t4\n"]
    assert [[values.line for values in found] for _, found in groups(blocks)] == [[1, 3], [4]]


@pytest.mark.parametrize("read_first", [True, False])
def test_values_that_are_not_read_are_passed_over(read_first):
    keys = []
    for key, found in groups([b"a\t1\n" * 3, b"a\t1\nb\t2\n"]):
        if read_first:
            next(found)
        keys.append(key)
    assert keys == [b"a", b"b"]


@given(st.lists(st.lists(FIELDS, min_size=1, max_size=3).map(b"\t".join), min_size=1, max_size=9))
def test_a_block_knows_its_columns_and_groups(lines):
    block = GroupedBlock(b"".join(line + b"\n" for line in lines))
    keys, values = columns(lines)
    assert (block.keys, block.starts) == (keys, run_starts(keys)) == find_groups(block) == find_groups(bytes(block))
    assert block.values in (values, values[:1]) and (len(block.values) == len(values) or set(values) == {values[0]})
    assert block.is_plain == all(line.count(b"\t") == 1 for line in lines)


def test_a_block_is_looked_at_once():
    block = remembering(b"a\t1\na\t1\n")
    assert isinstance(block, GroupedBlock)
    assert remembering(block) is block and block.keys is block.keys and block.starts is block.starts


def test_a_long_line_is_not_remembered():
    line = b"k" * LONG + b"\t12\n"
    assert remembering(line) is line and find_groups(line) == ([b"k" * LONG], [0])
    assert b"".join(sum_values([line, line[:-3] + b"30\n"], Reporter())) == line[:-3] + b"42\n"
