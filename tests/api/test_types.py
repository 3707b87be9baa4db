"""Values of all types come back from their lines exactly: streamtools.api.types and streamtools.api.layout."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools.api.groups import GroupedBy, Groups
from streamtools.api.layout import Layout
from streamtools.api.task_context import Counts, Position
from streamtools.api.types import find_shape
from streamtools.errors import DataError, UsageError
from streamtools.keyspec import sort_key

BYTES = st.binary().filter(lambda value: not {9, 10} & set(value))  # TAB and LF
FINITE = st.floats(allow_nan=False, allow_infinity=False)
LEAST, MOST = -(10**30), 10**30
FIELDS = {  # type -> values that a field of a tuple may hold
    bytes: BYTES,
    str: BYTES.map(lambda value: value.decode(errors="surrogateescape")),
    int: st.integers(LEAST, MOST),
    float: st.floats(allow_nan=False),
    json: st.recursive(
        st.none() | st.booleans() | st.integers(LEAST, MOST) | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=5,
    ),
}  # fmt: skip
KEYS = {**FIELDS, json: st.lists(st.text()), float: FINITE.map(lambda value: value + 0.0)}
kinds = st.sampled_from([*FIELDS]) | st.lists(st.sampled_from([*FIELDS]), min_size=1, max_size=3).map(tuple)


def values_of(kind, fields):
    return st.tuples(*(fields[each] for each in kind)) if isinstance(kind, tuple) else fields[kind]


def read(block: bytes, key, value):
    by = GroupedBy(key, value, len(key.fields))
    groups = Groups([block], by, Position("stdin"), Counts())
    return [(key, value) for key, values in groups for value in values]


@given(st.data(), kinds, kinds)
def test_pairs_of_all_types_come_back(data, key_kind, value_kind):
    pairs = st.tuples(values_of(key_kind, KEYS), values_of(value_kind, FIELDS))
    pairs = data.draw(st.lists(pairs, min_size=1, max_size=5))
    key, value = find_shape(key_kind, "key", is_key=True), find_shape(value_kind, "value")
    layout = Layout(key, value, "map")
    block = layout.write(pairs)
    assert repr(read(block, key, value)) == repr(pairs)  # as -0.0 equals 0.0, and True 1
    assert b"".join(map(layout._write_one, pairs)) == block


@given(st.lists(KEYS[float] | st.integers(-99, 99).map(float), min_size=2))
def test_keys_that_are_numbers_sort_as_hadoop_sorts_them(numbers):
    layout = Layout(find_shape(float, "key", is_key=True), find_shape(int, "value"), "map")
    fields = [layout.write([(number, 0)]).partition(b"\t")[0] for number in numbers]
    assert [float(field) for field in sorted(fields, key=sort_key("-k1,1n"))] == sorted(numbers)


@pytest.mark.parametrize(
    "key, value, pair, said",
    [
        (str, int, ("a", "1"), "map: the value '1' is not an int, in the pair ('a', '1')"),
        (str, int, ("a", 1.5), "the value 1.5 is not an int"),
        (int, str, ("a", "b"), "the key 'a' is not an int"),
        (bytes, bytes, (b"a", "b"), "the value 'b' is not a bytes"),
        (str, str, (b"a", "b"), "the key b'a' is not a str"),
        (str, str, ("a\tb", "c"), r"the key 'a\tb' holds a TAB, in the pair ('a\tb', 'c')"),
        (str, str, ("a\nb", "c"), r"the key 'a\nb' holds a LF"),
        (bytes, int, (b"a\tb", 1), r"the key b'a\tb' holds a TAB"),
        (str, str, ("a", "b\nc"), r"the value 'b\nc' holds a LF"),
        (str, (str, int), ("a", ("b\tc", 1)), "holds a TAB"),
        ((str, int), str, (("a",), "b"), "the key ('a',) is not (str, int)"),
        ((str, int), str, ("ab", "b"), "the key 'ab' is not (str, int)"),
        (str, str, "ab", "needs pairs of a key and a value, not 'ab'"),
        (str, str, ("a", "b", "c"), "needs pairs of a key and a value"),
        (float, int, (math.nan, 1), "nan has no place in an order of numbers"),
        (str, str, ("\ud800", ""), "surrogates not allowed"),
        (str, json, ("a", {1, 2}), "is not a json"),
    ],
)
def test_what_cannot_be_written_is_refused_with_the_record(key, value, pair, said):
    layout = Layout(find_shape(key, "key", is_key=True), find_shape(value, "value"), "map")
    with pytest.raises(DataError) as caught:
        layout.write([pair])
    assert said in str(caught.value)


def test_a_value_may_hold_tabs():
    layout = Layout(find_shape(str, "key"), find_shape(str, "value"), "map")
    block = layout.write([("a", "1\t2"), ("b", "")])
    assert block == b"a\t1\t2\nb\t\n" and read(block, *layout[:2]) == [("a", "1\t2"), ("b", "")]


def test_numbers_of_other_kinds_are_taken_where_they_are_exact():
    layout = Layout(find_shape(int, "key"), find_shape(float, "value"), "map")
    assert layout.write([(True, 2), [3, 0.5]]) == b"1\t2.0\n3\t0.5\n"


@pytest.mark.parametrize("kind", [list, "str", ()])
def test_unknown_types_are_refused(kind):
    with pytest.raises(UsageError, match="value="):
        find_shape(kind, "value")
