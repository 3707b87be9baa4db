"""The signals that end a process, except those it was started to ignore, as nohup and a shell's `&` do."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable
from types import FrameType


def handle(numbers: Iterable[signal.Signals], handler: Callable[[int, FrameType | None], object] | int) -> None:
    """Set the handler (a function or SIG_DFL) of those signals that are not ignored."""
    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)
