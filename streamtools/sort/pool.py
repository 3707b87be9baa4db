"""A pool of forked workers for pure computing on blocks of bytes: all input, output and decisions stay with the parent.

    parent: fill a slot ──task──> worker: slot -> bytes -> blocks ──each into the slot──> parent: take it out

A slot is memory that both share, so that a block costs one copy in and one out (0.2 ms a MB each) and no pipe.
Each worker has two: it works on one while the parent fills the other.
"""

from __future__ import annotations

import gc
import marshal
import mmap
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from streamtools.errors import TransferError, in_words
from streamtools.records import write_all
from streamtools.signals import handle

Pieces = list[bytes]
Work = Callable[[bytes, Any], Iterator[tuple[bytes, Any]]]  # bytes and argument -> blocks, each with what to tell of it

SLOTS = 2
SPARE = 128  # bytes that a slot has besides: a block of one line may be a value, or a count, longer than its task
MESSAGE = 512  # bytes; at most PIPE_BUF
FAILED = -1
SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


class Task(NamedTuple):
    """Pieces of bytes to work on, and an argument of a kind that marshal knows; None: they are given on as they are."""

    pieces: Pieces
    argument: Any


class Inline:
    """The pool of one: works in this process."""

    size = 1

    def __init__(self, work: Work) -> None:
        self._work = work

    def map(self, tasks: Iterable[Task]) -> Iterator[tuple[bytes, Any]]:
        """The blocks that the tasks make, in the order of the tasks."""
        for task in tasks:
            if task.argument is None:
                yield from ((piece, None) for piece in task.pieces)
            else:
                yield from self._work(b"".join(task.pieces), task.argument)

    def close(self) -> None:
        """Nothing to do."""


class Pool:
    """Workers that are forked at once and end with `close`, or with their parent."""

    def __init__(self, work: Work, jobs: int, capacity: int) -> None:
        self._work, self.size = work, jobs
        self._workers: list[Worker] = []
        try:
            for _ in range(jobs):
                self._workers.append(Worker(work, capacity, self._workers))
        except OSError as error:
            self.close()
            problem = f"cannot start {jobs} worker processes: {in_words(error)}"
            raise TransferError("", problem, "give fewer --jobs, or raise the limit with ulimit") from error
        except BaseException:
            self.close()
            raise

    def map(self, tasks: Iterable[Task]) -> Iterator[tuple[bytes, Any]]:
        """The blocks that the tasks make, in the order of the tasks; `size` tasks in a row go to one worker each."""
        pending: deque[Worker | Task] = deque()
        for turn, task in enumerate(tasks):
            if len(pending) == SLOTS * len(self._workers):
                yield from self._finish(pending.popleft())
            worker = self._workers[turn % len(self._workers)]
            pending.append(worker if task.argument is not None and worker.submit(task) else task)
        while pending:
            yield from self._finish(pending.popleft())

    def _finish(self, task: Worker | Task) -> Iterator[tuple[bytes, Any]]:
        """What a worker has made of its oldest task, or we make of one that needs no work or fits in no slot."""
        return task.results() if isinstance(task, Worker) else Inline(self._work).map([task])

    def close(self) -> None:
        """End the workers, whatever they are at: there is nothing that they could leave behind."""
        for worker in self._workers:
            worker.close()
        self._workers.clear()


class Worker:
    """The parent's view of a worker process."""

    def __init__(self, work: Work, capacity: int, elder: list[Worker]) -> None:
        self._work, self._capacity = work, capacity
        self._slots = [mmap.mmap(-1, capacity + SPARE) for _ in range(SLOTS)]
        self._submitted: deque[int] = deque()  # slots
        self._turn = 0
        task_end, self._tasks = os.pipe()
        self._answers, answer_end = os.pipe()
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # until the child has its own dispositions
        try:
            self._pid = os.fork()
            if not self._pid:
                for other in [*elder, self]:  # or their ends would not come while we live
                    os.close(other._tasks)
                    os.close(other._answers)
                self._serve(task_end, answer_end)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        os.close(task_end)
        os.close(answer_end)

    def submit(self, task: Task) -> bool:
        """Hand a task over; False if it is too long for a slot. At most SLOTS tasks may wait for their results."""
        size = sum(map(len, task.pieces))
        if size > self._capacity:
            return False
        slot, end = self._slots[self._turn], 0
        for piece in task.pieces:
            start, end = end, end + len(piece)
            slot[start:end] = piece
        self._submitted.append(self._turn)
        self._send((self._turn, size, task.argument))
        self._turn = (self._turn + 1) % SLOTS
        return True

    def results(self) -> Iterator[tuple[bytes, Any]]:
        """The blocks of the oldest task."""
        index = self._submitted[0]
        slot = self._slots[index]
        more = True
        while more:
            made, told, more = self._receive()
            if made == FAILED:
                raise MemoryError if told == "MemoryError" else TransferError("", f"a worker process failed: {told}")
            if made:
                yield slot[:made], told
            if more:
                self._send(None)
        self._submitted.popleft()

    def _send(self, message: Any) -> None:
        try:
            _write(self._tasks, message)
        except BrokenPipeError:
            raise self._lost() from None

    def _receive(self) -> Any:
        try:
            return _read(self._answers)
        except EOFError:
            raise self._lost() from None

    def _lost(self) -> TransferError:
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        code = os.waitstatus_to_exitcode(status)
        how = f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
        return TransferError("", f"a worker process {how}", "give less to --memory, or fewer --jobs, if memory ran out")

    def close(self) -> None:
        """End the process and give everything back."""
        os.close(self._tasks)
        os.close(self._answers)
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        for slot in self._slots:
            slot.close()

    def _serve(self, tasks: int, answers: int) -> None:
        """The life of the child: tasks in, blocks out, until the parent is gone."""
        status = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the parent ends us
            handle((signal.SIGTERM, signal.SIGHUP), signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            gc.disable()  # lines make no cycles, and looking for some took 2 % of the time
            early: deque[Any] = deque()  # tasks that came while an acknowledgement was awaited
            while True:
                self._do(early.popleft() if early else _read(tasks), tasks, answers, early)
        except (EOFError, BrokenPipeError):
            status = 0
        finally:
            os._exit(status)

    def _do(self, task: tuple[int, int, Any], tasks: int, answers: int, early: deque[Any]) -> None:
        """Work on one task; all but the last of its blocks are acknowledged before the next one takes the slot."""
        index, size, argument = task
        slot = self._slots[index]
        try:
            blocks = self._work(slot[:size], argument)
            block, told = next(blocks, (b"", None))
            while True:
                following = next(blocks, None)
                slot[: len(block)] = block
                _write(answers, (len(block), told, following is not None))
                if following is None:
                    return
                block, told = following
                while (message := _read(tasks)) is not None:
                    early.append(message)
        except (EOFError, BrokenPipeError):
            raise
        except Exception as error:
            _write(
                answers,
                (FAILED, f"{type(error).__name__}: {error}"[:200] if str(error) else type(error).__name__, False),
            )
            raise


def _write(descriptor: int, message: Any) -> None:
    """Messages have one size, and the kernel takes them whole: no reader sees two or a part of one."""
    write_all(marshal.dumps(message).ljust(MESSAGE, b"\0"), descriptor)


def _read(descriptor: int) -> Any:
    message = os.read(descriptor, MESSAGE)
    if not message:
        raise EOFError
    return marshal.loads(message)
