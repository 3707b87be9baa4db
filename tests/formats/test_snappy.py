"""Snappy without its library."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools.formats.snappy import compress, decompress


@given(st.binary(max_size=300), st.integers(1, 2000))
def test_what_is_written_is_read(data, times):
    assert decompress(compress(data * times)) == data * times


@pytest.mark.parametrize(
    ("block", "plain"),
    [
        (b"\x00", b""),
        (b"\x03\x08abc", b"abc"),
        (b"\x07\x08abc\x01\x03", b"abcabca"),  # 4 bytes from 3 before: into itself
        (b"\x09\x08abc\x16\x03\x00", b"abcabcabc"),  # an offset of two bytes
        (b"\x09\x08abc\x17\x03\x00\x00\x00", b"abcabcabc"),  # of four
        (b"\x02\xf0\x01ab", b"ab"),  # a length in a byte of its own
    ],
)
def test_elements(block, plain):
    assert decompress(block) == plain


@pytest.mark.parametrize("block", [b"", b"\x80", b"\x04\x08abc", b"\x07\x08abc\x01\x04", b"\x07\x08abc\x01"])
def test_damaged(block):
    with pytest.raises((ValueError, IndexError)):
        decompress(block)
