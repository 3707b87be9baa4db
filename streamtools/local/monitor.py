"""What is told of a run while it goes on: its progress, its failures, tasks that hang or take much memory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from streamtools.formats.hadoop_codecs import find_suffix
from streamtools.job import STDOUT, Job
from streamtools.local.reporting.failures import Failure, ToldFailures
from streamtools.local.reporting.history import AttemptRecord, Usage
from streamtools.local.reporting.progress import Watch
from streamtools.local.scheduler import Trial
from streamtools.local.settings import Settings
from streamtools.local.stages.feeds import Feed, feed_for, measure
from streamtools.local.tasks.observer import Observer, Running
from streamtools.local.tasks.task import Task
from streamtools.units import format_size


class Monitor:
    """Tells the user of one run of a job what its tasks do."""

    def __init__(self, job: Job, settings: Settings) -> None:
        self.job, self.settings, self.console = job, settings, settings.console
        self.watch = Watch(self.console.progress) if self.console.progress else None
        self.told = ToldFailures()
        self.observer = Observer(self.console.say, self._command_of, settings.task_memory)
        self.has_warned = False
        self.done: dict[str, int] = {}  # kind of task -> how many are done, of the number in `total`
        self.total: dict[str, int] = {}

    def begin(self, tasks: Sequence[Task]) -> None:
        """Follow tasks of one kind, all of a job."""
        if tasks:
            self.done[tasks[0].kind], self.total[tasks[0].kind] = 0, len(tasks)
        if self.watch:
            is_map = bool(tasks and tasks[0].is_map) or not self.job.reduces
            self.watch.begin(is_map, [task.size for task in tasks], self.job.reduces)

    def tick(self, running: Sequence[Running]) -> None:
        """Look at what runs, and tell, if it is time to."""
        self.observer.look(running)
        if self.watch:
            self.watch.tick(len(running), self.observer.memory)

    def end(self, task: Task) -> None:
        """Note that a task has succeeded."""
        self.done[task.kind] += 1
        if self.watch:
            self.watch.end(task.number)

    def feeds(self, task: Task) -> tuple[Feed, ...]:
        """Return what the stdin of a task's stage passes through to be counted, in the process of the task."""
        if not self.watch:
            return ()
        meter = self.watch.meter(task.number, has_packed_input=_has_packed_input(task))
        return (feed_for(task.role, partial(measure, meter=meter)),)

    def add_usage(self, record: AttemptRecord, trial: Trial) -> Usage:
        """Return what an attempt took, with what was seen of its processes; warn of a command that takes much."""
        usage = record.usage._replace(together=self.observer.peak(trial.task, trial.number))
        most = max(usage.command_peak, usage.together - usage.peak)
        if most > self.settings.memory and not self.settings.task_memory and not self.has_warned:
            self.has_warned = True
            took = f"{self._command_of(trial.task)} took {format_size(most)} in {trial.task.name}"
            own = f"--memory {format_size(self.settings.memory)} bounds st-run's own work and not your programs"
            self.console.say(f"{took}; {own}; --task-memory SIZE ends a task that takes more")
        return usage

    def tell_failure(self, failure: Failure) -> None:
        """Tell why an attempt failed; of equal failures only the first."""
        if self.console.failed:
            self.console.failed(failure)
        elif self.told.is_new(failure):
            for line in failure.lines():
                self.console.say(line)

    def tell_stopped(self) -> None:
        """Tell how far a run is that a signal has ended."""
        done = [f"{self.done[kind]:,} of {self.total[kind]:,} {kind} tasks" for kind in self.total]
        kept = "nothing is kept, as the results were to go to stdout" if self.job.output == STDOUT else ""
        self.console.say("; ".join(filter(None, [f"stopped; done: {' and '.join(done) or 'nothing'}", kept])))

    def tell_repeated(self) -> None:
        """Tell which failures were those of several tasks."""
        if not self.console.failed:
            for line in self.told.repeated():
                self.console.say(line)

    def _command_of(self, task: Task) -> str:
        return (self.job.mapper if task.is_map else self.job.reducer).text


def _has_packed_input(task: Task) -> bool:
    return bool(task.split and (task.share or find_suffix(task.split.path)))
