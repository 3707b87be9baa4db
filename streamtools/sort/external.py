"""Sorting of more lines than fit in memory: sorted runs, then merges of as many runs as there can be at once.

blocks ──gather──> chunks ──sort──> runs (in memory, then in files) ──rounds──> pieces ──sort──> blocks
                         (workers)                                             (workers)
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from itertools import chain, islice

from streamtools.allocator import keep_large_blocks
from streamtools.records import count_lines
from streamtools.sort.blocks import common_value
from streamtools.sort.order import Order
from streamtools.sort.processes import InlineWorkers, SortWorkers, Workers, WorkItem
from streamtools.sort.requests import CHUNK, FLUSH, MERGE, WRITE, SortWork
from streamtools.sort.resources import LineMemory, MemoryShares, SortOptions, SortProgress
from streamtools.sort.run_list import RunList
from streamtools.sort.run_merging import RunMerger
from streamtools.sort.runs import StreamRun

Chunk = list[tuple[bytes, int]]  # blocks of whole lines, and how many lines they have

DEFAULTS = SortOptions()


def external_sort(
    blocks: Iterable[bytes], order: Order, options: SortOptions = DEFAULTS
) -> Generator[bytes, None, None]:
    """Sort blocks of whole lines; yield blocks of the same lines in order.

    Raises CannotCreateError and TransferError for temporary files, TransferError if a worker dies.
    """
    with closing(_Sorter(order, options)) as sorter:
        chunks = gather(blocks, sorter.memory)
        beginning = list(islice(chunks, 2))
        sorter.start(options.jobs if len(beginning) > 1 else 1)
        sorter.make_runs(chain(beginning, chunks))
        del beginning
        yield from sorter.merge_runs()


def merge_sorted(
    streams: Iterable[Iterable[bytes]], order: Order, options: SortOptions = DEFAULTS
) -> Generator[bytes, None, None]:
    """Merge streams of blocks of whole lines, each sorted; yield blocks of all lines in order.

    More streams than `options.batch_size` are merged in several passes, and read only then. Raises what
    `external_sort` raises, and DataError for a stream that is not sorted.
    """
    with closing(_Sorter(order, options)) as sorter:
        sorter.start(options.jobs)
        sorter.runs.runs += map(StreamRun, streams)
        yield from sorter.merge_runs()


def gather(blocks: Iterable[bytes], memory: LineMemory) -> Iterator[Chunk]:
    """Gather blocks of whole lines into chunks that fill the memory for work; a longer line is a chunk of its own."""
    held: Chunk = []
    free = memory.work
    for block in blocks:
        lines = count_lines(block)
        memory.add(len(block), lines)
        while (needed := memory.needed(len(block), lines)) > free:
            end = block.rfind(b"\n", 0, len(block) * free // needed) + 1
            if not end and not held:
                end = block.find(b"\n") + 1
            if end:
                taken = block.count(b"\n", 0, end)
                held.append((block[:end], taken))
                block = block[end:]
                lines -= taken
            yield held
            held, free = [], memory.work
        if block:
            held.append((block, lines))
            free -= needed
    if held:
        yield held


class _Sorter:
    """An external sort: has chunks sorted, keeps the runs, and has them merged."""

    def __init__(self, order: Order, options: SortOptions) -> None:
        self._order, self._on_progress = order, options.on_progress
        self._shares = MemoryShares.of(options)
        self._work = SortWork(order, self._shares)
        self._workers: Workers = InlineWorkers(self._work)
        self._progress = SortProgress()
        self._has_input = True
        self.memory = LineMemory(order, self._shares.work)
        self.runs = RunList(options, self._shares)

    def start(self, jobs: int) -> None:
        """Fork the workers, if there is to be more than one."""
        keep_large_blocks(self._shares.worker)
        if jobs > 1:
            self._workers = SortWorkers(self._work, jobs, 2 * self._shares.chunk)

    def close(self) -> None:
        """End the workers, and remove the runs."""
        self._workers.close()
        self.runs.close()

    def make_runs(self, chunks: Iterator[Chunk]) -> None:
        """Sort all chunks, each to a run, or several to one where their lines were counted."""
        while self._has_input:
            for block, value in self._workers.map(self._chunk_items(chunks)):
                self.runs.store(block, value)
            if self.runs.must_merge:
                self._merge_to_one(self.runs.first_of_newest(), len(self.runs.runs))
                self.runs.mark_as_merged()

    def _chunk_items(self, chunks: Iterator[Chunk]) -> Iterator[WorkItem]:
        """Yield requests to sort the chunks, until they end or runs have to be merged.

        The keys that workers have counted are requested before a chunk of another common value.
        """
        current = None
        while not self.runs.must_merge:
            chunk = next(chunks, None)
            if chunk is None:
                self._has_input = False
                break
            value = self._common_value(chunk)
            if current is not None and value != current:
                yield from self._flush_items(current)
            current = value
            blocks = [block for block, _ in chunk]
            self._report_chunk(sum(map(len, blocks)))
            yield WorkItem(blocks, (CHUNK, value))
        if current is not None:
            yield from self._flush_items(current)

    def _common_value(self, chunk: Chunk) -> bytes | None:
        """Return the common value of the lines of a chunk, if there is one."""
        values = {common_value(block, lines, self._order) for block, lines in chunk}
        value = values.pop() if len(values) == 1 else None
        self.memory.are_bare = self.memory.are_bare and value is not None
        return value

    def _flush_items(self, value: bytes) -> Iterator[WorkItem]:
        """Yield a request to each worker to give the keys that it has counted."""
        return (WorkItem([], (FLUSH, value)) for _ in range(self._workers.size))

    def _report_chunk(self, size: int) -> None:
        progress = self._progress
        progress.read += size
        progress.runs = len(self.runs.runs)
        if size > self._shares.chunk:
            progress.longest = max(progress.longest, size)
        self._report()

    def _report(self) -> None:
        if self._on_progress:
            self._on_progress(self._progress)

    def _merge_to_one(self, first: int, end: int) -> None:
        """Merge runs that follow each other to one, in their place."""
        old, new = self.runs.replace(first, end)
        try:
            for block in self._merger.merge(old, MERGE):
                new.write(block)
        finally:
            self.runs.drop(old)

    @property
    def _merger(self) -> RunMerger:
        return RunMerger(self._order, self.memory, self._workers)

    def merge_runs(self) -> Iterator[bytes]:
        """Yield all lines in order; the runs are gone at the end."""
        batch = min(self.runs.batch, self._merger.limit())
        while len(self.runs.runs) > batch:
            self._merge_groups(batch)
        self._progress.to_merge = sum(run.size for run in self.runs.runs)
        for block in self._merger.merge(self.runs.runs, WRITE):
            self._progress.merged += len(block)
            self._report()
            yield block

    def _merge_groups(self, batch: int) -> None:
        """Merge groups of runs that follow each other, as few of them as it takes to get to one batch."""
        end = len(self.runs.runs)  # the newest first: they are in files, and give descriptors back
        while end > 1 and len(self.runs.runs) > batch:
            first = max(0, end - min(batch, len(self.runs.runs) - batch + 1))
            self._merge_to_one(first, end)
            end = first
