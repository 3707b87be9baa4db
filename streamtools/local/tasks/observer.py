"""What the processes of running tasks do, seen from outside: memory, and whether anything moves.

The bytes that a task's processes read and write tell whether it works on records; nothing in them is changed for it.
"""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from signal import SIGKILL
from typing import NamedTuple

from streamtools.local.stages.descendants import kill_descendants
from streamtools.local.stages.process_tree import ProcessState, read_tree
from streamtools.local.tasks.task import Task
from streamtools.units import format_size

INTERVAL = 1.0  # seconds between two looks
BOUNDED_INTERVAL = 0.1  # where memory is bounded
SILENCE = (30.0, 600.0)  # seconds without a record after which something is said; from then on every hour
HOUR = 3600.0
BUSY = 0.1  # share of a core; a process that waits is looked after by others, which use a little
TICKS = os.sysconf("SC_CLK_TCK")  # of a second of CPU


class Running(NamedTuple):
    """An attempt that runs. number: of the attempt, from 0; process: the one that was forked for it.

    start: seconds of the monotonic clock.
    """

    task: Task
    number: int
    process: int
    start: float = 0.0


class _Seen:
    """What was seen of an attempt. moved: its bytes at last; since: when they changed; peak: most bytes of memory."""

    def __init__(self) -> None:
        self.moved, self.since, self.cpu = -1, 0.0, 0
        self.warnings = self.peak = 0
        self.excess = ""


class Observer:
    """Looks at the processes of running attempts now and then.

    say: takes lines for the user. name_of: returns the command of a task for messages.
    limit: most bytes of the processes of one task together, 0 for no limit; a task that takes more is ended.
    """

    def __init__(self, say: Callable[[str], None], name_of: Callable[[Task], str], limit: int = 0) -> None:
        self.say, self.name_of, self.limit = say, name_of, limit
        self.memory = 0  # bytes of all processes of all tasks, when last seen
        self.seen: dict[tuple[bool, int, int], _Seen] = {}
        self.looked = time.monotonic()

    def look(self, running: Sequence[Running]) -> None:
        """Look at the attempts that run, if it is time to."""
        now = time.monotonic()
        if now - self.looked < (BOUNDED_INTERVAL if self.limit else INTERVAL):
            return
        self.looked = now
        self.memory = 0
        for attempt in running:
            if tree := read_tree(attempt.process):
                seen = self._seen(attempt.task, attempt.number)
                total = sum(state.memory for state in tree)
                self.memory += total
                seen.peak = max(seen.peak, total)
                if self.limit and total > self.limit and not seen.excess:
                    self._end(attempt, tree, seen)
                self._notice_silence(attempt, tree, seen, now)

    def peak(self, task: Task, number: int) -> int:
        """Return the most bytes that the processes of an attempt took together, as far as it was seen."""
        return self._seen(task, number).peak

    def excess(self, task: Task, number: int) -> str:
        """Return why an attempt was ended here; "" if it was not."""
        return self._seen(task, number).excess

    def _seen(self, task: Task, number: int) -> _Seen:
        return self.seen.setdefault((task.is_map, task.number, number), _Seen())

    def _end(self, attempt: Running, tree: Sequence[ProcessState], seen: _Seen) -> None:
        """End the commands of an attempt, or its own process if it has no others."""
        total = sum(state.memory for state in tree)
        seen.excess = f"its processes took {format_size(total)}, more than --task-memory {format_size(self.limit)}"
        if len(tree) > 1:
            kill_descendants(attempt.process)
        else:
            with suppress(ProcessLookupError):
                os.kill(attempt.process, SIGKILL)

    def _notice_silence(self, attempt: Running, tree: Sequence[ProcessState], seen: _Seen, now: float) -> None:
        moved, cpu = sum(state.moved for state in tree), sum(state.cpu for state in tree)
        if moved != seen.moved:
            seen.moved, seen.since, seen.cpu = moved, now, cpu
            return
        patience = SILENCE[seen.warnings] if seen.warnings < len(SILENCE) else HOUR * (seen.warnings - 1)
        if now - seen.since < patience:
            return
        seen.warnings += 1
        used = (cpu - seen.cpu) / TICKS / (now - seen.since)
        busy = "it uses the CPU" if used > BUSY else "it waits for something"
        who = f"{self.name_of(attempt.task)}, pid {tree[1 if len(tree) > 1 else 0].process}"
        self.say(f"no record for {now - seen.since:.0f} s in {attempt.task.name} ({who}): {busy}")
