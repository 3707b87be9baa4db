"""Tasks in parallel, each in a forked process with a process group of its own.

A task's outcome comes through a pipe; a process that ends without one was killed. When we leave, whatever runs is
killed with all its children. A process whose main process was killed notices it by that pipe, and does the same.
"""

import fcntl
import os
import pickle
import select
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from typing import NamedTuple, NoReturn

from streamtools.errors import StreamtoolsError, TransferError
from streamtools.local.stages.descendants import adopt_orphans, end_children, find_prctl, kill_descendants
from streamtools.local.tasks.outcome import Done, Failed
from streamtools.signals import ENDING, handle, held

Work = Callable[[], Done | Failed]
TICK = 100  # milliseconds


class Answer(NamedTuple):
    """The end of the work that was submitted under a number. start, end: seconds of the monotonic clock."""

    number: int
    outcome: Done | Failed
    start: float
    end: float


class Workers:
    """Runs work in the order in which it is submitted, at most `jobs` pieces at a time.

    tick: called now and then while work is waited for.
    """

    def __init__(self, jobs: int, tick: Callable[[], None] | None = None) -> None:
        self.jobs, self.tick = jobs, tick
        self.waiting: deque[tuple[int, Work]] = deque()
        self.running: dict[int, _Worker] = {}
        self.watched: dict[int, Callable[[], None]] = {}
        self.poll = select.poll()
        find_prctl()  # once, not in each process

    def submit(self, number: int, work: Work, *, is_urgent: bool = False) -> None:
        """Queue work, in front if it is urgent. May be called while answers are read."""
        if is_urgent:
            self.waiting.appendleft((number, work))
        else:
            self.waiting.append((number, work))

    def start_beside(self, number: int, work: Work) -> None:
        """Start work at once that does not count among the `jobs` pieces. number: negative."""
        self._start(number, work)

    def watch(self, descriptor: int, call: Callable[[], None]) -> None:
        """Call a function whenever something can be read from a descriptor while answers are waited for."""
        self.watched[descriptor] = call
        self.poll.register(descriptor, select.POLLIN)

    def answers(self) -> Generator[Answer, None, None]:
        """Yield an answer for all work as it ends; when the generator is closed, the rest is killed."""
        try:
            while self.waiting or self.running:
                while self.waiting and self._has_room():
                    self._start(*self.waiting.popleft())
                if self.tick:
                    self.tick()
                for pipe, _ in self.poll.poll(TICK if self.tick else None):
                    if call := self.watched.get(pipe):
                        call()
                    elif self.running[pipe].has_ended():
                        self.poll.unregister(pipe)
                        yield self._end(pipe)
        finally:
            self.kill()

    def processes(self) -> list[tuple[int, int, float]]:
        """Return for each piece of work that is done at the moment its number, its process and when it began."""
        return [(worker.number, worker.process, worker.start) for worker in self.running.values()]

    def kill(self) -> None:
        """Kill all that runs."""
        with held(ENDING):  # whoever is impatient interrupts a second time
            for worker in self.running.values():
                worker.kill()
            self.running.clear()

    def _end(self, pipe: int) -> Answer:
        """Return the answer of a worker that has ended."""
        with held(ENDING):  # or it would be neither among those that run nor waited for
            worker = self.running.pop(pipe)
            return Answer(worker.number, worker.outcome(), worker.start, time.monotonic())

    def _has_room(self) -> bool:
        return sum(worker.number >= 0 for worker in self.running.values()) < self.jobs

    def _start(self, number: int, work: Work) -> None:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)  # or one that came now would leave an orphan
        try:
            with held(ENDING):  # another thread may have taken it
                worker = _Worker(number, work, self.running)
                self.running[worker.pipe] = worker
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self.poll.register(worker.pipe, select.POLLIN)


class _Worker:
    """A process that does one piece of work. others: the pipes of those that run already."""

    def __init__(self, number: int, work: Work, others: Iterable[int]) -> None:
        self.number = number
        self.start = time.monotonic()
        self.pipe, write_end = os.pipe()
        self.pieces: list[bytes] = []
        for stream in filter(None, (sys.stdout, sys.stderr)):  # a process without them has None
            stream.flush()
        self.process = os.fork()
        if self.process == 0:
            for pipe in (self.pipe, *others):  # or these would seem to have a reader when the main process is gone
                os.close(pipe)
            _work(work, write_end)
        os.close(write_end)

    def has_ended(self) -> bool:
        """Read what has come; return True at the end."""
        piece = os.read(self.pipe, 1 << 16)
        self.pieces.append(piece)
        return not piece

    def outcome(self) -> Done | Failed:
        """Return the outcome of work that has ended."""
        os.close(self.pipe)
        _, status = os.waitpid(self.process, 0)
        _kill_group(self.process)
        data = b"".join(self.pieces)
        if data:
            outcome: Done | Failed = pickle.loads(data)  # from ourselves
            return outcome
        if os.WIFSIGNALED(status):
            return Failed(None, signal=os.WTERMSIG(status))
        return Failed(TransferError("", "its process ended without an answer", "report this"))

    def kill(self) -> None:
        """End it at once, with all that it has started."""
        os.kill(self.process, signal.SIGSTOP)  # it starts nothing more, and stays the parent of what it has started
        _, status = os.waitpid(self.process, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            kill_descendants(self.process)
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        _kill_group(self.process)
        os.close(self.pipe)


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _end_with_reader(write_end: int) -> None:
    """End this process, with all that it has started, when no process reads the pipe any more.

    The kernel tells it at once, by a signal that also says that something was read. Linux and the BSDs have it.
    """

    def check(_number: int = 0, _frame: object = None) -> None:
        poll = select.poll()  # of its own, as a signal may come within the call for another one
        poll.register(write_end, 0)
        if poll.poll(0):
            kill_descendants(os.getpid())
            _kill_group(os.getpid())  # and with it this process
            os._exit(1)

    signal.signal(signal.SIGIO, check)
    with suppress(OSError):
        fcntl.fcntl(write_end, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(write_end, fcntl.F_SETFL, fcntl.fcntl(write_end, fcntl.F_GETFL) | os.O_ASYNC)
    check()  # it may have ended before


def _leave_terminal() -> None:
    """Read nothing from stdin, and write nothing to stdout: what tasks print is not the job's output."""
    with suppress(OSError), open(os.devnull, "rb") as null:
        os.dup2(null.fileno(), 0)
    with suppress(OSError):  # there may be no stderr
        os.dup2(2, 1)


def _work(work: Work, write_end: int) -> NoReturn:
    """Do the work in the forked process, which ends here."""
    status = 1
    try:
        os.setpgid(0, 0)
        adopt_orphans()  # so that the end of this process is that of all it has started
        handle(ENDING, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        _leave_terminal()
        _end_with_reader(write_end)
        try:
            outcome = work()
        except (StreamtoolsError, OSError, MemoryError) as error:
            outcome = Failed(error)
        end_children()
        with os.fdopen(write_end, "wb") as pipe:
            pickle.dump(outcome, pipe)
        status = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())  # a mistake of ours: all of it is to be seen
    finally:
        os._exit(status)
