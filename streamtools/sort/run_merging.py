"""Merging of runs by the workers of a sort."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from streamtools.records import cut
from streamtools.sort.counting import COUNT, expand_counts
from streamtools.sort.merging import Cursor, rounds, unique_across
from streamtools.sort.order import Order
from streamtools.sort.processes import Workers, WorkItem
from streamtools.sort.requests import WRITE
from streamtools.sort.resources import LineMemory
from streamtools.sort.run_list import common_value_of
from streamtools.sort.runs import Run

SMALLEST_WINDOW = 4096  # bytes


class RunMerger:
    """Merges runs: this process cuts them into rounds, the workers sort the rounds."""

    def __init__(self, order: Order, memory: LineMemory, workers: Workers) -> None:
        self._order, self._memory, self._workers = order, memory, workers

    def limit(self) -> int:
        """Return how many runs can be merged at once without a window for each that is too small."""
        return max(2, self._memory.room() // SMALLEST_WINDOW)

    def merge(self, runs: Sequence[Run], task: str) -> Iterator[bytes]:
        """Yield the lines of all runs in order, in blocks.

        task: MERGE for another merge (then lines with a common value stay bare keys), WRITE for whole lines.
        """
        value = common_value_of(runs)
        pieces = rounds(self._cursors(runs, value), self._order, whole=value is not None)
        items = (self._item(each, task, value) for each in pieces)
        blocks = (block for block, _ in self._workers.map(items))
        return unique_across(blocks, self._order) if self._order.unique else blocks

    def _item(self, pieces: list[bytes], task: str, value: bytes | None) -> WorkItem:
        """Return what is to be done with the pieces of a round; a single piece is usually in order as it is.

        Not so if its keys are counted, or if records are to be unique, as an input of a merge may hold several of a
        key.
        """
        must_expand = value is not None and task == WRITE and COUNT.encode() in pieces[0]
        if len(pieces) > 1 or must_expand or self._order.unique:
            return WorkItem(pieces, (task, value))
        if value is not None and task == WRITE:
            pieces = [pieces[0].replace(b"\n", value)]
        return WorkItem(pieces, None)

    def _cursors(self, runs: Sequence[Run], value: bytes | None) -> list[Cursor]:
        """Return a cursor for each run: over bare keys if all runs have the same value, else over whole lines."""
        window = max(SMALLEST_WINDOW, self._memory.room(value) // max(1, len(runs)))
        whole = value is not None
        cursors = []
        for run in runs:
            blocks, first = run.blocks(window), run.first
            if not whole and run.value is not None:
                blocks = _put_values_back(blocks, run.value, window)
                first = first and first.partition(COUNT.encode())[0]
            comparable = first if whole or first is None else self._order.key_of(first)
            cursors.append(Cursor(blocks, self._order, whole, comparable))
        return cursors


def _put_values_back(blocks: Iterable[bytes], value: bytes, window: int) -> Iterator[bytes]:
    """Yield the lines that blocks of bare keys, counted or not, stand for, in blocks of about `window` bytes."""
    for block in blocks:
        if COUNT.encode() in block:
            yield from expand_counts(str(block, "latin-1").split("\n")[:-1], str(value, "latin-1"), window)
        else:  # a value can be much longer than the keys, up to LONGEST_VALUE, but not as long as a window
            size = len(block) + (len(value) - 1) * block.count(b"\n")
            for piece in cut(block, window * len(block) // size):
                yield piece.replace(b"\n", value)
