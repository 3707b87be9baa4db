"""bzip2.py, xz.py, frames.py and parallel.py: streams cut, and decoded in parallel."""

import bz2
import random
from pathlib import Path

import pytest
from encoded_files import compress_in_ranges

from streamtools.errors import DataError
from streamtools.inputs import ReadOptions, open_inputs
from streamtools.inputs.cuts import find_decodable_ranges
from streamtools.inputs.cuts.bzip2 import find_marks


@pytest.fixture(scope="module")
def lines() -> bytes:
    """300 KB of lines that pack to a third."""
    generator = random.Random(1)
    return b"".join(b"%d\t%x\n" % (n, generator.getrandbits(60)) for n in range(13_000))


@pytest.mark.parametrize("kind", ["bz2", "xz", "zst", "gz"])
@pytest.mark.parametrize("size", [1000, 50_000, 1 << 20])
def test_streams_decoded_ahead(kind: str, size: int, tmp_path: Path, lines: bytes) -> None:
    path = tmp_path / f"x.{kind}"
    path.write_bytes(compress_in_ranges(kind, lines, size) + (bz2.compress(b"") if kind == "bz2" else b""))
    assert b"".join(open_inputs([str(path)], ReadOptions(jobs=3, memory=1 << 20))) == lines


@pytest.mark.parametrize("level", [1, 9])
def test_every_block_of_a_bzip2_stream_is_found(level: int, tmp_path: Path) -> None:
    generator = random.Random(level)
    data = generator.randbytes(1_500_000)  # packed it is as large, so that blocks lie at the borders of windows, too
    packed = bz2.compress(data, level)

    def read_at(offset: int, size: int) -> bytes:
        return packed[offset : offset + size]

    found = list(find_marks(read_at))
    assert len(found) == len(set(found)) == -(-len(data) // (level * 100_000 - 19)) + 1
    path = tmp_path / "x.bz2"
    path.write_bytes(packed)
    assert b"".join(open_inputs([str(path)], ReadOptions(jobs=2))) == data
    stretch = list(find_decodable_ranges("bz2", read_at, len(packed), 1, "x"))
    assert len(stretch) == len(found) - 1


@pytest.mark.parametrize("place", range(-9, 1))
def test_a_bzip2_mark_at_the_border_of_a_window(place: int) -> None:
    for shift in range(8):
        data = bytearray((1 << 18) + 100)
        at = ((1 << 18) + place) * 8 + shift
        whole = 0x314159265359 << (8 * len(data) - at - 48)
        data[:] = whole.to_bytes(len(data), "big")
        assert list(find_marks(lambda offset, size, data=bytes(data): data[offset : offset + size])) == [(at, True)]


def test_what_is_between_the_streams_of_bzip2_is_told(tmp_path: Path, log: bytes) -> None:
    one, two = bz2.compress(log), bz2.compress(log[:900])
    path = tmp_path / "x.bz2"
    for data in (one + b"garbage", one + b"\0" + two, one + two[4:], one + two + b"B", one[:-1] + two, two + one[:900]):
        path.write_bytes(data)
        with pytest.raises(DataError, match=r"x\.bz2: "):
            b"".join(open_inputs([str(path)], ReadOptions(jobs=2)))
