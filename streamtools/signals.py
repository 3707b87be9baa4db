"""The signals that end a process, except those it was started to ignore, as nohup and a shell's `&` do."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def handle(numbers: Iterable[signal.Signals], handler: Callable[[int, FrameType | None], object] | int) -> None:
    """Set the handler (a function or SIG_DFL) of those signals that are not ignored."""
    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def is_main_thread() -> bool:
    """Return whether the calling thread is the one that signals interrupt."""
    threading = sys.modules.get("threading")  # without it there is no other thread of Python's
    return threading is None or threading.current_thread() is threading.main_thread()


@contextmanager
def held(numbers: Iterable[signal.Signals]) -> Iterator[None]:
    """Hold these signals back while the body runs, then deliver the last one that came.

    A process that the body starts does not inherit this, as it would a blocked signal. Only the main thread is ever
    interrupted, so that in another one there is nothing to hold.
    """
    if not is_main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in numbers}
    handle(before, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)
        if came:
            signal.raise_signal(came[-1])
