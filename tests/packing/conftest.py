"""Inputs to pack, and st-pack as a user runs it."""

import bz2
import gzip
import random
import subprocess
from pathlib import Path

import pytest
from encoded_files import sevenzz  # noqa: F401
from packed_blobs import Run
from places import BIN


@pytest.fixture
def st_pack(tmp_path: Path) -> Run:
    """st_pack(*arguments, **run) runs bin/st-pack in a directory of its own."""

    def run(*arguments: object, **options: object) -> "subprocess.CompletedProcess[bytes]":
        options = {"capture_output": True, "timeout": 60, "cwd": tmp_path, **options}
        return subprocess.run([str(BIN / "st-pack"), *map(str, arguments)], **options)  # type: ignore[call-overload,no-any-return]

    return run


@pytest.fixture(scope="session")
def lines() -> bytes:
    """700 KB of lines that pack to a half."""
    generator = random.Random(1)
    return b"".join(b"%d\t%x\n" % (n, generator.getrandbits(60)) for n in range(32_000))


@pytest.fixture
def inputs(tmp_path: Path, lines: bytes) -> tuple[list[str], bytes]:
    """A large file, one without a final LF, an empty one, many small ones; and their lines."""
    half = lines.index(b"\n", len(lines) // 2) + 1
    (tmp_path / "large.gz").write_bytes(gzip.compress(lines[:half], 1))
    (tmp_path / "open.bz2").write_bytes(bz2.compress(lines[:999]))
    (tmp_path / "empty").write_bytes(b"")
    small = tmp_path / "small"
    small.mkdir()
    for n in range(40):
        (small / f"{n:02}").write_bytes(b"%d\n" % n * n)
    (tmp_path / "last").write_bytes(lines[half:])
    expected = lines[:half] + lines[:999] + b"\n" + b"".join(b"%d\n" % n * n for n in range(40)) + lines[half:]
    return [str(tmp_path / name) for name in ("large.gz", "open.bz2", "empty", "small", "last")], expected
