"""threads.py: decoding on several cores, the same bytes in the same order, in bounded memory, and no thread left."""

import random
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from encoded_files import read
from hypothesis import given, settings
from hypothesis import strategies as st

from streamtools.errors import DataError
from streamtools.inputs.threads import CHUNK, run_ahead, run_in_threads

Make = Callable[..., Path]


def no_threads_left(before: int) -> bool:
    end = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.005)
    return threading.active_count() == before


@settings(max_examples=30)
@given(tasks=st.lists(st.lists(st.binary(min_size=1, max_size=9), max_size=40), max_size=12), jobs=st.integers(1, 5))
def test_the_order_is_that_of_the_tasks(tasks: list[list[bytes]], jobs: int) -> None:
    given = run_in_threads(((n, lambda blocks=blocks: blocks) for n, blocks in enumerate(tasks)), jobs, memory=1)
    assert [(label, list(blocks)) for label, blocks in given] == list(enumerate(tasks))


def test_threads_that_cannot_be_had_are_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    start, started = threading.Thread.start, []

    def fails(thread: threading.Thread) -> None:
        if len(started) == 2:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", fails)
    given = run_in_threads([(n, lambda n=n: [b"%d" % n] * 9) for n in range(6)], jobs=4, memory=1)
    assert [(label, list(blocks)) for label, blocks in given] == [(n, [b"%d" % n] * 9) for n in range(6)]


def test_an_error_comes_out_in_its_place() -> None:
    def fails() -> Iterator[bytes]:
        yield b"some"
        raise DataError("x", "bad")

    before = threading.active_count()
    given = run_in_threads([(0, lambda: [b"a"]), (1, fails), (2, lambda: [b"c"])], jobs=2, memory=1)
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
    given = run_in_threads(((n, lambda n=n: task(n)) for n in range(20)), jobs=3, memory=8 * 4 * CHUNK)
    _, blocks = next(given)
    next(blocks)
    end = time.monotonic() + 10
    while made[:4] < [9, 8, 8, 8] and time.monotonic() < end:
        time.sleep(0.005)
    assert max(made[:4]) <= 8 + 2  # the queue, one that waits for room, one that was taken
    assert max(made[4:]) == 0
    given.close()
    assert no_threads_left(before)


def test_one_task_runs_ahead_as_far_as_it_may_and_ends_when_it_is_closed() -> None:
    made = [0]

    def task() -> Iterator[int]:
        while made[0] < 1000:
            made[0] += 1
            yield made[0]

    before = threading.active_count()
    assert list(run_ahead(task, items=8)) == list(range(1, 1001))
    made[0] = 0
    numbers = run_ahead(task, items=8)
    assert next(numbers) == 1
    end = time.monotonic() + 10
    while made[0] < 10 and time.monotonic() < end:
        time.sleep(0.005)
    assert made[0] == 8 + 2  # the queue, one that waits for room, one that was taken
    assert isinstance(numbers, Generator)
    numbers.close()
    assert no_threads_left(before)


@pytest.fixture(scope="module")
def lines() -> bytes:
    """1.9 MB of lines that pack to a third."""
    generator = random.Random(1)
    return b"".join(b"%d\t%x\n" % (n, generator.getrandbits(60)) for n in range(85_000))


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
