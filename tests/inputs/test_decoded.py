"""streamtools.inputs.cuts.decoded: what files hold when they are decoded, from their headers alone."""

import lzma
from pathlib import Path

import pytest
from encoded_files import gzip, py7zr_archive

from streamtools.errors import DataError
from streamtools.inputs.cuts import Content, find_contents


def test_members_in_order_without_empty_ones(tmp_path: Path) -> None:
    path = py7zr_archive(tmp_path / "x.7z", {"a": b"12\n", "none": b"", "b": b"3456\n"})
    assert find_contents(str(path), "7z") == [Content("a", 0, 3), Content("b", 3, 8, offset=3)]


def test_an_xz_file_of_several_streams(tmp_path: Path) -> None:
    path = tmp_path / "x.xz"
    path.write_bytes(lzma.compress(b"12") + lzma.compress(b"345"))
    assert find_contents(str(path), "xz") == [Content("", 0, 5)]
    path.write_bytes(b"damaged")
    assert find_contents(str(path), "xz") == []


def test_what_records_no_sizes_or_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(b"12"))
    assert find_contents(str(path), "gz") == []
    with pytest.raises(DataError):
        find_contents(str(path), "7z")
