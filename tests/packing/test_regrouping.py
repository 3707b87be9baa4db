"""regrouping.py, pack_options.py and blob_writer.py: the lines of the blobs are those of the inputs."""

from collections.abc import Callable
from pathlib import Path

import pytest
from packed_blobs import SMALL, blobs, content, everything, rows

from streamtools.errors import TransferError
from streamtools.inputs import open_inputs
from streamtools.packing import BLOB_CODECS, PackOptions, pack, verify


@pytest.mark.parametrize("codec", BLOB_CODECS)
def test_the_lines_out_are_the_lines_in(codec: str, inputs: tuple[list[str], bytes], tmp_path: Path) -> None:
    names, expected = inputs
    out = tmp_path / "out"
    made = pack(names, str(out), PackOptions(codec=codec, **SMALL))
    assert content(out) == expected
    assert made.blobs == len(blobs(out)) > 3
    assert (made.lines, made.size) == (expected.count(b"\n"), len(expected))
    assert made.packed == sum(path.stat().st_size for path in blobs(out))
    assert max(path.stat().st_size for path in blobs(out)) <= 60_000
    assert all(b"".join(open_inputs([str(path)]))[-1:] == b"\n" for path in blobs(out))
    assert sorted(set(everything(out)) - {path.name for path in blobs(out)}) == ["_SUCCESS", "_manifest.tsv"]
    found = verify(str(out), jobs=2)
    assert (found.blobs, found.lines, found.size) == (made.blobs, made.lines, made.size)


def test_an_archive(sevenzz: Callable[..., Path], tmp_path: Path, lines: bytes) -> None:
    half = lines.index(b"\n", len(lines) // 2) + 1
    archive = sevenzz("x.7z", {"a\tb": lines[:half].rstrip(), "empty": b"", "c": lines[half:]}, "-ms=on")
    pack([str(archive)], str(tmp_path / "out"), PackOptions(**SMALL))
    assert content(tmp_path / "out") == lines
    assert {row.source.member for row in rows(tmp_path / "out")} == {"a\tb", "c"}
    verify(str(tmp_path / "out"))


def test_threads_that_cannot_be_had_are_told(tmp_path: Path, lines: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> None:
        raise RuntimeError("can't start new thread")

    (tmp_path / "x").write_bytes(lines)
    monkeypatch.setattr("threading.Thread.start", fails)
    with pytest.raises(TransferError, match="can't start new thread; use fewer --jobs"):
        pack([str(tmp_path / "x")], str(tmp_path / "out"), PackOptions(**SMALL))
