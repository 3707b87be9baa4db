"""Typed bytes: where values end, and their text."""

import pytest

from streamtools.formats.typed_bytes import split_values, to_string

TYPED = [
    (b"\x03\0\0\0\x05", b"5"), (b"\x07\0\0\0\x02hi", b"hi"), (b"\x02\x01", b"true"), (b"\x01\xff", b"-1"),
    (b"\x06" + bytes.fromhex("3ff8000000000000"), b"1.5"), (b"\x08\0\0\0\x02\x01\x01\x01\x02", b"[1, 2]"),
    (b"\x09\x01\x01\xff", b"[1]"), (b"\x0a\0\0\0\x01\x01\x01\x07\0\0\0\x01x", b"{1=x}"), (b"\x04" + b"\xff" * 8, b"-1"),
]  # fmt: skip


@pytest.mark.parametrize("data, text", TYPED)
def test_typed_bytes(data, text):
    assert to_string(data) == text
    pieces = [data[index : index + 1] for index in range(len(data))] * 2
    assert [value for found in split_values(pieces, "") for value in found] == [data, data]


@pytest.mark.parametrize(
    ("data", "spelled"),
    [("3dcccccd", b"0.1"), ("7f7fffff", b"3.4028235E38"), ("3fc00000", b"1.5"), ("7fc00000", b"NaN"), ("0", b"0.0")],
)
def test_a_float_of_four_bytes(data, spelled):
    assert to_string(b"\x05" + bytes.fromhex(data.zfill(8))) == spelled
