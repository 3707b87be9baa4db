"""Forked workers that only compute on blocks of bytes: all input, output and decisions stay with the parent.

    parent: fill a slot ──item──> worker: slot -> bytes -> blocks ──each into the slot──> parent: take it out

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
from typing import Any, NamedTuple, NoReturn

from streamtools.errors import TransferError, in_words
from streamtools.records import write_all
from streamtools.signals import handle

Request = tuple[str, bytes | None]  # what to do, and the common value of the lines, if they have one
Result = tuple[bytes, bytes | None]  # a block, and the common value of its lines
Work = Callable[[bytes, Request], Iterator[Result]]

SLOTS = 2
SPARE = 128  # bytes that a slot has besides: a block of one line may be longer than its item by a value or a count
MESSAGE = 512  # bytes; at most PIPE_BUF
FAILED = -1
SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


class WorkItem(NamedTuple):
    """Pieces of bytes to work on, and what to do with them; without a request they are results as they are."""

    pieces: list[bytes]
    request: Request | None


class InlineWorkers:
    """A single worker: this process itself."""

    size = 1

    def __init__(self, work: Work) -> None:
        self._work = work

    def map(self, items: Iterable[WorkItem]) -> Iterator[Result]:
        """Work on items; yield the results in the order of the items."""
        for item in items:
            if item.request is None:
                yield from ((piece, None) for piece in item.pieces)
            else:
                yield from self._work(b"".join(item.pieces), item.request)

    def close(self) -> None:
        """Do nothing; there is no process to end."""


class SortWorkers:
    """Worker processes that are forked at once and end with `close`, or with their parent.

    capacity: bytes of the largest item that is sent to a worker; larger ones are done in this process.
    """

    def __init__(self, work: Work, jobs: int, capacity: int) -> None:
        self._work, self.size = work, jobs
        self._workers: list[WorkerProcess] = []
        try:
            for _ in range(jobs):
                self._workers.append(WorkerProcess(work, capacity, self._workers))
        except OSError as error:
            self.close()
            problem = f"cannot start {jobs} worker processes: {in_words(error)}"
            raise TransferError("", problem, "use fewer --jobs, or raise the limit with ulimit") from error
        except BaseException:
            self.close()
            raise

    def map(self, items: Iterable[WorkItem]) -> Iterator[Result]:
        """Work on items; yield the results in the order of the items. Each worker gets the next item in turn."""
        pending: deque[WorkerProcess | WorkItem] = deque()
        for turn, item in enumerate(items):
            if len(pending) == SLOTS * len(self._workers):
                yield from self._finish(pending.popleft())
            worker = self._workers[turn % len(self._workers)]
            pending.append(worker if worker.submit(item) else item)
        while pending:
            yield from self._finish(pending.popleft())

    def _finish(self, entry: WorkerProcess | WorkItem) -> Iterator[Result]:
        """Return the results of a worker's oldest item, or those of an item that no worker has taken."""
        if isinstance(entry, WorkerProcess):
            return entry.results()
        return InlineWorkers(self._work).map([entry])

    def close(self) -> None:
        """Kill the workers, whatever they are doing: they have nothing to clean up."""
        for worker in self._workers:
            worker.close()
        self._workers.clear()


Workers = InlineWorkers | SortWorkers


class WorkerProcess:
    """The parent's view of a worker process. elder: the workers forked before, whose pipes it inherits and closes."""

    def __init__(self, work: Work, capacity: int, elder: list[WorkerProcess]) -> None:
        self._work, self._capacity = work, capacity
        self._slots = [mmap.mmap(-1, capacity + SPARE) for _ in range(SLOTS)]
        self._submitted: deque[int] = deque()  # slots
        self._turn = 0
        item_end, self._items = os.pipe()
        self._answers, answer_end = os.pipe()
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # until the child has its own dispositions
        try:
            self._pid = os.fork()
            if not self._pid:
                for other in [*elder, self]:  # open here, they would hide the parent's end from the others
                    os.close(other._items)
                    os.close(other._answers)
                self._serve(item_end, answer_end)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        os.close(item_end)
        os.close(answer_end)

    def submit(self, item: WorkItem) -> bool:
        """Hand an item over; return False if it needs no work or is too long for a slot.

        At most SLOTS items may wait for their results.
        """
        size = sum(map(len, item.pieces))
        if item.request is None or size > self._capacity:
            return False
        slot, end = self._slots[self._turn], 0
        for piece in item.pieces:
            start, end = end, end + len(piece)
            slot[start:end] = piece
        self._submitted.append(self._turn)
        self._send((self._turn, size, item.request))
        self._turn = (self._turn + 1) % SLOTS
        return True

    def results(self) -> Iterator[Result]:
        """Yield the results of the oldest item."""
        slot = self._slots[self._submitted[0]]
        has_more = True
        while has_more:
            size, value, has_more = self._receive()
            if size == FAILED:
                raise MemoryError if value == "MemoryError" else TransferError("", f"a worker process failed: {value}")
            if size:
                yield slot[:size], value
            if has_more:
                self._send(None)
        self._submitted.popleft()

    def _send(self, message: Any) -> None:
        try:
            _write(self._items, message)
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
        remedy = "if memory ran out, lower --memory or --jobs" if code == -signal.SIGKILL else ""
        return TransferError("", f"a worker process {how}", remedy)

    def close(self) -> None:
        """End the process, and free slots and pipes."""
        os.close(self._items)
        os.close(self._answers)
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        for slot in self._slots:
            slot.close()

    def _serve(self, items: int, answers: int) -> NoReturn:
        """Work on items in the child until the parent is gone."""
        status = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the parent ends its workers
            handle((signal.SIGTERM, signal.SIGHUP), signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            gc.disable()  # lines make no cycles, and looking for some took 2 % of the time
            early: deque[Any] = deque()  # items that came while an acknowledgement was awaited
            while True:
                self._do(early.popleft() if early else _read(items), items, answers, early)
        except (EOFError, BrokenPipeError):
            status = 0
        finally:
            os._exit(status)

    def _do(self, item: tuple[int, int, Request], items: int, answers: int, early: deque[Any]) -> None:
        """Work on one item; all but the last of its blocks are acknowledged before the next one takes the slot."""
        index, size, request = item
        slot = self._slots[index]
        try:
            results = self._work(slot[:size], request)
            block, value = next(results, (b"", None))
            while True:
                following = next(results, None)
                slot[: len(block)] = block
                _write(answers, (len(block), value, following is not None))
                if following is None:
                    return
                block, value = following
                while (message := _read(items)) is not None:
                    early.append(message)
        except (EOFError, BrokenPipeError):
            raise
        except Exception as error:
            name = type(error).__name__
            _write(answers, (FAILED, f"{name}: {error}"[:200] if str(error) else name, False))
            raise


def _write(descriptor: int, message: Any) -> None:
    """Write a message; all have one size that the kernel takes whole, so a reader never sees two or a part of one."""
    write_all(marshal.dumps(message).ljust(MESSAGE, b"\0"), descriptor)


def _read(descriptor: int) -> Any:
    """Read a message. Raises EOFError when the other side has closed the pipe."""
    message = os.read(descriptor, MESSAGE)
    if not message:
        raise EOFError
    return marshal.loads(message)
