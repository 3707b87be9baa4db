"""Batches: the same records as lines, as keys of one value, and as keys and values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools.formats.batch import Pairs, SameValue, count_records, to_pairs
from streamtools.records import has_one_value

KEYS = st.lists(st.binary(max_size=4).filter(lambda key: not set(key) & set(b"\t\r\n")), max_size=9)


@given(KEYS, st.binary(max_size=3).filter(lambda value: not set(value) & set(b"\t\r\n")))
def test_keys_of_one_value_are_the_same_records_as_their_block(keys, value):
    batch = SameValue(keys, value)
    block = batch.to_block()
    assert to_pairs(batch) == to_pairs(block) == Pairs(keys, [value] * len(keys))
    assert count_records(batch) == count_records(block) == len(keys)
    assert batch.text.split(b"\n") == (keys or [b""])
    if keys:
        assert has_one_value(block, len(keys))


@pytest.mark.parametrize("block", [b"a\t1\nb\t2\n", b"a\t1\t1\nb\t1\n", b"a\nb\n", b"a1\nb\t1\n"])
def test_other_blocks_have_no_single_value(block):
    assert not has_one_value(block, 2)
