"""folder_ranges.py: LZMA2 folders cut at their dictionary resets."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from encoded_files import read

from streamtools.inputs.sevenzip.archive import Folder
from streamtools.inputs.sevenzip.folder_ranges import FolderRange, divide_at_resets

Make = Callable[..., Path]


def divide(data: bytes, size: int) -> list[FolderRange]:
    """Return the ranges of a folder of LZMA2 that has these packed bytes."""
    folder = Folder(0, 0, len(data), (), size, False)
    return list(divide_at_resets(lambda at, size: data[at : at + size], folder))


@pytest.fixture(scope="module")
def lines() -> bytes:
    """1.9 MB of lines that pack to a third."""
    generator = random.Random(1)
    return b"".join(b"%d\t%x\n" % (n, generator.getrandbits(60)) for n in range(85_000))


def test_the_ranges_of_one_member_decode_on_their_own(sevenzz: Make, lines: bytes) -> None:
    archive = sevenzz("x.7z", {"a": lines}, "-m0=lzma2:d=64k:c=256k", "-mmt=2")
    with archive.open("rb") as file:
        packed = int.from_bytes(file.read(20)[12:], "little")
        file.seek(32)
        found = divide(file.read(packed), len(lines))
    assert len(found) > 3
    assert sum(each.size for each in found) == len(lines)
    for jobs in (2, 3):
        assert read(archive, jobs=jobs, memory=1 << 20) == lines


def test_what_is_not_lzma2_is_one_range_and_left_to_the_decoder() -> None:
    noise = random.Random(1).randbytes(1000)
    found = divide(noise, 5000)
    assert sum(each.size for each in found) == 5000
    assert divide(b"\x7f" * 1000, 5000) == [FolderRange(0, 0, 1000, 0, 5000)]
