"""blob_codecs.py: blobs that the tools read, and that can be cut again."""

import bz2
import gzip
import shutil
import subprocess
from pathlib import Path

import pytest
from packed_blobs import SMALL, blobs

from streamtools.inputs.cuts import divide
from streamtools.packing import BLOB_CODECS, PackOptions, pack
from streamtools.packing.blob_codecs import BlobCodec


@pytest.mark.parametrize(("codec", "tool"), [("gz", "gzip"), ("bz2", "bzip2"), ("xz", "xz"), ("zst", "zstd")])
def test_the_tools_read_it_as_one_file(codec: str, tool: str, tmp_path: Path, lines: bytes) -> None:
    if not shutil.which(tool):
        pytest.skip(f"needs {tool}")
    (tmp_path / "x").write_bytes(lines)
    pack([str(tmp_path / "x")], str(tmp_path / "out"), PackOptions(codec=codec, memory=1))
    (blob,) = blobs(tmp_path / "out")
    assert subprocess.run([tool, "-dc", blob], capture_output=True, check=True).stdout == lines
    if codec == "bz2":  # one stream: what an old Hadoop takes for all of it
        assert bz2.BZ2Decompressor().decompress(blob.read_bytes()) == lines


@pytest.mark.parametrize("codec", ["xz", "zst"])
def test_what_is_written_is_cut_at_its_chunks(codec: str, tmp_path: Path, lines: bytes) -> None:
    (tmp_path / "x").write_bytes(lines)
    pack([str(tmp_path / "x")], str(tmp_path / "out"), PackOptions(codec=codec, memory=1))
    (blob,) = blobs(tmp_path / "out")
    chunks_made = -(-len(lines) // (1 << 14))
    assert chunks_made / 2 <= len(divide(str(blob), codec, 1).ranges) <= chunks_made * 1.1


def test_a_codec_that_fails_is_noticed(tmp_path: Path, lines: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    from streamtools.errors import StreamtoolsError

    good: BlobCodec = BLOB_CODECS["gz"]
    monkeypatch.setitem(
        BLOB_CODECS, "gz", good._replace(compress=lambda data, level: gzip.compress(data[:-2] + b"x\n"))
    )
    (tmp_path / "x").write_bytes(lines)
    with pytest.raises(StreamtoolsError, match="does not decode to the same"):
        pack([str(tmp_path / "x")], str(tmp_path / "out"), PackOptions(**SMALL))
    assert blobs(tmp_path / "out") == []
