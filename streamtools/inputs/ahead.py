"""Decoding on several cores, with the output in order: tasks run ahead in threads, each into a bounded queue.

Threads and not processes: liblzma, bzip2, zlib, isal and zstd decode without the interpreter's lock, and what they
give needs no copying between processes.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

BLOCK = 1 << 18  # bytes that a block has, at most, for most decoders

Label = TypeVar("Label")
Task = Callable[[], Iterable[bytes]]
Ordered = Generator[tuple[Label, Iterator[bytes]], None, None]


def ordered(tasks: Iterable[tuple[Label, Task]], jobs: int, memory: int) -> Ordered[Label]:
    """The label and the blocks of each task, in the order of the tasks, while the next ones are made by threads.

    jobs: threads that make blocks; memory: about the bytes that are held ahead by all of them together.
    Take the blocks of one task before asking for the next: what is left of them then is dropped. An exception of a
    task comes out of its blocks. Closing this generator ends the threads.
    """
    if jobs <= 1:
        for label, task in tasks:
            yield label, iter(task())
        return
    window = jobs + 1  # one is given out, which is often made to its end already
    bound = max(4, memory // window // BLOCK)
    slots = threading.Semaphore(jobs)
    source = iter(tasks)
    running: deque[tuple[Label, _Running]] = deque()

    def start(count: int) -> None:
        for label, task in islice(source, count):
            running.append((label, _Running(task, bound, slots)))

    try:
        start(window)
        while running:
            label, current = running[0]
            yield label, current.blocks()
            current.stop()
            running.popleft()
            start(1)
    finally:
        for _, started in running:
            started.stop()


class _Running:
    """A task in a thread of its own, which works while it has one of the slots."""

    def __init__(self, task: Task, bound: int, slots: threading.Semaphore) -> None:
        self.task, self.slots = task, slots
        self.made: queue.Queue[Any] = queue.Queue(bound)  # blocks, then None or an exception
        self.stopped = self.alone = False
        try:
            threading.Thread(target=self._make, daemon=True).start()
        except RuntimeError:  # a limit of processes or of memory lets no more start: then it is made when asked for
            self.alone = True

    def blocks(self) -> Iterator[bytes]:
        if self.alone:
            yield from self.task()
            return
        while (block := self.made.get()) is not None:
            if isinstance(block, BaseException):
                raise block
            yield block

    def stop(self) -> None:
        """Make the thread end at its next block; one that waits for room finds some."""
        self.stopped = True
        while not self.made.empty():
            self.made.get_nowait()

    def _make(self) -> None:
        try:
            for block in self._in_slot():
                if self.stopped:
                    return
                self.made.put(block)
        except BaseException as error:
            self.made.put(error)
        else:
            self.made.put(None)

    def _in_slot(self) -> Iterator[bytes]:
        """The blocks of the task, each made while holding a slot: a thread that waits for room holds none."""
        with self.slots:
            blocks = iter(self.task())
        while True:
            with self.slots:
                block = next(blocks, None)
            if block is None:
                return
            yield block
