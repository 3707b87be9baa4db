"""blob_manifest.py: where each line comes from, also after damage."""

import os
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packed_blobs import SMALL, everything, rows

from streamtools.errors import DataError
from streamtools.inputs import Source, open_inputs
from streamtools.packing import PackOptions, pack, verify
from streamtools.packing.blob_manifest import Row, parse_row


@given(names=st.lists(st.binary(max_size=9), min_size=3, max_size=3), numbers=st.integers(0, 1 << 60))
def test_a_row_is_the_same_when_it_is_read_again(names: list[bytes], numbers: int) -> None:
    blob, source, member = map(os.fsdecode, names)
    row = Row(blob, Source(source, member), 0, numbers, numbers, numbers, numbers & 0xFFFFFFFF)
    assert row.to_line().count(b"\n") == 1
    assert parse_row(row.to_line()[:-1]) == row


def test_the_manifest_tells_where_each_line_comes_from(
    inputs: tuple[list[str], bytes], tmp_path: Path, lines: bytes
) -> None:
    names, expected = inputs
    pack(names, str(tmp_path / "out"), PackOptions(**SMALL))
    found = rows(tmp_path / "out")
    assert sum(row.size for row in found) == len(expected)
    for name in {row.source.input for row in found}:
        plain = b"".join(open_inputs([name]))
        of_file = [row for row in found if row.source.input == name]
        assert [row.start for row in of_file] == [0, *(row.end for row in of_file[:-1])]
        assert of_file[-1].end == len(plain)
        for row in of_file:
            piece = plain[row.start : row.end]
            piece += b"\n" * (row.size - len(piece))
            assert (row.crc, row.lines, row.size) == (zlib.crc32(piece), piece.count(b"\n"), len(piece))


@pytest.mark.parametrize("lost", [0, 2, -1])
def test_a_manifest_that_has_lost_a_line(lost: int, tmp_path: Path, lines: bytes) -> None:
    (tmp_path / "x").write_bytes(lines)
    out = tmp_path / "out"
    pack([str(tmp_path / "x")], str(out), PackOptions(**SMALL))
    whole = everything(out)
    header, told = whole["_manifest.tsv"].split(b"\n")[:2], whole["_manifest.tsv"].split(b"\n")[2:-1]
    del told[lost]
    (out / "_manifest.tsv").write_bytes(b"\n".join([*header, *told, b""]))
    with pytest.raises(DataError, match=r"damaged.*remove (both it and )?_SUCCESS, and pack .*with --resume"):
        verify(str(out))
    (out / "_SUCCESS").unlink()
    pack([str(tmp_path / "x")], str(out), PackOptions(resume=True, **SMALL))
    assert everything(out) == whole


@pytest.mark.parametrize("damage", [b"\\x", b"\t", b"99"], ids=["no such escape", "a column more", "another end"])
def test_a_manifest_that_is_damaged(damage: bytes, tmp_path: Path, lines: bytes) -> None:
    (tmp_path / "x").write_bytes(lines)
    out = tmp_path / "out"
    pack([str(tmp_path / "x")], str(out), PackOptions(**SMALL))
    told = (out / "_manifest.tsv").read_bytes().split(b"\n")
    columns = told[4].split(b"\t")
    columns[4 if damage == b"99" else 1] += damage
    told[4] = b"\t".join(columns)
    (out / "_manifest.tsv").write_bytes(b"\n".join(told))
    with pytest.raises(DataError, match=r"_manifest\.tsv: is damaged at"):
        verify(str(out))
    with pytest.raises(DataError, match=r"_manifest\.tsv: is damaged at"):
        pack([str(tmp_path / "x")], str(out), PackOptions(resume=True, **SMALL))
