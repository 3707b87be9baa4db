"""child_process.py: a decoder whose crash is an error, and which waits for no other process."""

import fcntl
import os
import random
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from encoded_files import read

from streamtools.errors import StreamtoolsError
from streamtools.inputs.sevenzip.child_process import run_in_child

Make = Callable[..., Path]


@pytest.fixture(scope="module")
def lines() -> bytes:
    """1.9 MB of lines that pack to a third."""
    generator = random.Random(1)
    return b"".join(b"%d\t%x\n" % (n, generator.getrandbits(60)) for n in range(85_000))


def test_ppmd_is_decoded_in_processes_that_do_not_wait_for_each_other(sevenzz: Make, lines: bytes) -> None:
    """Those of volumes read no file that another one has open too, nor wait for the lock of one."""
    archive = sevenzz("x.7z", {f"{n}": lines[n:] for n in range(5)}, "-m0=ppmd", "-ms=off", "-v300k")
    first = archive.with_name("x.7z.001")
    read_so_far: list[int] = []
    assert read(first, jobs=3, memory=1, on_read=read_so_far.append, add_line_ends=False) == b"".join(
        lines[n:] for n in range(5)
    )
    size = sum(volume.stat().st_size for volume in archive.parent.glob("x.7z.*"))
    assert size - 2000 < sum(read_so_far) <= size  # the parent reads, and tells of it


def test_a_process_that_others_have_inherited_the_pipe_of_ends() -> None:
    """Its input has an end that is told: that of the pipe comes when the last process has closed it, here never."""
    held: list[int] = []

    def pieces() -> Iterator[bytes]:
        yield b"abc" * 100_000
        held.extend(os.dup(int(number)) for number in os.listdir("/proc/self/fd") if is_pipe(int(number)))
        yield b"d"

    def is_pipe(descriptor: int) -> bool:
        with suppress(OSError):
            return stat.S_ISFIFO(os.fstat(descriptor).st_mode) and fcntl.fcntl(descriptor, fcntl.F_GETFL) & 3 == 1
        return False

    try:
        assert (
            b"".join(run_in_child(lambda given: (piece.upper() for piece in given), pieces()))
            == b"ABC" * 100_000 + b"D"
        )
    finally:
        for descriptor in held:
            os.close(descriptor)


def test_a_crash_of_the_decoder_is_an_error(sevenzz: Make, log: bytes) -> None:
    archive = sevenzz("x.7z", {"a": log * 5}, "-m0=ppmd")
    good = archive.read_bytes()
    generator = random.Random(1)
    outcomes = set()
    for _ in range(25):
        data = bytearray(good)
        data[generator.randrange(32, len(data) - 200)] ^= 1 << generator.randrange(8)
        archive.write_bytes(data)
        try:
            outcomes.add(read(archive) == log * 5)
        except StreamtoolsError:
            outcomes.add(True)
    assert outcomes == {True}
