"""Splits of files that can only be decoded from their beginning: one process decodes a file for all its tasks.

    decoder --the lines of a split--> an open file without a name --> its map task, which is forked then --> emptied

There is one such file more than tasks run, so that a decoder works ahead, but not far. A file is kept until its task
has succeeded or failed for good: further attempts, --skip-bad and --replay read it again.
"""

import os
import struct
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from streamtools.errors import DataError
from streamtools.formats.hadoop_codecs import read_decoded
from streamtools.local.counters import Counters
from streamtools.local.input.line_cutting import cut_lines
from streamtools.local.input.split import DecodedLines, Split
from streamtools.local.settings import Settings
from streamtools.local.tasks.outcome import Done, Failed
from streamtools.local.tasks.task import Task
from streamtools.local.tasks.workers import Workers
from streamtools.records import write_all

FILLED = struct.Struct("QQQ")  # of a decoder: its number, the size of the lines in the file, the offset of the first
AT_ONCE = 64  # reports read at a time; each is written at once, as it is shorter than what a pipe takes at once
GRANT = 2  # bytes of the number of a file


class Feed(NamedTuple):
    """How splits are decoded for their tasks.

    make_file: opens an empty file without a name. delimiter: of lines, None for the usual ones.
    tell: takes the number of a task, and how many bytes of the file its lines so far stand for; None: nobody asks.
    on_damage: called for damage, in the process that decodes, which goes on after it; None: it fails.
    """

    make_file: Callable[[], int]
    delimiter: bytes | None = None
    tell: Callable[[int, int], None] | None = None
    on_damage: Callable[[DataError], None] | None = None


class Files(NamedTuple):
    """How files without a name are made, and the memory that all of them together take."""

    make: Callable[[], int]
    memory: int


def plan_files(settings: Settings, size: int, directory: str) -> Files:
    """Choose files in memory, each of `size` bytes, if a quarter of all memory is enough, else in a directory."""
    total = (settings.jobs + 1) * size
    if total <= settings.memory // 4 and hasattr(os, "memfd_create"):
        return Files(partial(os.memfd_create, "st-run"), total)
    return Files(partial(_make_file_in, directory), 0)


def _make_file_in(directory: str) -> int:
    from tempfile import TemporaryFile

    with TemporaryFile(dir=directory, buffering=0) as file:
        return os.dup(file.fileno())


