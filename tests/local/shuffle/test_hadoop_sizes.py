"""streamtools.local.shuffle.hadoop_sizes: the short cuts give what serializing each record gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools.formats.batch import Pairs
from streamtools.formats.writables import LONG, TEXT, encode_long
from streamtools.local.shuffle.hadoop_sizes import framed_size, serialized_size
from streamtools.local.shuffle.safe_lines import ESCAPE, escape
from streamtools.records import lines_of

LENGTH = st.one_of(st.integers(0, 10), st.integers(118, 132), st.sampled_from([254, 255, 256, 257, 70_000]))


def vint(length):
    """Bytes of a length: one up to 127, else one more than the number has."""
    return 1 if length <= 127 else 1 + (length.bit_length() + 7) // 8


def text(length):
    return vint(length) + length


@given(st.lists(st.tuples(LENGTH, LENGTH), min_size=1, max_size=5))
def test_sizes_of_text(lengths):
    lines = [b"k" * key + b"\t" + b"v" * value for key, value in lengths]
    block = b"\n".join(lines) + b"\n"
    serialized = [(text(key), text(value)) for key, value in lengths]
    assert serialized_size(block, lines, TEXT, TEXT) == sum(map(sum, serialized))
    framed = [key + value + vint(key) + vint(value) for key, value in serialized]
    assert framed_size(lines, TEXT, TEXT, None, has_escapes=False) == sum(framed)
    times = [number + 1 for number in range(len(lines))]
    repeated = sum(size * count for size, count in zip(framed, times, strict=True))
    assert framed_size(lines, TEXT, TEXT, times, has_escapes=False) == repeated


def test_escapes_are_not_counted():
    block = escape(Pairs([b"a\tb\n"], [b"v"]))
    assert ESCAPE in block
    assert serialized_size(block, lines_of(block), TEXT, TEXT) == text(4) + text(1)
    assert framed_size(lines_of(block), TEXT, TEXT, None, has_escapes=True) == text(4) + text(1) + 2


@pytest.mark.parametrize("records", [1, 3])
def test_a_long_has_eight_bytes(records):
    block = escape(Pairs([b"key"] * records, [encode_long(7)] * records))
    assert serialized_size(block, lines_of(block), TEXT, LONG) == records * (text(3) + 8)
