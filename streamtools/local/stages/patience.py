"""How long a stage in this process may go on without a sign of life: as long as a command may."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable, Iterator
from types import FrameType, TracebackType

from streamtools.reporter import Reporter
from streamtools.signals import is_main_thread
from streamtools.stage import Overdue

CHECKS = 8  # within the time that is allowed


class Patience:
    """Interrupts a stage with Overdue after so many seconds (0: never) without input, output, stderr or a new record.

    What it waits for, its input and whoever takes its output, does not count. A function that holds on to the
    interpreter, as some of C do, is not interrupted before it lets go.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds if is_main_thread() else 0  # no other is interrupted by signals
        self._since: float | None = None  # the last sign of life; None while others are at work
        self._reporter: Reporter | None = None  # of the stage that is at work
        self._mark: object = None
        self._before: list[tuple[object, tuple[float, float]]] = []

    def watch(self, pieces: Iterable[bytes], reporter: Reporter) -> Iterator[bytes]:
        """Yield what a stage gives."""
        if not self.seconds:
            yield from pieces
            return
        outer, self._reporter = self._reporter, reporter
        waiting = iter(pieces)
        try:
            with self:
                while (piece := self._next(waiting)) is not None:
                    yield piece
        finally:
            self._reporter = outer

    def feed(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the input of a stage that is watched."""
        self._since = None
        for block in blocks:
            self.live()
            yield block
            self._since = None
        self.live()

    def live(self) -> None:
        """Begin to wait for the next sign of life, as there was one."""
        self._since = time.monotonic()

    def listen(self) -> None:
        """Take a line on stderr for a sign of life."""
        if self._since is not None:
            self.live()

    def __enter__(self) -> None:
        handler = signal.signal(signal.SIGALRM, self._check)
        period = self.seconds / CHECKS
        self._before.append((handler, signal.setitimer(signal.ITIMER_REAL, period, period)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._since = None
        handler, timer = self._before.pop()
        signal.signal(signal.SIGALRM, handler)  # type: ignore[arg-type]  # what it has returned
        signal.setitimer(signal.ITIMER_REAL, *timer)

    def _next(self, pieces: Iterator[bytes]) -> bytes | None:
        self.live()
        try:
            return next(pieces, None)
        finally:
            self._since = None

    def _check(self, _number: int, _frame: FrameType | None) -> None:
        if self._since is None:
            return
        moved = self._reporter.moved if self._reporter else None
        mark = moved() if moved else None
        if mark != self._mark:
            self._mark = mark
            self.live()
        elif time.monotonic() - self._since >= self.seconds:
            raise Overdue(self.seconds)
