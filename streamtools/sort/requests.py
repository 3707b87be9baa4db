"""What is asked of the workers of a sort, and how they do it."""

from __future__ import annotations

from collections.abc import Iterator

from streamtools.allocator import pin_arenas
from streamtools.sort.blocks import ChunkSorter, sort_by_keys, sort_keys, write_lines
from streamtools.sort.order import Order
from streamtools.sort.processes import Request
from streamtools.sort.resources import MemoryShares

CHUNK = "chunk"  # sort a chunk of the input
FLUSH = "flush"  # give the keys that were counted in earlier chunks
MERGE = "merge"  # sort the pieces of a round for another merge, where lines with a common value stay bare keys
WRITE = "write"  # sort the pieces of a round into lines as they were read
WORTH_PINS = 1 << 16  # bytes; smaller blocks free no arenas


class SortWork:
    """Sorts blocks of bytes as requested: all that a worker process does."""

    def __init__(self, order: Order, shares: MemoryShares) -> None:
        self._order, self._shares = order, shares
        self._chunk_sorter = ChunkSorter(order, shares.worker * 3 // 4, shares.chunk)
        self._pins: list[bytes] = []

    def __call__(self, block: bytes, request: Request) -> Iterator[tuple[bytes, bytes | None]]:
        """Do what is requested with a block of whole lines; yield blocks, each with the common value of its lines.

        With a common value, the lines of a run are bare keys, counted or not.
        """
        _, value = request
        if not self._pins and len(block) > WORTH_PINS:
            self._pins = pin_arenas(self._shares.work * 2 // 3)
        return ((made, value) for made in self._blocks(block, request))

    def _blocks(self, block: bytes, request: Request) -> Iterator[bytes]:
        task, value = request
        if task == FLUSH:
            return self._chunk_sorter.flush()
        if value is None:
            return iter([sort_by_keys(block, self._order)])
        if task == CHUNK:
            return self._chunk_sorter.sort(block, value)
        if task == MERGE:
            return iter([sort_keys(str(block, "latin-1"), "\n", self._order)])
        return write_lines(str(block, "latin-1"), str(value, "latin-1"), self._order, self._shares.chunk)
