"""Decoding on several cores, with the output in order: tasks run ahead in threads, each into a bounded queue.

Threads and not processes: liblzma, bzip2, zlib, isal and zstd release the interpreter's lock, and what they decode need
not be copied between processes.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice
from typing import Generic, TypeVar

CHUNK = 1 << 18  # bytes of a chunk, at most, for most decoders

Label = TypeVar("Label")
Item = TypeVar("Item")  # mostly bytes
Task = Callable[[], Iterable[Item]]
Results = Generator[tuple[Label, Iterator[Item]], None, None]


def run_in_threads(tasks: Iterable[tuple[Label, Task[Item]]], jobs: int, memory: int) -> Results[Label, Item]:
    """Yield the label and the items of each task, in the order of the tasks, while threads make those of the next.

    jobs: tasks that work at a time; memory: about the bytes that all of them together hold ahead.
    Take the items of one task before asking for the next: those that are left are dropped. An exception of a task is
    raised from its items. Closing this generator ends the threads.
    """
    if jobs <= 1:
        for label, task in tasks:
            yield label, iter(task())
        return
    window = jobs + 1  # the one whose items are being taken has often finished its work
    bound = max(4, memory // window // CHUNK)
    slots = threading.Semaphore(jobs)
    waiting = iter(tasks)
    running: deque[tuple[Label, _Running[Item]]] = deque()

    def start(count: int) -> None:
        for label, task in islice(waiting, count):
            running.append((label, _Running(task, bound, slots)))

    try:
        start(window)
        while running:
            label, current = running[0]
            yield label, current.items()
            current.stop()
            running.popleft()
            start(1)
    finally:
        for _, started in running:
            started.stop()


def run_ahead(task: Task[Item], items: int) -> Iterator[Item]:
    """Yield what a task makes, while a thread makes up to so many of the next items. Closing it ends the thread."""
    running = _Running(task, items, threading.Semaphore(1))
    try:
        yield from running.items()
    finally:
        running.stop()


class _Failure:
    """The exception that ended a task."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class _Running(Generic[Item]):
    """A task in a thread of its own, which works while it has one of the slots."""

    def __init__(self, task: Task[Item], bound: int, slots: threading.Semaphore) -> None:
        self.task, self.slots = task, slots
        self.made: queue.Queue[Item | _Failure | None] = queue.Queue(bound)  # None: the end
        self.is_stopped = self.has_no_thread = False
        try:
            threading.Thread(target=self._run, daemon=True).start()
        except RuntimeError:  # at a limit of processes or memory: its items are made when they are asked for
            self.has_no_thread = True

    def items(self) -> Iterator[Item]:
        """Yield what the task makes, as it becomes available."""
        if self.has_no_thread:
            yield from self.task()
            return
        while (item := self.made.get()) is not None:
            if isinstance(item, _Failure):
                raise item.error
            yield item

    def stop(self) -> None:
        """Make the thread end at its next item, also if it waits for room in the queue."""
        self.is_stopped = True
        while not self.made.empty():
            self.made.get_nowait()

    def _run(self) -> None:
        try:
            for item in self._make_in_slot():
                if self.is_stopped:
                    return
                self.made.put(item)
        except BaseException as error:
            self.made.put(_Failure(error))
        else:
            self.made.put(None)

    def _make_in_slot(self) -> Iterator[Item]:
        """Yield the items of the task, each made while holding a slot: a thread that waits for room holds none."""
        with self.slots:
            items = iter(self.task())
        while True:
            with self.slots:
                item = next(items, None)
            if item is None:
                return
            yield item
