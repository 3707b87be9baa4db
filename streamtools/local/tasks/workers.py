"""Tasks in parallel, each in a forked process with a process group of its own.

A task's answer comes through a pipe; a process that ends without one was killed. When we leave, whatever runs is killed
with all its children.
"""

import os
import pickle
import select
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any, NamedTuple

from streamtools.errors import StreamtoolsError, TransferError
from streamtools.signals import handle

Work = Callable[[], Any]
TICK = 100  # milliseconds
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class Answer(NamedTuple):
    """The end of a task: what it returned, or how it failed (an exception, or the number of the signal).

    start, end: seconds of the monotonic clock.
    """

    number: int
    result: Any = None
    error: BaseException | None = None
    signal: int = 0
    start: float = 0.0
    end: float = 0.0


class Pool:
    """Runs tasks in the order in which they are given, at most `jobs` at a time.

    tick: called now and then while tasks are waited for.
    """

    def __init__(self, jobs: int, tick: Callable[[], None] | None = None) -> None:
        self.jobs, self.tick = jobs, tick
        self.waiting: deque[tuple[int, Work]] = deque()
        self.running: dict[int, _Worker] = {}
        self.poll = select.poll()

    def submit(self, number: int, work: Work) -> None:
        """Have a task run when there is room; also while answers are being read."""
        self.waiting.append((number, work))

    def answers(self) -> Generator[Answer, None, None]:
        """The answer of each task as it comes, until there are no more tasks; whoever stops early kills the rest."""
        try:
            while self.waiting or self.running:
                while self.waiting and len(self.running) < self.jobs:
                    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)  # or one that came now would leave an orphan
                    worker = _Worker(*self.waiting.popleft())
                    self.running[worker.pipe] = worker
                    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
                    self.poll.register(worker.pipe, select.POLLIN)
                if self.tick:
                    self.tick()
                for pipe, _ in self.poll.poll(TICK if self.tick else None):
                    if self.running[pipe].has_ended():
                        self.poll.unregister(pipe)
                        worker = self.running.pop(pipe)
                        yield worker.answer()._replace(start=worker.start, end=time.monotonic())
        finally:
            for worker in self.running.values():
                worker.kill()
            self.running.clear()


class _Worker:
    """A process that runs one task."""

    def __init__(self, number: int, work: Work) -> None:
        self.number = number
        self.start = time.monotonic()
        self.pipe, write_end = os.pipe()
        self.told: list[bytes] = []
        sys.stdout.flush()
        sys.stderr.flush()
        self.process = os.fork()
        if self.process == 0:
            _work(work, write_end)
        os.close(write_end)

    def has_ended(self) -> bool:
        """Read what has come; True at the end."""
        piece = os.read(self.pipe, 1 << 16)
        self.told.append(piece)
        return not piece

    def answer(self) -> Answer:
        """The answer of a task that has ended."""
        os.close(self.pipe)
        _, status = os.waitpid(self.process, 0)
        _kill_group(self.process)
        told = b"".join(self.told)
        if not told and os.WIFSIGNALED(status):
            return Answer(self.number, signal=os.WTERMSIG(status))
        if not told:
            return Answer(self.number, error=TransferError("", "its process ended without an answer", "report this"))
        result, error = pickle.loads(told)  # from ourselves
        return Answer(self.number, result, error)

    def kill(self) -> None:
        """End it at once, with all that it has started."""
        os.close(self.pipe)
        _kill_group(self.process)
        with suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _work(work: Work, write_end: int) -> None:
    """Run a task in the forked process, which ends here."""
    status = 1
    try:
        os.setpgid(0, 0)
        handle(ENDING, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        try:
            told: tuple[Any, BaseException | None] = (work(), None)
        except (StreamtoolsError, OSError, MemoryError) as error:
            told = (None, error)
        with os.fdopen(write_end, "wb") as pipe:
            pickle.dump(told, pipe)
        status = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())  # a mistake of ours: all of it is to be seen
    finally:
        os._exit(status)
