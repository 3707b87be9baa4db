"""Decoding on several cores: the same bytes in the same order, in bounded memory, and no thread left behind."""

import fcntl
import os
import random
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_inputs_sevenzip import py7zr_archive

from streamtools.errors import DataError
from streamtools.inputs import open_blocks
from streamtools.inputs.ahead import BLOCK, ordered
from streamtools.inputs.sevenzip.isolated import isolated
from streamtools.inputs.sevenzip.segments import Segment, segments

Make = Callable[..., Path]


def read(*names: Path, **options: object) -> bytes:
    return b"".join(open_blocks([str(name) for name in names], **options))  # type: ignore[arg-type]


def no_threads_left(before: int) -> bool:
    end = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.005)
    return threading.active_count() == before


@settings(max_examples=30)
@given(tasks=st.lists(st.lists(st.binary(min_size=1, max_size=9), max_size=40), max_size=12), jobs=st.integers(1, 5))
def test_the_order_is_that_of_the_tasks(tasks: list[list[bytes]], jobs: int) -> None:
    given = ordered(((n, lambda blocks=blocks: blocks) for n, blocks in enumerate(tasks)), jobs, memory=1)
    assert [(label, list(blocks)) for label, blocks in given] == list(enumerate(tasks))


def test_threads_that_cannot_be_had_are_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    start, started = threading.Thread.start, []

    def fails(thread: threading.Thread) -> None:
        if len(started) == 2:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", fails)
    given = ordered([(n, lambda n=n: [b"%d" % n] * 9) for n in range(6)], jobs=4, memory=1)
    assert [(label, list(blocks)) for label, blocks in given] == [(n, [b"%d" % n] * 9) for n in range(6)]


def test_an_error_comes_out_in_its_place() -> None:
    def fails() -> Iterator[bytes]:
        yield b"some"
        raise DataError("x", "bad")

    before = threading.active_count()
    given = ordered([(0, lambda: [b"a"]), (1, fails), (2, lambda: [b"c"])], jobs=2, memory=1)
    assert list(next(given)[1]) == [b"a"]
    blocks = next(given)[1]
    assert next(blocks) == b"some"
    with pytest.raises(DataError):
        next(blocks)
    assert list(next(given)[1]) == [b"c"]
    assert list(given) == []
    assert no_threads_left(before)


def test_no_more_is_held_than_allowed_and_closing_ends_the_threads() -> None:
    made = [0] * 20

    def task(number: int) -> Iterator[bytes]:
        while made[number] < 1000:
            made[number] += 1
            yield bytes(1)

    before = threading.active_count()
    given = ordered(((n, lambda n=n: task(n)) for n in range(20)), jobs=3, memory=8 * 4 * BLOCK)
    _, blocks = next(given)
    next(blocks)
    end = time.monotonic() + 10
    while made[:4] < [9, 8, 8, 8] and time.monotonic() < end:
        time.sleep(0.005)
    assert max(made[:4]) <= 8 + 2  # the queue, one that waits for room, one that was taken
    assert max(made[4:]) == 0
    given.close()
    assert no_threads_left(before)


@pytest.fixture(scope="module")
def lines() -> bytes:
    """1.9 MB of lines that pack to a third."""
    generator = random.Random(1)
    return b"".join(b"%d\t%x\n" % (n, generator.getrandbits(60)) for n in range(85_000))


def test_the_segments_of_one_member_decode_on_their_own(sevenzz: Make, lines: bytes) -> None:
    archive = sevenzz("x.7z", {"a": lines}, "-m0=lzma2:d=64k:c=256k", "-mmt=2")
    with archive.open("rb") as file:
        packed = int.from_bytes(file.read(20)[12:], "little")
        whole = file.seek(32) and file.read(packed)
        found = list(segments(lambda at, size: whole[at : at + size], 0, len(whole), len(lines)))
    assert len(found) > 3
    assert sum(segment.size for segment in found) == len(lines)
    for jobs in (2, 3):
        assert read(archive, jobs=jobs, memory=1 << 20) == lines


def test_what_is_no_lzma2_is_one_segment_and_left_to_the_decoder() -> None:
    noise = random.Random(1).randbytes(1000)
    found = list(segments(lambda at, size: noise[at : at + size], 0, 1000, 5000))
    assert sum(segment.size for segment in found) == 5000
    assert list(segments(lambda at, size: b"\x7f" * size, 0, 1000, 5000)) == [Segment(0, 1000, 0, 5000)]


@pytest.mark.parametrize(
    "options", [["-ms=off"], ["-m0=lzma"], ["-m0=ppmd", "-ms=off"], ["-psecret", "-ms=off"], ["-v200k"]]
)
def test_archives_of_every_kind(options: list[str], sevenzz: Make, log: bytes, other: bytes) -> None:
    generator = random.Random(1)
    members = {f"{n}": generator.randbytes(50_000) + b"\n" for n in range(9)} | {"log": log, "other": other}
    archive = sevenzz("x.7z", members, *options)
    first = archive if archive.exists() else archive.with_name("x.7z.001")
    secret = {"password": lambda _: "secret"}
    assert read(first, jobs=3, **secret) == read(first, **secret)
    assert read(first, jobs=3, member="[3-5]", **secret) == members["3"] + members["4"] + members["5"]


def test_ppmd_is_decoded_in_processes_that_do_not_wait_for_each_other(sevenzz: Make, lines: bytes) -> None:
    """Those of volumes read no file that another one has open too, nor wait for the lock of one."""
    archive = sevenzz("x.7z", {f"{n}": lines[n:] for n in range(5)}, "-m0=ppmd", "-ms=off", "-v300k")
    first = archive.with_name("x.7z.001")
    read_so_far: list[int] = []
    assert read(first, jobs=3, memory=1, on_read=read_so_far.append, lines=False) == b"".join(
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
        assert b"".join(isolated(lambda given: (piece.upper() for piece in given), pieces())) == b"ABC" * 100_000 + b"D"
    finally:
        for descriptor in held:
            os.close(descriptor)


def test_many_files(tmp_path: Path) -> None:
    files = [py7zr_archive(tmp_path / f"{n}.7z", {"a": b"%d" % n, "b": b"%d\n" % n, "c": b"end"}) for n in range(12)]
    assert read(*files, jobs=3) == read(*files)
    assert read(*files, jobs=3, lines=False) == read(*files, lines=False)


@pytest.mark.parametrize("kind", ["-ms=off", "-m0=lzma2:d=64k:c=256k"])
def test_damage_is_told_whatever_the_number_of_jobs(kind: str, sevenzz: Make, lines: bytes) -> None:
    archive = sevenzz("x.7z", {"a": lines, "b": lines[: len(lines) // 2]}, kind, "-mmt=2")
    good = read(archive)
    data = archive.read_bytes()
    generator = random.Random(1)
    for _ in range(8):
        place = generator.randrange(32, len(data))
        archive.write_bytes(data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])
        try:
            assert read(archive, jobs=2) == good
        except DataError as error:
            assert str(error).startswith(str(archive))
