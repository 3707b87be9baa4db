"""The tasks of a job, run one after another in this process: the engine's own, without its processes and retries."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from streamtools.job import Job
from streamtools.local.counters import Counters, count_fetched, count_read_by_reducers, initial_counters, wrap
from streamtools.local.input.splits import find_splits
from streamtools.local.settings import Settings
from streamtools.local.stages.environment import job_properties
from streamtools.local.stages.stderr import Listener
from streamtools.local.stages.working_directory import in_working_directory
from streamtools.local.tasks.attempt import Attempt
from streamtools.local.tasks.maker import AttemptMaker
from streamtools.local.tasks.map_task import run_map
from streamtools.local.tasks.outcome import Done, Failed
from streamtools.local.tasks.reduce_task import run_reduce
from streamtools.local.tasks.task import Task
from streamtools.scratch.directories import scratch_directory


@dataclass
class Ran:
    """What the tasks of a job leave beside its part files. stderr: what they have printed there, counters excepted."""

    counters: Counters = field(default_factory=Counters)
    stderr: bytearray = field(default_factory=bytearray)


@dataclass
class _Collected(Listener):
    """A listener that shows nothing, and adds what is to be shown to `text`."""

    text: bytearray = field(default_factory=bytearray)

    def show(self, text: bytes) -> None:
        """Keep lines."""
        self.text += text


def run_tasks(job: Job, settings: Settings, output: str, ran: Ran) -> None:
    """Run all tasks of a job, whose part files go into the new directory `output`; tell `ran` what happens.

    Raises what a task raises, CommandFailed for a stage that fails, and Refused before any task has run.
    """
    splits = find_splits(job).splits
    os.mkdir(output)
    ran.counters.update(initial_counters(job.reduces > 0))
    with scratch_directory("test") as scratch, in_working_directory(job, scratch):
        maker = AttemptMaker(
            job=job,
            settings=settings,
            job_id=f"local{os.getpid()}_0001",
            maps=len(splits),
            properties=job_properties(job, len(splits), scratch),
            scratch=scratch,
            make_output=lambda _attempt: output,
        )
        tasks = [Task(True, number, "", split=split) for number, split in enumerate(splits)]
        outputs = [done.output for task in tasks if (done := _run(maker, task, run_map, ran)).output]
        if job.reduces:
            count_fetched(ran.counters, len(splits), job.reduces)
        for number in range(job.reduces):
            segments = [segment for each in outputs for segment in each.partitions[number]]
            _run(maker, Task(False, number, "", segments=segments), run_reduce, ran)
        count_read_by_reducers(ran.counters)
    ran.counters = wrap(ran.counters)


def _run(maker: AttemptMaker, task: Task, run: Callable[[Attempt], Done | Failed], ran: Ran) -> Done:
    attempt = maker.make(task, 0, ())
    listen = attempt.runner.listen
    collected = _Collected(listen.prefix, listen.counters, listen.check, listen.log, text=ran.stderr)
    outcome = run(replace(attempt, runner=replace(attempt.runner, listen=collected)))
    if isinstance(outcome, Failed):
        assert outcome.error
        raise outcome.error
    ran.counters.update(outcome.counters)
    return outcome
