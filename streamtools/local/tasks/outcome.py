"""How an attempt at a task ends: done or failed, each a plain value that travels between processes."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, NamedTuple

from streamtools.errors import with_remedy
from streamtools.local.counters import Counters
from streamtools.local.reporting.history import UNKNOWN, Usage
from streamtools.local.shuffle.segments import MapOutput
from streamtools.local.stages.feeds import Range
from streamtools.local.stages.process import CommandFailed

if TYPE_CHECKING:
    from streamtools.inputs.cuts import MemberSlice


class Done(NamedTuple):
    """An attempt that succeeded.

    output: of a map task in a job with reducers. records, size: what it read, size in bytes.
    slices: what it read of members of archives that other tasks read parts of.
    """

    counters: Counters
    output: MapOutput | None
    records: int
    size: int
    slices: tuple[MemberSlice, ...] = ()
    usage: Usage = UNKNOWN


class Failed(NamedTuple):
    """An attempt that failed.

    error: the reason; None when its process was killed by `signal`.
    counters: what counts although it failed, because it had read all its input.
    without: ranges of its command's input that --skip-bad had left out. remedy: what to try beside the error's own.
    replay: directory from which `st-run --replay` runs it alone; "" when none was kept.
    record: the record that it failed on, with its place, in words; "" if that is not known.
    is_held: its last words on stderr were not shown.
    """

    error: BaseException | None
    signal: int = 0
    counters: Counters | None = None
    without: tuple[Range, ...] = ()
    remedy: str = ""
    replay: str = ""
    record: str = ""
    usage: Usage = UNKNOWN
    is_held: bool = False

    @property
    def command(self) -> CommandFailed | None:
        """The error, if a command failed."""
        return self.error if isinstance(self.error, CommandFailed) else None

    @property
    def reason(self) -> str:
        """The reason in one line."""
        return f"{self._reason}; {self.remedy}" if self.remedy else self._reason

    @property
    def _reason(self) -> str:
        error = self.error
        if isinstance(error, CommandFailed):
            prefix = "PipeMapRed.waitOutputThreads(): " if error.problem.startswith("subprocess") else ""
            return prefix + str(error)
        if isinstance(error, MemoryError):
            return "out of memory; lower --memory or --jobs, or raise the limit of the process (ulimit -v)"
        if isinstance(error, OSError):
            words = with_remedy(error)
            return f"{error.filename}: {words}" if error.filename else words
        if error is not None:
            return str(error)
        try:
            name = signal.Signals(self.signal).name
        except ValueError:
            name = f"signal {self.signal}"
        why = "; the machine probably had no memory left: try fewer --jobs" if self.signal == signal.SIGKILL else ""
        return f"its process was killed by {name}{why}"
