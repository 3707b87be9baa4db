"""Sorting of more lines than fit in memory: sorted runs, then merges of as many runs as there can be at once.

blocks ──gather──> chunks ──sort──> runs (in memory, then in files) ──rounds──> pieces ──sort──> blocks
                           (pool)                                              (pool)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

from streamtools.records import cut
from streamtools.sort.blocks import (
    COUNT,
    ChunkSorter,
    common_value,
    pin_arenas,
    sort_by_keys,
    sort_keys,
    unpacked,
    write_out,
)
from streamtools.sort.merging import Cursor, rounds, unique_across
from streamtools.sort.order import Order
from streamtools.sort.pool import Inline, Pool, Task
from streamtools.sort.runs import FileRun, Files, MemoryRun, OutOfDescriptors, Run, StreamRun

COPIES = 5  # of a chunk, at most: in two slots, as text, as lines, joined and encoded
LINE = 84  # bytes that a line takes in a worker besides its text: 49 to 64 for the object, 8 and 4 to sort it
USUAL_LINE = 16  # bytes, as long as nothing is known
SMALLEST_WINDOW = 4096
WORK = 18 << 20  # bytes; what it takes to sort a chunk of 1.5 MiB of short lines; 12 or 24 cost up to a fifth more
CHUNK, FLUSH, MERGE, WRITE, KEYS = "chunk", "flush", "merge", "write", "keys"  # what a worker is asked for


class Plan(NamedTuple):
    """How a bound of memory is shared out.

    share: of each worker, its slots included; work: for a chunk of input or a round of a merge, chunk: the bytes of
    its lines, at most; kept: bytes of runs in memory; batch: how many runs are merged at once.
    """

    share: int
    work: int
    chunk: int
    kept: int
    batch: int

    @classmethod
    def for_bound(cls, memory: int, jobs: int, batch_size: int) -> Plan:
        """A quarter of the memory for runs, less than half of it for the workers: their lines and their slots."""
        share = max(4096, memory * 9 // 20 // jobs)
        work = min(share, WORK)
        return cls(share, work, work // COPIES, memory // 4, max(2, batch_size))


class Progress:
    """How far a sort is: bytes read, runs made, bytes to merge in all and merged by now.

    longest: bytes of the longest line that did not fit in a chunk.
    """

    def __init__(self) -> None:
        self.read = self.runs = self.to_merge = self.merged = self.longest = 0


Chunk = list[tuple[bytes, int]]  # blocks of lines, and how many lines they have
OnProgress = Callable[[Progress], None]


def external_sort(
    blocks: Iterable[bytes],
    order: Order,
    *,
    memory: int = 256 << 20,
    directories: Sequence[str] = ("/tmp",),
    batch_size: int = 128,
    jobs: int = 1,
    compress_runs: str | None = None,
    on_progress: OnProgress | None = None,
) -> Iterator[bytes]:
    """Blocks of whole lines in, blocks of the same lines in order out.

    memory: bytes, of all processes together and besides the bare interpreters; a single line may be longer.
    directories: where runs go that do not fit in memory, in turn. batch_size: runs merged at once.
    jobs: processes that sort, besides this one if there are several.
    compress_runs: how runs in files are compressed, "zst" or "lz4".
    Raises CannotCreateError and TransferError for temporary files, TransferError for a worker that dies.
    """
    sorter = _Sorter(order, Plan.for_bound(memory, jobs, batch_size), Files(directories, compress_runs), on_progress)
    try:
        chunks = sorter.gather(blocks)
        beginning = list(islice(chunks, 2))
        sorter.start(jobs if len(beginning) > 1 else 1)
        sorter.make_runs(chain(beginning, chunks))
        del beginning
        yield from sorter.merge_runs()
    finally:
        sorter.close()


def merge_sorted(
    streams: Iterable[Iterable[bytes]],
    order: Order,
    *,
    memory: int = 256 << 20,
    directories: Sequence[str] = ("/tmp",),
    batch_size: int = 128,
    jobs: int = 1,
    compress_runs: str | None = None,
    on_progress: OnProgress | None = None,
) -> Iterator[bytes]:
    """Blocks of whole lines of streams that are sorted already, merged; arguments and errors of `external_sort`.

    More streams than `batch_size` are merged in several passes, and read only then.
    """
    sorter = _Sorter(order, Plan.for_bound(memory, jobs, batch_size), Files(directories, compress_runs), on_progress)
    try:
        sorter.start(jobs)
        for stream in streams:
            sorter.add(StreamRun(stream))
        yield from sorter.merge_runs()
    finally:
        sorter.close()


class _Sorter:
    """The state of one external sort: the workers and the runs."""

    def __init__(self, order: Order, plan: Plan, files: Files, on_progress: OnProgress | None) -> None:
        self.plan = plan
        self._order, self._files, self._on_progress = order, files, on_progress
        self._progress = Progress()
        self._pool: Inline | Pool = Inline(self._work)
        self._chunk_sorter = ChunkSorter(order, plan.share * 3 // 4, plan.chunk)
        self._pins: list[bytes] = []
        self._runs: list[Run] = []
        self._kept = self._lines = self._merged_runs = 0  # bytes of runs in memory, lines read, runs merged
        self._whole = order.key is None and order.fields == 1  # whether lines compare as a whole, as far as is known
        self._short = self._at_end = False  # of descriptors; of the input

    def start(self, jobs: int) -> None:
        """Fork the workers, if it is to be more than one."""
        bytes(min(8 << 20, self.plan.share))  # when this goes, glibc takes smaller blocks from its heap, and keeps them
        if jobs > 1:
            self._pool = Pool(self._work, jobs, 2 * self.plan.chunk)

    def close(self) -> None:
        """End the workers, and remove the runs."""
        self._pool.close()
        self._files.close()
        for run in self._runs:
            run.close()

    def add(self, run: Run) -> None:
        """Add a run after the others."""
        self._runs.append(run)

    def _work(self, block: bytes, request: tuple[str, bytes | None]) -> Iterator[tuple[bytes, Any]]:
        """What a worker does: sort a chunk, or the pieces of a round. Gives each block with its common value."""
        task, value = request
        if not self._pins and len(block) > 1 << 16:
            self._pins = pin_arenas(self.plan.work * 2 // 3)
        if task == FLUSH:
            blocks = self._chunk_sorter.flush()
        elif task == CHUNK and value is not None:
            blocks = self._chunk_sorter.sort(block, value)
        elif value is None:
            blocks = iter([sort_by_keys(block, self._order)])
        elif task == MERGE:
            blocks = iter([sort_keys(str(block, "latin-1"), "\n", self._order)])
        else:
            blocks = write_out(str(block, "latin-1"), str(value, "latin-1"), self._order, self.plan.chunk)
        return ((block, value) for block in blocks)

    def gather(self, blocks: Iterable[bytes]) -> Iterator[Chunk]:
        """Gather blocks of whole lines to chunks, of as many bytes and lines as planned; a longer line is one."""
        held: Chunk = []
        free = self.plan.work
        for block in blocks:
            lines = block.count(b"\n")
            self._lines += lines
            while (cost := self._cost(len(block), lines)) > free:
                end = block.rfind(b"\n", 0, len(block) * max(free, 0) // cost) + 1
                if not end and not held:
                    end = block.find(b"\n") + 1
                if end:
                    taken = block.count(b"\n", 0, end)
                    held.append((block[:end], taken))
                    block = block[end:]
                    lines -= taken
                yield held
                held, free = [], self.plan.work
            if block:
                held.append((block, lines))
                free -= cost
        if held:
            yield held

    def _cost(self, size: int, lines: int) -> int:
        """What it takes in memory to sort lines; keys take about as much as lines."""
        return COPIES * size + (LINE if self._whole else 2 * LINE) * lines

    def _room(self, value: bytes | None = None) -> int:
        """Bytes of lines that can be sorted at once; they are as long as those read by now, but for a common value."""
        size, lines = (self._progress.read, self._lines) if self._progress.read else (USUAL_LINE, 1)
        size = max(lines, size - lines * (len(value or b"\n") - 1))
        return self.plan.work * size // self._cost(size, lines)

    def make_runs(self, chunks: Iterator[Chunk]) -> None:
        """Sort all chunks, each to a run, or several to one where their lines were counted."""
        while not self._at_end:
            for block, value in self._pool.map(self._chunk_tasks(chunks)):
                self._store(block, value)
            if self._short or self._fresh() >= self.plan.batch:
                self._merge_newest()
                self._short = False

    def _chunk_tasks(self, chunks: Iterator[Chunk]) -> Iterator[Task]:
        """Tasks that sort the chunks. What workers still hold comes out before a chunk of another common value."""
        current = None
        while not self._short and self._fresh() < self.plan.batch:
            chunk = next(chunks, None)
            if chunk is None:
                self._at_end = True
                break
            values = {common_value(block, lines, self._order) for block, lines in chunk}
            value = values.pop() if len(values) == 1 else None
            self._whole = self._whole and value is not None
            if current is not None and value != current:
                yield from self._flushes(current)
            current = value
            blocks = [block for block, _ in chunk]
            size = sum(map(len, blocks))
            self._progress.read += size
            if size > self.plan.chunk:
                self._progress.longest = max(self._progress.longest, size)
            self._progress.runs = len(self._runs)
            self._tell()
            yield Task(blocks, (CHUNK, value))
        if current is not None:
            yield from self._flushes(current)

    def _store(self, block: bytes, value: bytes | None) -> None:
        """Keep a sorted block in memory, or write it to a file if there is no room.

        When there are no descriptors left it stays in memory, until all chunks that workers have are done and runs
        can be merged.
        """
        if self._kept + len(block) > self.plan.kept and not self._short:
            try:
                run = self._files.new_run(value, level=0)
            except OutOfDescriptors:
                self._short = True
            else:
                self.add(run)
                run.write(block)
                return
        self._kept += len(block)
        self.add(MemoryRun(block, value))

    def _fresh(self) -> int:
        """How many of the newest runs have never been merged."""
        return len(self._runs) - self._merged_runs

    def _flushes(self, value: bytes) -> Iterator[Task]:
        return (Task([], (FLUSH, value)) for _ in range(self._pool.size))

    def _tell(self) -> None:
        if self._on_progress:
            self._on_progress(self._progress)

    def _merge_newest(self) -> None:
        """Merge the newest runs, those that were merged as often as the last one, to one.

        If that is for want of descriptors, so many that at least two are in files, and one descriptor is won.
        """
        runs, first = self._runs, len(self._runs) - 1
        files = 2 if self._short else 0
        while first and (
            runs[first - 1].level <= runs[-1].level
            or len(runs) - first < 2
            or sum(isinstance(run, FileRun) for run in runs[first:]) < files
        ):
            first -= 1
        if sum(isinstance(run, FileRun) for run in runs[first:]) < files:
            raise OutOfDescriptors
        self._merge_to_one(first, len(runs))
        self._merged_runs = len(runs)

    def _merge_to_one(self, first: int, end: int) -> None:
        """Merge runs that follow each other to one, in their place."""
        runs, later = self._runs[first:end], self._runs[end:]
        del self._runs[first:]
        try:
            value = _common(runs)
            target = self._files.new_run(value, max(run.level for run in runs) + 1, spare=True)
            self.add(target)
            for block in self._merged(runs, value, MERGE):
                target.write(block)
        finally:
            for run in runs:
                run.close()
            self._runs += later
            self._files.reserve()

    def merge_runs(self) -> Iterator[bytes]:
        """All lines in order; the runs are gone at the end."""
        batch = min(self.plan.batch, max(2, self._room() // SMALLEST_WINDOW))
        while len(self._runs) > batch:
            self._pass(batch)
        self._progress.to_merge = sum(run.size for run in self._runs)
        for block in self._merged(self._runs, _common(self._runs), WRITE):
            self._progress.merged += len(block)
            self._tell()
            yield block

    def _pass(self, batch: int) -> None:
        """Merge groups of runs that follow each other, no more of them than it takes to get to one batch."""
        end = len(self._runs)  # the newest first: they are in files, and give descriptors back
        while end > 1 and len(self._runs) > batch:
            first = max(0, end - min(batch, len(self._runs) - batch + 1))
            self._merge_to_one(first, end)
            end = first

    def _merged(self, runs: Sequence[Run], value: bytes | None, task: str) -> Iterator[bytes]:
        """The blocks of all runs, merged: of bare keys for another merge, of lines to be written."""
        pieces = rounds(self._cursors(runs, value is not None), self._order, value is not None)
        tasks = (self._task(each, task, value) for each in pieces)
        blocks = (block for block, _ in self._pool.map(tasks))
        return unique_across(blocks, self._order) if self._order.unique else blocks

    def _task(self, pieces: list[bytes], task: str, value: bytes | None) -> Task:
        """What is to be done with the pieces of a round; with one of which no key is counted, hardly anything.

        Where records are to be unique, an input of a merge may hold several of a key.
        """
        is_counted = value is not None and task == WRITE and COUNT.encode() in pieces[0]
        if len(pieces) > 1 or is_counted or self._order.unique:
            return Task(pieces, (task, value))
        if value is not None and task == WRITE:
            pieces = [pieces[0].replace(b"\n", value)]
        return Task(pieces, None)

    def _cursors(self, runs: Sequence[Run], whole: bool) -> list[Cursor]:
        window = max(SMALLEST_WINDOW, self._room(_common(runs)) // max(1, len(runs)))
        cursors = []
        for run in runs:
            blocks, first = run.blocks(window), run.first
            if not whole and run.value is not None:
                blocks, first = _written_out(blocks, run.value, window), first and first.partition(COUNT.encode())[0]
            comparable = first if whole or first is None else self._order.key_of(first)
            cursors.append(Cursor(blocks, self._order, whole, comparable))
        return cursors


def _common(runs: Sequence[Run]) -> bytes | None:
    """The common value of all lines of the runs, if there is one."""
    values = {run.value for run in runs}
    return values.pop() if len(values) == 1 else None


def _written_out(blocks: Iterable[bytes], value: bytes, window: int) -> Iterator[bytes]:
    """The lines that blocks of bare keys, counted or not, stand for."""
    for block in blocks:
        if COUNT.encode() in block:
            yield from unpacked(str(block, "latin-1").split("\n")[:-1], str(value, "latin-1"), window)
        else:  # a value can be much longer than the keys
            written = len(block) + (len(value) - 1) * block.count(b"\n")
            for piece in cut(block, max(1, window * len(block) // written)):
                yield piece.replace(b"\n", value)
