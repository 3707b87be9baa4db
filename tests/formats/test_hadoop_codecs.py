"""streamtools.formats.hadoop_codecs: what is written with a suffix is read by it, and damage is an error."""

import bz2
import gzip
import zlib

import pytest

from streamtools.errors import DataError
from streamtools.formats.hadoop_codecs import (
    FRAME,
    find_format,
    find_size,
    find_suffix,
    inflate,
    is_splittable,
    make_compressor,
    read_decoded,
    read_range,
)

SUFFIXES = [".gz", ".bz2", ".deflate", ".zst", ".lz4", ".snappy"]
DATA = b"".join(b"%d\tline\n" % number for number in range(30_000))


def compress(suffix, data, step=10_000):
    compressor = make_compressor(suffix)
    parts = [compressor.compress(data[start : start + step]) for start in range(0, len(data), step)]
    return b"".join([*parts, compressor.flush()])


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("data", [b"", b"a\n", DATA], ids=["nothing", "a line", "more than a frame"])
def test_what_is_written_is_read(tmp_path, suffix, data):
    path = tmp_path / f"part{suffix}"
    path.write_bytes(compress(suffix, data))
    assert b"".join(read_decoded(str(path))) == data


@pytest.mark.parametrize(
    ("suffix", "decompress"), [(".gz", gzip.decompress), (".bz2", bz2.decompress), (".deflate", zlib.decompress)]
)
def test_others_read_it_too(suffix, decompress):
    assert decompress(compress(suffix, DATA)) == DATA


@pytest.mark.parametrize("suffix", [".lz4", ".snappy"])
def test_frames_begin_with_their_decoded_length(suffix):
    packed = compress(suffix, DATA)
    assert int.from_bytes(packed[:4], "big") == FRAME < len(DATA)


@pytest.mark.parametrize("suffix", [".gz", ".deflate", ".lz4", ".snappy"])
def test_a_file_cut_short_is_an_error(tmp_path, suffix):
    path = tmp_path / f"part{suffix}"
    path.write_bytes(compress(suffix, DATA)[:-20])
    with pytest.raises(DataError):
        list(read_decoded(str(path)))


def test_a_file_that_is_no_gzip_is_named(tmp_path):
    (tmp_path / "x.gz").write_bytes(b"plain")
    with pytest.raises(DataError, match=r"x\.gz: not a gzip file; rename it without \.gz"):
        list(read_decoded(str(tmp_path / "x.gz")))


def test_a_damaged_zlib_stream():
    with pytest.raises(DataError, match="damaged zlib data"):
        list(inflate([b"no zlib"], "x"))


@pytest.mark.parametrize(
    ("path", "suffix", "form", "splittable"),
    [
        ("x", "", "", True),
        ("x.txt", "", "", True),
        ("x.GZ", ".gz", "gz", False),
        ("x.bz2", ".bz2", "bz2", True),
        ("x.snappy", ".snappy", "", False),
        ("x.7z", ".7z", "7z", False),
        ("x.7z.001", ".7z", "7z", False),
        ("s3://bucket/x", "", "", False),
    ],
)
def test_suffixes(path, suffix, form, splittable):
    assert (find_suffix(path), find_format(path), is_splittable(path)) == (suffix, form, splittable)


def test_a_range_is_not_decoded(tmp_path):
    (tmp_path / "x.gz").write_bytes(b"0123456789")
    assert b"".join(read_range(str(tmp_path / "x.gz"), 2, 5)) == b"234"
    assert b"".join(read_range(str(tmp_path / "x.gz"), 8)) == b"89"
    assert find_size(str(tmp_path / "x.gz")) == 10
