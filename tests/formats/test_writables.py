"""Writables: every form of a value is restored."""

from hypothesis import given
from hypothesis import strategies as st

from streamtools.formats.writables import WRITABLES, decode_long, encode_long, encode_vint, read_vint


@given(st.integers(0, 1 << 40), st.integers(-(1 << 63), (1 << 63) - 1), st.integers(-(1 << 63), (1 << 63) - 1))
def test_numbers_in_their_forms(length, one, two):
    assert read_vint(encode_vint(length), 0) == (length, len(encode_vint(length)))
    assert decode_long(encode_long(one)) == one
    assert (encode_long(one) < encode_long(two)) == (one < two)


@given(st.sampled_from(sorted(WRITABLES)), st.binary(min_size=8, max_size=8))
def test_writables_restore_what_they_serialize(java, data):
    writable = WRITABLES[java]
    assert writable.deserialize(writable.serialize(data)) == data
