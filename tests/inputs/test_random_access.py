"""random_access.py: the same bytes at any offset, by pread or by seek and read."""

import io
from pathlib import Path

import pytest

from streamtools.inputs.random_access import UNREPORTED, make_reader, open_at_any_offset


@pytest.mark.parametrize("has_descriptor", [True, False])
def test_a_reader_reads_at_any_offset_and_reports_what_is_no_header(has_descriptor: bool, tmp_path: Path) -> None:
    data = bytes(range(256)) * 4
    (tmp_path / "x").write_bytes(data)
    read: list[int] = []
    with open(tmp_path / "x", "rb", buffering=0) if has_descriptor else io.BytesIO(data) as file:
        read_at = make_reader(file, read.append)  # type: ignore[arg-type]
        assert read_at(500, 300) == data[500:800]
        assert read_at(3, UNREPORTED) == data[3 : 3 + UNREPORTED]
        assert read_at(1000, 100) == data[1000:]
        assert read_at(5000, 100) == b""
    assert read == [300, 24, 0]


def test_a_file_is_opened_with_its_size(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abcdef")
    with open_at_any_offset(str(tmp_path / "x")) as (read_at, size):
        assert (read_at(2, 3), size) == (b"cde", 6)
