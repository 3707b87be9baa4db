"""Which signals end a process: all but those that it was started to ignore, as nohup and a shell's `&` do."""

import signal
from collections.abc import Iterable
from typing import Any


def handle(numbers: Iterable[signal.Signals], handler: Any) -> None:
    """Set the handler of signals, a function or SIG_DFL, but for those that are ignored."""
    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)
