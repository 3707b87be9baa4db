"""Records on a command's stdin and stdout."""

import pytest

from streamtools.formats.command_io import read_records


@pytest.mark.parametrize(
    ("io_format", "data"),
    [
        ("typedbytes", b"\x01a\x01b\xff\x01"),
        ("rawbytes", b"\0\0\0\1a\0\0\0\1b\0\0"),
        ("rawbytes", b"\0\0\0\1a\0\0\0\1b\xff\0\0\0z"),
    ],
)
@pytest.mark.parametrize("size", [1, 100])
def test_where_a_binary_format_ends(io_format, data, size):
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    assert [pair for batch in read_records(io_format, chunks, b"", 1, "") for pair in zip(*batch, strict=True)] == [
        (b"\x01a", b"\x01b") if io_format == "typedbytes" else (b"a", b"b")
    ]
