"""Jobs run in this process for a test: the values of each key shuffled, with the combiner and without it."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from streamtools.job import Job
from streamtools.local.settings import Settings
from streamtools.local.stages.runner import Builtin, no_builtin
from streamtools.scratch.directories import scratch_directory
from streamtools.stage import StageFailed
from streamtools.testing.comparison import find_difference
from streamtools.testing.failures import add_note, explain
from streamtools.testing.tasks import Ran, run_tasks

SEEDS = 1 << 16
R = TypeVar("R")


@dataclass
class Runner:
    """Runs one job or several, and remembers what happens.

    seed: of the order of the values of each key, None to keep theirs. ran: what all jobs together have counted and
    written to stderr. failed: the stages that have failed. folder: what is in it is shown without its path. builtin,
    programs: as for a run by st-run.
    """

    seed: int | None
    ran: Ran = field(default_factory=Ran)
    failed: list[StageFailed] = field(default_factory=list)
    folder: str = ""
    builtin: Builtin = no_builtin
    programs: str = ""

    @property
    def settings(self) -> Settings:
        """How the tasks are run."""
        return Settings(shuffle_values=self.seed, builtin=self.builtin, programs=self.programs)

    def run(self, job: Job) -> Ran:
        """Run a job, which makes its output directory. Raises AssertionError if its combiner changes the result."""
        ran, before = Ran(stderr=self.ran.stderr), len(self.ran.stderr)
        try:
            run_tasks(job, self.settings, job.output, ran)
        finally:
            raised = "".join(f"{line}\n" for line in self.failed[-1].lines) if self.failed else ""
            _tell(self.ran.stderr[before:].decode("utf-8", "backslashreplace").removesuffix(raised))
        self.ran.counters.update(ran.counters)
        if job.combiner:
            self._compare(job)
        return ran

    def _compare(self, job: Job) -> None:
        with scratch_directory("test") as folder:
            output = os.path.join(folder, "out")
            run_tasks(replace(job, combiner=None), self.settings, output, Ran())
            difference = find_difference(job.output, output, ("with the combiner", "without"))
        if difference:
            remedy = "a combiner must not change what the reducer makes of a key, however often it is run"
            raise AssertionError(f"{difference}; {remedy}")

    def attempt(self, work: Callable[[], R]) -> R:
        """Return what a function returns that runs jobs. Raises what tells a test why a job failed, with the seed."""
        __tracebackhide__ = True  # of pytest: a failure is shown at the user's lines
        try:
            return work()
        except Exception as error:
            hidden = f"{self.folder}/"
            failure = explain(error, self.failed, bytes(self.ran.stderr), lambda text: text.replace(hidden, ""))
        if self.seed is not None:
            add_note(failure, _describe(self.seed))
        raise failure


def choose_seed(seed: int | None) -> int:
    """Return the seed for a run: the given one, or a new one. Under pytest it is shown when the test fails."""
    chosen = random.randrange(SEEDS) if seed is None else seed
    _tell(f"{_describe(chosen)}\n")
    return chosen


def _tell(text: str) -> None:
    """Write text to stderr under pytest, which shows it only if the test fails."""
    if "PYTEST_CURRENT_TEST" in os.environ:
        sys.stderr.write(text)


def _describe(seed: int) -> str:
    return f"streamtools.testing: values shuffled with seed={seed}"
