"""Which record a command dies on, found by halving its input."""

import mmap
import os
from collections.abc import Callable, Iterator, Sequence

from streamtools.local.stages.feeds import Range

Probe = Callable[
    [int, int], int | None
]  # how far a command got in a range of its input before it died; None: it did not
READ_AHEAD = 1 << 18  # bytes that a command may have been given without looking at them: a pipe and its own buffer
PIECE = 1 << 18


class RecordedInput:
    """The input of a command, in a file of lines; positions are in bytes.

    key: returns the key of a line; None if each line is a record of its own.
    """

    def __init__(self, path: str, key: Callable[[bytes], bytes] | None) -> None:
        self.file = open(path, "rb")  # noqa: SIM115
        self.key = key
        self.size = os.fstat(self.file.fileno()).st_size
        self.data = mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_READ) if self.size else b""

    def __enter__(self) -> "RecordedInput":
        return self

    def __exit__(self, *_: object) -> None:
        if self.size:
            self.data.close()  # type: ignore[union-attr]
        self.file.close()

    def start(self, position: int) -> int:
        """Return where the first record at or after a position begins; the size if none does."""
        if position <= 0 or position >= self.size:
            return max(min(position, self.size), 0)
        found = self.end_of_line(position - 1)
        if self.key:
            before = self._key_at(self.data.rfind(b"\n", 0, found - 1) + 1)
            while found < self.size and self._key_at(found) == before:
                found = self.end_of_line(found)
        return found

    def middle(self, low: int, high: int) -> int:
        """Return where a record begins about half-way between two positions; 0 if there is only one record."""
        step = (high - low) // 2
        while step:
            if (found := self.start(low + step)) < high:
                return found
            step //= 2
        return 0

    def pieces(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of a range."""
        for position in range(start, end, PIECE):
            yield self.data[position : min(position + PIECE, end)]

    def position(self, fed: int, without: Sequence[Range], start: int = 0) -> int:
        """Return the end of the record that a command was in after `fed` bytes from `start`, without some ranges."""
        for begin, end in sorted(without):
            fed += end - begin if begin <= fed else 0
        return self.start(min(start + fed, self.size))

    def end_of_line(self, position: int) -> int:
        """Return the end of the line that holds the byte at a position."""
        return self.data.find(b"\n", position) + 1 or self.size

    def _key_at(self, position: int) -> bytes:
        assert self.key
        return self.key(self.data[position : self.end_of_line(position)])


def find_bad_records(given: RecordedInput, probe: Probe, reached: int) -> Iterator[Range]:
    """Yield the record on which a command died that had been given all up to `reached`; nothing if no record did it.

    If records do not depend on each other, also yield those further on on which it dies.
    """
    if not reached:
        return
    if probe(0, 0) is not None:  # it may need a first line
        first = given.start(1)
        if first < reached and probe(0, first) is None:
            yield from _find_in_context(given, probe, first, reached)
        return
    found = _find_alone(given, probe, 0, reached)
    if not found:
        yield from _find_in_context(given, probe, 0, reached)
    while found:
        yield found
        further = probe(found[1], given.size) if found[1] < given.size else None
        found = None if further is None else _find_alone(given, probe, found[1], further)


def _find_alone(given: RecordedInput, probe: Probe, floor: int, reached: int) -> Range | None:
    """Return the record after `floor` on which the command dies whatever comes before it, found by halving.

    What it read last is tried first. A command that also dies on a single record that it had taken before needs the
    records before, so that nothing is found this way.
    """
    low = given.start(max(reached - READ_AHEAD, floor))
    low = low if low < reached and probe(low, reached) is not None else floor
    high = reached
    while middle := given.middle(low, high):
        if probe(low, middle) is not None:
            high = middle
        else:
            low = middle
    if probe(low, high) is None:
        return None
    other = given.start(low // 2) if low else high
    other = other if other != low else 0
    end = given.start(other + 1)
    return None if other < given.size and probe(other, end) is not None else (low, high)


def _find_in_context(given: RecordedInput, probe: Probe, low: int, high: int) -> Iterator[Range]:
    """Yield the last record of the shortest beginning of the input on which the command dies.

    It does not die on the beginning up to `low`.
    """
    if probe(0, high) is None:
        if high == given.size or probe(0, given.size) is None:
            return
        low, high = high, given.size
    while middle := given.middle(low, high):
        if probe(0, middle) is not None:
            high = middle
        else:
            low = middle
    yield low, high
