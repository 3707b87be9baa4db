"""Attempts, made: names, directories, environment and stage runner for each."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from streamtools.inputs.locations import is_remote
from streamtools.job import Job
from streamtools.local.counters import Counters
from streamtools.local.settings import Settings
from streamtools.local.stages.environment import environment
from streamtools.local.stages.feeds import Feed
from streamtools.local.stages.runner import StageRunner
from streamtools.local.stages.stderr import Listener
from streamtools.local.tasks.attempt import Attempt, check_limits
from streamtools.local.tasks.task import Task

BASE = 24 << 20  # bytes of a worker before it has read anything


@dataclass(frozen=True)
class AttemptMaker:
    """Makes the attempts at the tasks of one run of a job.

    properties: those of the job, as its tasks see them. maps: the number of map tasks.
    make_output: makes the directory for the output of the attempt with this id, and returns its path.
    reserved: bytes of memory that tasks may not take.
    """

    job: Job
    settings: Settings
    job_id: str
    maps: int
    properties: Mapping[str, str]
    scratch: str
    make_output: Callable[[str], str]
    reserved: int = 0

    def make(self, task: Task, number: int, feeds: tuple[Feed, ...]) -> Attempt:
        """Return an attempt, in the process that runs it. number: of the attempt, from 0."""
        names = self._properties(task, number)
        id_ = names["mapreduce.task.attempt.id"]
        output = self.make_output(id_)
        names["mapreduce.task.output.dir"] = f"file:{output}"
        counters = Counters()
        listen = Listener(
            prefix=self.job.properties.tasks.reporter_prefix,
            counters=counters,
            check=partial(check_limits, self.job, task),
            log=self.log(id_),
            clear=self.settings.console.clear,
        )
        properties = self.settings.name_files({**self.properties, **names})
        variables = environment(self.job, properties, self.settings.programs)
        return Attempt(
            job=self.job,
            task=task,
            output=output,
            scratch=self.scratch,
            memory=self.memory,
            seed=self.settings.shuffle_values,
            counters=counters,
            runner=StageRunner(self.job, variables, self.settings.builtin, listen, task.source, feeds),
        )

    @property
    def memory(self) -> int:
        """Bytes that one attempt may take."""
        return max((self.settings.memory - self.reserved) // self.settings.jobs - BASE, 1 << 20)

    def id(self, task: Task, number: int) -> str:
        """Return the name of an attempt as tasks and job trackers know it."""
        return f"attempt_{self._task_id(task)}_{number}"

    def log(self, attempt_id: str) -> str:
        """Return the path of the file that keeps what an attempt's commands write to stderr."""
        return os.path.join(self.scratch, f"{attempt_id}.stderr")

    def _task_id(self, task: Task) -> str:
        return f"{self.job_id}_{'m' if task.is_map else 'r'}_{task.number:06d}"

    def _properties(self, task: Task, number: int) -> dict[str, str]:
        """Return the properties that tell an attempt what it is and what it reads."""
        names = {
            "mapreduce.job.id": f"job_{self.job_id}",
            "mapreduce.task.id": f"task_{self._task_id(task)}",
            "mapreduce.task.attempt.id": self.id(task, number),
            "mapreduce.task.ismap": "true" if task.is_map else "false",
            "mapreduce.task.partition": str(task.number),
        }
        if split := task.split:
            return names | {
                "mapreduce.map.input.file": split.path if is_remote(split.path) else f"file:{split.path}",
                "mapreduce.map.input.start": str(split.start),
                "mapreduce.map.input.length": str(split.length),
            }
        tracker = {"mapreduce.jobtracker.address": "local", "mapred.job.tracker": "local"}
        return names | tracker | {"mapred.map.tasks": str(self.maps)}
