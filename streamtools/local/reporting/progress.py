"""How far a job is: what its tasks have been given so far, gathered from the processes that run them."""

import mmap
import struct
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

INTERVAL = 0.2  # seconds between two tellings, at least
PAIR = struct.Struct("QQ")


class Side(NamedTuple):
    """The map tasks of a job, or its reduce tasks. done, total: tasks; given, size: bytes of input; records: about."""

    done: int = 0
    total: int = 0
    given: int = 0
    size: int = 0
    records: int = 0
    seconds: float = 0.0  # since the first of them began

    @property
    def fraction(self) -> float:
        """How much of the work is done: of the bytes, where there are any."""
        if self.done == self.total:
            return float(self.total > 0)
        return self.given / self.size if self.size else self.done / self.total


class Progress(NamedTuple):
    """How far a job is."""

    maps: Side
    reduces: Side


class Watch:
    """Tells `tell` how far a job is, now and then; what running tasks say comes through memory shared with them."""

    def __init__(self, tell: Callable[[Progress], None]) -> None:
        self.tell = tell
        self.told = time.monotonic()
        self.progress = Progress(Side(), Side())
        self.done: set[int] = set()
        self.sizes: Sequence[int] = ()
        self.comparable: Sequence[bool] = ()
        self.shared: mmap.mmap | None = None
        self.is_map = True

    def begin(self, is_map: bool, sizes: Sequence[int], comparable: Sequence[bool], reduces: int) -> None:
        """Watch the map tasks, or the reduce tasks: the bytes of each one's input.

        comparable: whether a task's input as it is given to the command has about as many bytes; not so when it is
        compressed, and then its progress is that it has ended.
        """
        self.is_map, self.sizes, self.comparable, self.done = is_map, sizes, comparable, set()
        self.shared = mmap.mmap(-1, PAIR.size * max(len(sizes), 1))
        self.began = time.monotonic()
        if is_map:
            self.progress = Progress(Side(), Side(total=reduces))
        self._tell_if(True)

    def meter(self, number: int) -> Callable[[int, int], None]:
        """A function by which the process of a task says what bytes and records it has been given."""
        shared, position = self.shared, PAIR.size * number
        assert shared

        def say(size: int, records: int) -> None:
            PAIR.pack_into(shared, position, size, records)

        return say

    def ended(self, number: int) -> None:
        """Take note that a task has succeeded."""
        self.done.add(number)
        self._tell_if(len(self.done) == len(self.sizes))

    def tick(self) -> None:
        """Tell, if it is time to."""
        self._tell_if(False)

    def _tell_if(self, now: bool) -> None:
        if now or time.monotonic() - self.told >= INTERVAL:
            side = self._side()
            maps, reduces = self.progress
            self.progress = Progress(side, reduces) if self.is_map else Progress(maps, side)
            self.tell(self.progress)
            self.told = time.monotonic()

    def _side(self) -> Side:
        assert self.shared
        given = records = 0
        for number, ((bytes_given, read), size) in enumerate(
            zip(PAIR.iter_unpack(self.shared[: PAIR.size * len(self.sizes)]), self.sizes, strict=True)
        ):
            records += read
            if number in self.done:
                given += size
            elif self.comparable[number]:
                given += min(bytes_given, size)
        seconds = time.monotonic() - self.began
        return Side(len(self.done), len(self.sizes), given, sum(self.sizes), records, seconds)
