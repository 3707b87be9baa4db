"""Sorting of more lines than fit in memory: sorted runs, then merges of as many runs as there can be at once.

blocks ──gather──> chunks ──sort──> runs (in memory, then in files) ──rounds──> pieces ──sort──> blocks
                           (pool)                                              (pool)
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from streamtools.errors import TransferError
from streamtools.sort.blocks import COUNT, ChunkSorter, common_value, merged, sort_by_keys, unpacked
from streamtools.sort.merging import Cursor, rounds, unique_across
from streamtools.sort.order import Order
from streamtools.sort.pool import Inline, Pool, Task
from streamtools.sort.runs import FileRun, Files, MemoryRun, OutOfDescriptors, Run, StreamRun

COPIES = 5  # of a chunk, at most: in two slots, as text, as lines, joined and encoded
LINE = 84  # bytes that a line takes in a worker besides its text: 49 to 64 for the object, 8 and 4 to sort it
USUAL_LINE = 16  # bytes, as long as nothing is known
SMALLEST_WINDOW = 4096
CHUNK, FLUSH, WHOLE, KEYS = "chunk", "flush", "whole", "keys"  # what a worker is asked for


@dataclass(frozen=True)
class Plan:
    """How a bound of memory is shared out.

    share: of each worker, its slots included; chunk: the longest chunk of input, and round of a merge, in bytes;
    kept: bytes of runs in memory; batch: how many runs are merged at once.
    """

    share: int
    chunk: int
    kept: int
    batch: int

    @classmethod
    def for_bound(cls, memory: int, jobs: int, batch_size: int) -> "Plan":
        """A quarter of the memory for runs, most of the rest for the workers' lines and their slots."""
        share = max(4096, memory * 3 // 5 // jobs)
        return cls(share, share // COPIES, memory // 4, max(2, batch_size))


@dataclass
class Progress:
    """How far a sort is: bytes read, runs made, bytes to merge in all and merged by now.

    longest: bytes of the longest line that did not fit in a chunk.
    """

    read: int = 0
    runs: int = 0
    to_merge: int = 0
    merged: int = 0
    longest: int = 0


OnProgress = Callable[[Progress], None]


def external_sort(
    blocks: Iterable[bytes],
    order: Order,
    *,
    memory: int = 256 << 20,
    directories: Sequence[str] = ("/tmp",),
    batch_size: int = 512,
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
    batch_size: int = 512,
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
        self._chunk_sorter = ChunkSorter(order, plan.share * 2 // 3, plan.chunk)
        self._runs: list[Run] = []
        self._kept = self._lines = 0  # bytes of runs in memory, lines read
        self._whole = order.key is None and order.fields == 1  # whether lines compare as a whole, as far as is known
        self._short = self._at_end = False  # of descriptors; of the input

    def start(self, jobs: int) -> None:
        """Fork the workers, if it is to be more than one."""
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

    def _work(self, text: str, request: tuple[str, bytes | None]) -> Iterator[tuple[bytes, Any]]:
        """What a worker does: sort a chunk, or the pieces of a round. Gives each block with its common value."""
        task, value = request
        if task == CHUNK:
            blocks = iter([sort_by_keys(text, self._order)]) if value is None else self._chunk_sorter.sort(text)
        elif task == FLUSH:
            blocks = self._chunk_sorter.flush()
        else:
            blocks = merged(text, self._order, task == WHOLE, self.plan.chunk)
        return ((block, value) for block in blocks)

    def gather(self, blocks: Iterable[bytes]) -> Iterator[list[bytes]]:
        """Gather blocks of whole lines to chunks, of as many bytes and lines as planned; a longer line is one."""
        held: list[bytes] = []
        free = self.plan.share
        for block in blocks:
            lines = block.count(b"\n")
            self._lines += lines
            while (cost := self._cost(len(block), lines)) > free:
                end = block.rfind(b"\n", 0, len(block) * max(free, 0) // cost) + 1
                if not end and not held:
                    end = block.find(b"\n") + 1
                if end:
                    held.append(block[:end])
                    block = block[end:]
                    lines -= held[-1].count(b"\n")
                yield held
                held, free = [], self.plan.share
            if block:
                held.append(block)
                free -= cost
        if held:
            yield held

    def _cost(self, size: int, lines: int) -> int:
        """What it takes in memory to sort lines; keys take about as much as lines."""
        return COPIES * size + (LINE if self._whole else 2 * LINE) * lines

    def _room(self) -> int:
        """Bytes of lines, as long as those read by now on average, that cost a share."""
        size, lines = (self._progress.read, self._lines) if self._progress.read else (USUAL_LINE, 1)
        return self.plan.share * size // self._cost(size, lines)

    def make_runs(self, chunks: Iterator[list[bytes]]) -> None:
        """Sort all chunks, each to a run, or several to one where their lines were counted."""
        while not self._at_end:
            for block, value in self._pool.map(self._chunk_tasks(chunks)):
                self._store(block, value)
            if self._short:
                self._merge_newest()
                self._short = False

    def _chunk_tasks(self, chunks: Iterator[list[bytes]]) -> Iterator[Task]:
        """Tasks that sort the chunks. What workers still hold comes out before a chunk of another common value."""
        current = None
        while not self._short:
            chunk = next(chunks, None)
            if chunk is None:
                self._at_end = True
                break
            values = {common_value(piece, self._order) for piece in chunk}
            value = values.pop() if len(values) == 1 else None
            self._whole = self._whole and value is not None
            if current is not None and value != current:
                yield from self._flushes(current)
            current = value
            size = sum(map(len, chunk))
            self._progress.read += size
            if size > self.plan.chunk:
                self._progress.longest = max(self._progress.longest, size)
            self._progress.runs = len(self._runs)
            self._tell()
            yield Task(chunk, (CHUNK, value))
        if current is not None:
            yield from self._flushes(current)

    def _store(self, block: bytes, value: bytes | None) -> None:
        """Keep a sorted block in memory, or write it to a file if there is no room.

        When there are no descriptors left it stays in memory, until all chunks that workers have are done and runs
        can be merged.
        """
        self._kept += len(block)
        if self._kept > self.plan.kept and not self._short:
            try:
                run = self._files.new_run(value, level=0)
            except OutOfDescriptors:
                self._short = True
            else:
                self.add(run)
                run.write(block)
                return
        self.add(MemoryRun(block, value))

    def _flushes(self, value: bytes) -> Iterator[Task]:
        return (Task([], (FLUSH, value)) for _ in range(self._pool.size))

    def _tell(self) -> None:
        if self._on_progress:
            self._on_progress(self._progress)

    def _merge_newest(self) -> None:
        """Merge the newest runs in files, those that were merged as often as the last one, to one."""
        on_disk = [run for run in self._runs if isinstance(run, FileRun)]
        first = len(on_disk) - 1
        while first > 0 and (on_disk[first - 1].level <= on_disk[-1].level or len(on_disk) - first < 2):
            first -= 1
        if len(on_disk) - first < 2:
            raise TransferError("", "no file descriptors left for temporary files", "raise the limit: ulimit -n")
        self._merge_to_one(self._runs.index(on_disk[first]), len(self._runs))

    def _merge_to_one(self, first: int, end: int) -> None:
        """Merge runs that follow each other to one, in their place."""
        runs, later = self._runs[first:end], self._runs[end:]
        del self._runs[first:]
        try:
            value, whole = _common(runs)
            target = self._files.new_run(value, max(run.level for run in runs) + 1, spare=True)
            self.add(target)
            for block in self._merged(runs, whole):
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
        for block in self._merged(self._runs, _common(self._runs)[1]):
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

    def _merged(self, runs: Sequence[Run], whole: bool) -> Iterator[bytes]:
        """The blocks of all runs, merged."""
        pieces = rounds(self._cursors(runs, whole), self._order, whole)
        tasks = (Task(each, self._request(each, whole)) for each in pieces)
        blocks = (block for block, _ in self._pool.map(tasks))
        return unique_across(blocks, self._order) if self._order.unique else blocks

    def _request(self, pieces: list[bytes], whole: bool) -> tuple[str, bytes | None] | None:
        """What is to be done with the pieces of a round: nothing if it is one, and no line in it is counted."""
        if len(pieces) == 1 and not (whole and COUNT.encode() in pieces[0]):
            return None
        return (WHOLE if whole else KEYS, None)

    def _cursors(self, runs: Sequence[Run], whole: bool) -> list[Cursor]:
        window = max(SMALLEST_WINDOW, self._room() // max(1, len(runs)))
        cursors = []
        for run in runs:
            blocks, first = run.blocks(window), run.first
            if not whole and run.value is not None:
                blocks, first = _written_out(blocks, window), first and first.partition(COUNT.encode())[0]
            comparable = first if whole or first is None else self._order.key_of(first)
            cursors.append(Cursor(blocks, self._order, whole, comparable))
        return cursors


def _common(runs: Sequence[Run]) -> tuple[bytes | None, bool]:
    """The common value of all lines of the runs, and whether there is one."""
    values = {run.value for run in runs}
    value = values.pop() if len(values) == 1 else None
    return value, value is not None


def _written_out(blocks: Iterable[bytes], window: int) -> Iterator[bytes]:
    """Blocks in which equal lines may be counted, without counts."""
    for block in blocks:
        if COUNT.encode() in block:
            yield from unpacked(str(block, "latin-1").split("\n")[:-1], window)
        else:
            yield block
