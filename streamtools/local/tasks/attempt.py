"""One attempt at a task: what it works on, and where."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from streamtools.job import Job
from streamtools.local.counters import (
    ERRORS,
    FILE_INPUT,
    FILE_OUTPUT,
    SHUFFLE_ERRORS,
    Counters,
    check_groups,
    count_limited,
    too_many_counters,
)
from streamtools.local.stages.feeds import Feed
from streamtools.local.stages.runner import StageRunner
from streamtools.local.tasks.task import Task


@dataclass(frozen=True)
class Attempt:
    """An attempt at a task, in the process that runs it.

    output: directory in which its output grows until it is committed. scratch: directory for what only this run needs.
    memory: bytes it may take. seed: for an order of each key's values that no job may rely on; None keeps their order.
    on_read: called with the bytes of a compressed input as they are read; None if nobody asks.
    """

    job: Job
    task: Task
    output: str
    scratch: str
    memory: int
    seed: int | None
    counters: Counters
    runner: StageRunner
    on_read: Callable[[int], None] | None = None

    def count(self, group: str, name: str, amount: int) -> None:
        """Increment a counter."""
        self.counters[group, name] += amount

    def afresh(self, *feeds: Feed) -> "Attempt":
        """Return the same attempt with nothing counted, the stdin of its stages passed through `feeds` first."""
        counters = Counters()
        listen = replace(self.runner.listen, counters=counters)
        runner = replace(self.runner, listen=listen, feeds=(*feeds, *self.runner.feeds))
        return replace(self, counters=counters, runner=runner)


def check_limits(job: Job, task: Task, counters: Counters) -> None:
    """Raise DataError if there are more counters than a task may have; those that come later count already."""
    limit = job.properties.tasks.most_counters
    own = (FILE_INPUT, FILE_OUTPUT)
    later = [(FILE_INPUT, "")] if task.is_map else [(SHUFFLE_ERRORS, name) for name in ERRORS]
    if not (task.is_map and job.reduces):
        later.append((FILE_OUTPUT, ""))
    so_far = [name for name in counters if name[0] not in own]
    if (number := count_limited(dict.fromkeys([*so_far, *later], 0))) > limit:
        raise too_many_counters(number, limit)
    check_groups(counters)
