"""What is told of a run while it goes on: its progress, its failures, tasks that hang or take much memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from streamtools.formats.hadoop_codecs import find_suffix
from streamtools.job import STDOUT, Job
from streamtools.local.reporting.failures import Failure, ToldFailures
from streamtools.local.reporting.history import Amount, AttemptRecord, History, Usage
from streamtools.local.reporting.progress import JobProgress, Watch
from streamtools.local.scheduler import Trial
from streamtools.local.settings import Console, Settings
from streamtools.local.stages.feeds import Feed, feed_for, measure
from streamtools.local.tasks.observer import Observer, Running
from streamtools.local.tasks.task import Task
from streamtools.units import format_size

PAGE_INTERVAL = 1.0  # seconds between two looks at whether the report is to be written again
LARGER = 1.1  # times the peak of a task's own process


class Monitor:
    """Tells the user of one run of a job what its tasks do."""

    def __init__(self, job: Job, settings: Settings, history: History, began: float) -> None:
        self.job, self.settings, self.history, self.began = job, settings, history, began
        console = settings.console
        self.watch = Watch(console.progress or _ignore) if console.progress or console.page else None
        self.told = ToldFailures()
        self.observer = Observer(console.say, self._command_of, settings.task_memory)
        self.has_warned = False
        self.shown = 0.0
        self.done: dict[str, int] = {}  # kind of task -> how many are done, of the number in `total`
        self.total: dict[str, int] = {}

    @property
    def console(self) -> Console:
        """Where the run speaks to the user."""
        return self.settings.console

    @property
    def holds_tracebacks(self) -> bool:
        """Whether an attempt that starts now keeps its tracebacks until it is known that they are new."""
        return bool(self.told.tasks) and not self.console.failed and not self.settings.skip_bad

    def begin(self, tasks: Sequence[Task]) -> None:
        """Follow tasks of one kind, all of a job."""
        if tasks:
            self.done[tasks[0].kind], self.total[tasks[0].kind] = 0, len(tasks)
        if self.watch:
            is_map = bool(tasks and tasks[0].is_map) or not self.job.reduces
            decoded = [task.split.length if task.split and task.share and self._is_measured else 0 for task in tasks]
            self.watch.begin(is_map, [task.size for task in tasks], self.job.reduces, decoded)

    def tick(self, running: Sequence[Running]) -> None:
        """Look at what runs, and tell, if it is time to."""
        self.observer.look(running)
        if self.watch:
            self.watch.tick(len(running), self.observer.memory)
        if self.console.page and time.monotonic() - self.shown >= PAGE_INTERVAL:
            self._show(self.console.page, running)
            self.shown = time.monotonic()

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

    def stop(self, succeeded: bool) -> None:
        """Note that the run has ended."""
        history = self.history
        history.seconds, history.succeeded = time.monotonic() - self.began, succeeded
        history.running, history.progress = [], None

    def _show(self, page: Callable[[History], None], running: Sequence[Running]) -> None:
        """Give what has happened so far to the report."""
        assert self.watch
        history = self.history
        history.seconds, history.progress = time.monotonic() - self.began, self.watch.progress
        history.running = [self._record_of(each) for each in running]
        page(history)

    def _record_of(self, running: Running) -> AttemptRecord:
        assert self.watch
        task = running.task
        read, records, decoded = self.watch.told(task.number)
        start = running.start - self.began
        usage = Usage(together=self.observer.peak(task, running.number))
        return AttemptRecord(
            task.name, task.is_map, running.number, task.source, start, self.history.seconds,
            Amount(records, read), usage=usage, decoded=decoded,
        )  # fmt: skip

    def add(self, record: AttemptRecord, trial: Trial) -> None:
        """Note an attempt that has ended, with what was seen of it."""
        usage = self._add_usage(record, trial)
        _, _, decoded = self.watch.told(trial.task.number) if self.watch else (0, 0, 0)
        self.history.attempts.append(replace(record, usage=usage, decoded=decoded))

    def _add_usage(self, record: AttemptRecord, trial: Trial) -> Usage:
        """Return what an attempt took, with what was seen of its processes; warn of a command that takes much."""
        usage = record.usage._replace(together=self.observer.peak(trial.task, trial.number))
        # A command's peak counts the process that became the command, which is as large as ours: less tells nothing.
        of_command = usage.command_peak if usage.command_peak > usage.peak * LARGER else 0
        most = max(of_command, usage.together - usage.peak)
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

    @property
    def _is_measured(self) -> bool:
        """Whether it is known what a map task gives to its mapper."""
        return self.job.mapper.is_command

    def _command_of(self, task: Task) -> str:
        return (self.job.mapper if task.is_map else self.job.reducer).text


def _has_packed_input(task: Task) -> bool:
    return bool(task.split and (task.share or find_suffix(task.split.path)))


def _ignore(_progress: JobProgress) -> None:
    pass
