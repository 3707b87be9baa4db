"""What an external sort may use of the machine, how it shares that out, and what it reports meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from streamtools.sort.order import Order

# Bytes; what it takes to sort a chunk of 1.5 MiB of short lines. With 12 or 24 MiB a sort takes up to a fifth longer.
WORK = 18 << 20
COPIES = 5  # of a chunk that exist at once, at most: in two slots, as text, as lines, joined and encoded
SMALLEST_SHARE = 4096  # bytes
LINE = 84  # bytes that a line takes in a worker besides its text: 49 to 64 for the object, 8 and 4 to sort it
USUAL_LINE = 16  # bytes; assumed until lines have been read


class SortProgress:
    """How far a sort has come: bytes read, runs made, bytes to merge in all and merged so far.

    longest: bytes of the longest line that did not fit in a chunk, 0 if all did.
    """

    def __init__(self) -> None:
        self.read = self.runs = self.to_merge = self.merged = self.longest = 0


class SortOptions(NamedTuple):
    """What an external sort may use.

    memory: bytes for all processes together, besides the bare interpreters; only a single line may be longer.
    directories: where runs are written that do not fit in memory, in turn.
    batch_size: number of runs merged at once.
    jobs: number of processes that sort, besides this one if there are several.
    compress_runs: "zst" or "lz4", how runs on disk are compressed; None leaves them as they are.
    on_progress: is called for each chunk that is read and each block that is merged.
    """

    memory: int = 256 << 20
    directories: Sequence[str] = ("/tmp",)
    batch_size: int = 128
    jobs: int = 1
    compress_runs: str | None = None
    on_progress: Callable[[SortProgress], None] | None = None


class MemoryShares(NamedTuple):
    """How the memory of a sort is shared out, in bytes.

    worker: for each worker, its slots included. work: for the lines of a chunk, or of a round of a merge, and all that
    is made of them. chunk: for the lines of a chunk alone. runs: for runs that stay in memory.
    """

    worker: int
    work: int
    chunk: int
    runs: int

    @classmethod
    def of(cls, options: SortOptions) -> MemoryShares:
        """Give a quarter to runs and less than half to the workers; the rest is for blocks on their way."""
        worker = max(SMALLEST_SHARE, options.memory * 9 // 20 // options.jobs)
        work = min(worker, WORK)
        return cls(worker, work, work // COPIES, options.memory // 4)


class LineMemory:
    """How much memory it takes to sort lines, judged by those that were read so far.

    work: bytes that sorting may take at a time. are_bare: whether all lines so far could be sorted as bare keys, so
    that a line makes one object; otherwise its key is another.
    """

    def __init__(self, order: Order, work: int) -> None:
        self.work = work
        self.are_bare = order.compares_bytes
        self._size = self._lines = 0

    def add(self, size: int, lines: int) -> None:
        """Take note of lines that were read."""
        self._size += size
        self._lines += lines

    def needed(self, size: int, lines: int) -> int:
        """Return how many bytes it takes to sort lines of `size` bytes in all."""
        return COPIES * size + (LINE if self.are_bare else 2 * LINE) * lines

    def room(self, value: bytes | None = None) -> int:
        """Return how many bytes of lines can be sorted at once.

        value: what lines have in common and a run therefore does not hold.
        """
        size, lines = (self._size, self._lines) if self._size else (USUAL_LINE, 1)
        size = max(lines, size - lines * (len(value or b"\n") - 1))
        return self.work * size // self.needed(size, lines)
