"""Encoded files for the tests of inputs and packing, and what damages them."""

import bz2
import gzip
import lzma
import os
import random
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from streamtools.inputs import ReadOptions, open_inputs

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PLACES = 60  # per file and kind of damage, besides its first and last 40 bytes
SKIPPABLE = b"\x5a\x2a\x4d\x18\x03\0\0\0abc"


def read(*names: Path | str, **options: object) -> bytes:
    """Return all decoded bytes of some inputs."""
    return b"".join(open_inputs([str(name) for name in names], ReadOptions(**options)))  # type: ignore[arg-type]


def zst(data: bytes) -> bytes:
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})


def lz4(data: bytes) -> bytes:
    frame = pytest.importorskip("lz4.frame")
    return frame.compress(data, content_checksum=True)  # type: ignore[no-any-return]


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zst, "lz4": lz4
}  # fmt: skip


def bgzf(data: bytes, size: int = 1 << 16) -> bytes:
    """Compress like bgzip: into members that record their sizes, with an empty one at the end."""
    members = []
    for at in [*range(0, len(data), size), len(data)]:
        chunk = data[at : at + size]
        compressor = zlib.compressobj(1, wbits=-15)
        packed = compressor.compress(chunk) + compressor.flush()
        recorded = len(packed) + 25
        header = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + recorded.to_bytes(2, "little")
        members.append(header + packed + zlib.crc32(chunk).to_bytes(4, "little") + len(chunk).to_bytes(4, "little"))
    return b"".join(members)


def compress_in_ranges(format: str, data: bytes, size: int) -> bytes:
    """Compress data so that the file can be cut about every `size` bytes of it."""
    if format == "gz":
        return bgzf(data, min(size, 1 << 16))
    chunks = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
    if format == "xz":
        checks = [lzma.CHECK_CRC32, lzma.CHECK_CRC64, lzma.CHECK_SHA256]
        return b"".join(
            lzma.compress(chunk, check=checks[n % 3]) + bytes(4 * (n % 3)) for n, chunk in enumerate(chunks)
        )
    if format == "zst":
        return b"".join(zst(chunk) + (SKIPPABLE if n % 3 == 1 else b"") for n, chunk in enumerate(chunks))
    return b"".join(bz2.compress(chunk, 1 + n % 9) for n, chunk in enumerate(chunks))


def py7zr_archive(file: Path, members: dict[str, bytes], **options: object) -> Path:
    """Write an archive by py7zr."""
    import py7zr

    with py7zr.SevenZipFile(file, "w", **options) as archive:  # type: ignore[arg-type]
        for name, data in members.items():
            archive.writestr(data, name)
    return file


@pytest.fixture(scope="session")
def sevenzz(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """sevenzz(name, files, *options) makes an archive by Debian's 7zip; without it tests skip, but fail in CI."""
    program = shutil.which("7zz")
    if program is None:
        message = "needs 7zz: apt-get install 7zip"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)

    def make(name: str, files: dict[str, bytes], *options: str) -> Path:
        directory = tmp_path_factory.mktemp("sevenzz")
        for file, data in files.items():
            (directory / file).parent.mkdir(parents=True, exist_ok=True)
            (directory / file).write_bytes(data)
        done = subprocess.run([program, "a", "-mx=1", *options, name, *files], cwd=directory, capture_output=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return directory / name

    return make


def places(size: int) -> list[int]:
    """Return the bytes of a file of `size` bytes where it is damaged."""
    inner = random.Random(size).sample(range(size), min(size, PLACES))
    return sorted({*range(min(40, size)), *range(max(0, size - 40), size), *inner})


def flip_bit(data: bytes, place: int) -> bytes:
    """Return the data with one bit of a byte flipped."""
    bit = 1 << (place * 7 % 8)
    return data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]