class _Stream:
    """A file that is decoded for tasks. tasks: those that still wait for it. slot: the file that is being filled."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.tasks = deque(sorted(tasks, key=lambda task: split_of(task).start))
        self.failures = 0
        self.slot: int | None = None
        self.grants = -1


class Feeder:
    """Decodes for tasks, and submits each one when its lines are there.

    submit: takes such a task, and how often decoding for it has failed before.
    """

    def __init__(
        self, tasks: Sequence[Task], feed: Feed, workers: Workers, submit: Callable[[Task, int], None]
    ) -> None:
        by_file: dict[tuple[str, int], list[Task]] = {}
        for task in tasks:
            split = split_of(task)
            by_file.setdefault((split.path, split.share.copy if split.share else 0), []).append(task)
        self.streams = [_Stream(of_file) for of_file in by_file.values()]
        self.feed, self.workers, self.submit = feed, workers, submit
        self.files = [feed.make_file() for _ in range(min(workers.jobs + 1, len(tasks)))]
        self.free = list(range(len(self.files)))
        self.held: dict[int, int] = {}  # task -> the file that it reads
        self.asking: deque[_Stream] = deque()  # for a file to fill
        self.waiting = deque(range(len(self.streams)))
        self.reports, self.report_end = os.pipe()
        os.set_blocking(self.reports, False)
        workers.watch(self.reports, self._take_reports)
        for _ in range(min(workers.jobs, len(self.streams))):
            self._start(self.waiting.popleft())

    def close(self) -> None:
        """Close all files."""
        grants = [stream.grants for stream in self.streams if stream.grants >= 0]
        for descriptor in (*self.files, self.reports, self.report_end, *grants):
            os.close(descriptor)

    def end(self, number: int, outcome: Done | Failed) -> tuple[Task, int] | None:
        """Note that a decoder has ended; if it failed, return the task that it could not feed, and how often before."""
        self._take_reports()
        stream = self.streams[-1 - number]
        os.close(stream.grants)
        stream.grants = -1
        if stream.slot is not None:
            self._empty(stream.slot)
            stream.slot = None
        with suppress(ValueError):
            self.asking.remove(stream)
        failed = None
        if isinstance(outcome, Failed) and stream.tasks:
            failed = stream.tasks[0], stream.failures
            stream.failures += 1
        if self.waiting:
            self._start(self.waiting.popleft())
        self._grant()
        return failed

    def try_again(self, number: int) -> None:
        """Decode once more for the tasks that a decoder has left."""
        self._start(-1 - number)

    def release(self, task: Task) -> None:
        """Note that no other attempt will be made at a task."""
        if (slot := self.held.pop(task.number, None)) is not None:
            self._empty(slot)
            self._grant()

    def _start(self, number: int) -> None:
        stream = self.streams[number]
        taken, stream.grants = os.pipe()
        others = [other.grants for other in self.streams if other.grants >= 0]

        def decode() -> Done | Failed:
            for descriptor in others:  # so that a decoder whose run was killed sees that nobody grants it a file
                os.close(descriptor)
            _decode(list(stream.tasks), self.feed, self.files, taken, lambda *sizes: self._report(number, *sizes))
            return Done(Counters(), None, 0, 0)

        self.workers.start_beside(-1 - number, decode)
        os.close(taken)
        self.asking.append(stream)
        self._grant()

    def _report(self, number: int, size: int, first: int) -> None:
        os.write(self.report_end, FILLED.pack(number, size, first))

    def _grant(self) -> None:
        while self.free and self.asking:
            stream = self.asking.popleft()
            stream.slot = self.free.pop()
            with suppress(BrokenPipeError):  # it has ended; its answer says why
                os.write(stream.grants, stream.slot.to_bytes(GRANT, "big"))

    def _empty(self, slot: int) -> None:
        os.ftruncate(self.files[slot], 0)
        os.lseek(self.files[slot], 0, os.SEEK_SET)
        self.free.append(slot)

    def _take_reports(self) -> None:
        with suppress(BlockingIOError):
            while reports := os.read(self.reports, FILLED.size * AT_ONCE):
                for number, size, first in FILLED.iter_unpack(reports):
                    self._feed(self.streams[number], size, first)

    def _feed(self, stream: _Stream, size: int, first: int) -> None:
        task, slot = stream.tasks.popleft(), stream.slot
        assert slot is not None
        self.held[task.number], stream.slot = slot, None
        lines = DecodedLines(self.files[slot], size, first)
        self.submit(replace(task, split=split_of(task)._replace(lines=lines)), stream.failures)
        if stream.tasks:
            self.asking.append(stream)
            self._grant()


def split_of(task: Task) -> Split:
    """Return the split of a map task."""
    assert task.split
    return task.split


def _decode(
    tasks: Sequence[Task], feed: Feed, files: Sequence[int], grants: int, report: Callable[[int, int], None]
) -> None:
    """Decode a file to its end, and write the lines of each task to the file that is granted next.

    report: takes the size of the lines of a task, and the offset of the first, when they are written. Raises DataError
    for damage, OSError for a full disk.
    """
    splits = [split_of(task) for task in tasks]
    by_start = {split.start: task for split, task in zip(splits, tasks, strict=True)}
    ends = {split.end for split in splits if split.share and not split.share.is_last}
    starts = sorted({0, *by_start, *ends})
    pieces = cut_lines(read_decoded(splits[0].path, splits[0].member, feed.on_damage), starts[1:], feed.delimiter)
    position = 0
    for start in starts:
        task = by_start.get(start)
        file = None
        if task and not (granted := os.read(grants, GRANT)):
            return
        if task:
            file = files[int.from_bytes(granted, "big")]
        first = position
        for data, is_last in pieces:
            position += len(data)
            if task and file is not None:
                write_all(data, file)
                split = split_of(task)
                if feed.tell:
                    feed.tell(task.number, split.packed * min(position - first, split.length) // max(split.length, 1))
            if is_last:
                break
        if task:
            report(position - first, first)
