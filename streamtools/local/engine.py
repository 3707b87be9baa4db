"""The tasks of a job on this machine, from its splits to its commit.

splits -> map tasks -> map outputs -> reduce tasks -> part files -> commit

What only some jobs need is imported where they need it: each module costs the start some tenths of a millisecond.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from streamtools.errors import DataError, TransferError
from streamtools.inputs.stamps import check_inputs, stamp_inputs
from streamtools.job import Job
from streamtools.local.counters import (
    Counters,
    count_fetched,
    count_limited,
    count_read_by_reducers,
    initial_counters,
    too_many_counters,
    wrap,
)
from streamtools.local.describe import describe_inputs, explain, record_of
from streamtools.local.forked_attempt import RunTask, try_task
from streamtools.local.input.readers import delimiter_of
from streamtools.local.input.split import Split
from streamtools.local.monitor import Monitor
from streamtools.local.output.output_directory import OutputDirectory
from streamtools.local.recovery.fingerprints import map_fingerprints, reduce_fingerprint
from streamtools.local.recovery.state import State
from streamtools.local.reporting.failures import Failure
from streamtools.local.reporting.history import History
from streamtools.local.scheduler import Ended, Trial, run_tasks
from streamtools.local.settings import Settings
from streamtools.local.shuffle.lone_keys import remark_on_lone_keys
from streamtools.local.shuffle.segments import MapOutput
from streamtools.local.stages.environment import environment, job_properties
from streamtools.local.stages.preflight import inspect_job
from streamtools.local.tasks.maker import AttemptMaker
from streamtools.local.tasks.map_task import run_map
from streamtools.local.tasks.outcome import Done, Failed
from streamtools.local.tasks.reduce_task import run_reduce
from streamtools.local.tasks.task import Task

if TYPE_CHECKING:
    from streamtools.local.tasks.feeder import Feed


@dataclass
class Outcome:
    """How a job ended, and what all its tasks did.

    parts: the paths of its part files, in order. damaged: how much of archives was damaged and left out.
    """

    succeeded: bool
    counters: Counters
    history: History
    parts: list[str]
    damaged: int = 0


class JobRun:
    """One run of a job."""

    def __init__(
        self, job: Job, settings: Settings, splits: list[Split], output: OutputDirectory, state: State
    ) -> None:
        self.job, self.settings, self.splits, self.output, self.state = job, settings, splits, output, state
        self.counters, self.is_damaged = Counters(), False  # damaged: a file that several tasks share
        self.history = History(counters=self.counters)
        self.stamps = stamp_inputs(split.path for split in splits)
        self.began = time.monotonic()
        self.monitor = Monitor(job, settings, self.history, self.began)
        self.maker = AttemptMaker(
            job=job,
            settings=settings,
            job_id=settings.job_id or f"local{os.getpid()}_0001",
            maps=len(splits),
            properties=job_properties(job, len(splits), state.directory),
            scratch=state.directory,
            make_output=output.make_attempt,
        )

    def run(self) -> Outcome:
        """Run all tasks, then commit the job."""
        search_path = environment(self.job, {}, self.settings.programs)["PATH"]
        starts = self._inspect()
        if self.settings.console.page:
            self.history.inputs = describe_inputs(self.splits)
        self.output.claim(self.settings.resume, self.state.began)
        self.state.begin()
        self.output.create()
        succeeded = False
        try:
            if starts:
                self.counters.update(initial_counters(self.job.reduces > 0))
                seed = self.settings.shuffle_values
                fingerprints = map_fingerprints(self.job, self.splits, search_path, seed, self.stamps)
                outputs = self._map(fingerprints)
                if outputs is not None and self.job.reduces:
                    succeeded = self._reduce(outputs, reduce_fingerprint(self.job, fingerprints, search_path, seed))
                else:
                    succeeded = outputs is not None
                succeeded = succeeded and self._is_within_limits()
        except (KeyboardInterrupt, SystemExit):
            self.monitor.tell_stopped()
            raise
        finally:
            self.output.end(succeeded)
            self.monitor.stop(succeeded)
        self.history.counters = wrap(self.counters)
        return Outcome(succeeded, self.history.counters, self.history, [])

    def _inspect(self) -> bool:
        """Say what is wrong with the job's commands; return whether there is any use in starting it."""
        if self.settings.is_inspected:
            return True
        sizes = [split.packed for split in self.splits]
        variables = environment(self.job, {}, self.settings.programs)
        found = inspect_job(self.job, variables, sizes, self.settings.builtin)
        for finding in found:
            (self._say_reason if finding.is_fatal else self.settings.console.say)(str(finding))
        return not any(finding.is_fatal for finding in found)

    def _map(self, fingerprints: Sequence[str]) -> list[MapOutput] | None:
        """Return the outputs of all map tasks in order; None if one failed, after the others have run all the same."""
        pairs = enumerate(zip(self.splits, fingerprints, strict=True))
        tasks = [Task(True, number, fingerprint, split=split) for number, (split, fingerprint) in pairs]
        done = self._run(tasks, run_map)
        if self.is_damaged:
            self.output.remove_parts_but(())
        if None in done or not self._verify(filter(None, done)):
            return None
        return [each.output for each in done if each and each.output]

    def _verify(self, done: Iterable[Done]) -> bool:
        """Return whether the inputs are what they were, and members that several tasks have read were whole.

        If not, remove the output.
        """
        slices = [member_slice for each in done for member_slice in each.slices]
        try:
            check_inputs(self.stamps)
            if slices:
                from streamtools.inputs.cuts import verify_members

                verify_members(slices)
        except DataError as error:
            self._say_reason(str(error))
            self.output.remove_parts_but(())
            return False
        return True

    def _reduce(self, outputs: list[MapOutput], fingerprint: str) -> bool:
        """Return whether all reduce tasks succeeded."""
        count_fetched(self.counters, len(self.splits), self.job.reduces)
        if remark := remark_on_lone_keys(self.job, outputs, self.counters):
            self.settings.console.say(remark)
        tasks = []
        for number in range(self.job.reduces):
            segments = [segment for output in outputs for segment in output.partitions[number]]
            tasks.append(Task(False, number, fingerprint, segments=segments))
        done = self._run(tasks, run_reduce)
        count_read_by_reducers(self.counters)
        return None not in done

    def _run(self, tasks: Sequence[Task], run_task: RunTask) -> list[Done | None]:
        """Run tasks of one kind and commit those that succeed; None stands for one that failed."""
        self.monitor.begin(tasks)
        done = self._take_over(tasks)
        waiting = [task for task in tasks if done[task.number] is None]
        tries = self._tries(tasks)
        feed = self._feed(waiting)
        attempt = partial(
            try_task,
            run_task=run_task,
            maker=self.maker,
            monitor=self.monitor,
            settings=self.settings,
            state=self.state,
        )
        trials = run_tasks(waiting, attempt, tries, self.settings.jobs, self.monitor.tick, feed)
        with closing(trials):  # whatever happens, no process runs on after this
            for ended in trials:
                failure = self._explain(ended, ended.outcome) if isinstance(ended.outcome, Failed) else None
                self.monitor.add(record_of(ended, self.began, failure, self.job.reduces > 0), ended.trial)
                if isinstance(ended.outcome, Done):
                    done[ended.trial.task.number] = ended.outcome
                    self._commit(ended.trial, ended.outcome)
                elif failure:
                    self._fail(ended.trial, ended.outcome, failure, tries)
        self.monitor.tell_repeated()
        return done

    def _feed(self, tasks: Sequence[Task]) -> Feed | None:
        """Return how files that tasks share are decoded, in memory taken from the tasks'; None if there are none."""
        sizes = [task.split.length for task in tasks if task.split and task.share]
        self.maker = replace(self.maker, reserved=0)
        if not sizes:
            return None
        from streamtools.local.tasks.feeder import Feed, plan_files

        files = plan_files(self.settings, max(sizes), self.state.directory)
        self.maker = replace(self.maker, reserved=files.memory)
        on_damage = None
        if self.job.properties.input.skips_damage:
            from streamtools.local.recovery import damage

            on_damage = partial(damage.note, self.state.directory, self.settings.console.say)
        tell = watch.tell_given if (watch := self.monitor.watch) else None
        return Feed(files.make, delimiter_of(self.job), tell, on_damage)

    def _tries(self, tasks: Sequence[Task]) -> int:
        """Return how often to try a task: once, as Hadoop's local runner does, unless the user asks for more."""
        properties = self.job.properties.tasks
        return properties.map_attempts if tasks and tasks[0].is_map else properties.reduce_attempts

    def _commit(self, trial: Trial, done: Done) -> None:
        """Let an attempt's output be the task's, and record that it is done."""
        task, say = trial.task, self.settings.console.say
        files = self.output.commit_task(self._id(trial))
        self.counters.update(done.counters)
        if self.settings.skip_bad:
            from streamtools.local.recovery.skipping import SKIPPED

            if os.path.exists(skipped := os.path.join(self.output.path, SKIPPED, task.file)):
                say(f"bad records of {task.file} are put aside in {skipped}")
        if done.output:
            files.append(os.path.join(self.state.directory, task.file))
        self.state.keep(task, done, files)
        self.monitor.end(task)

    def _explain(self, ended: Ended, failed: Failed) -> Failure:
        """Return in words why an attempt failed."""
        trial = ended.trial
        if excess := self.monitor.observer.excess(trial.task, trial.number):
            failed = failed._replace(error=TransferError("", excess, "raise it, or let the task keep less in memory"))
        attempt = self._id(trial)
        log = self.maker.log(attempt)
        is_seen = not failed.is_held and not self._others_wrote(log, ended.start)
        return explain(self.job, trial.task, attempt, failed, log, is_seen)

    def _fail(self, trial: Trial, failed: Failed, failure: Failure, tries: int) -> None:
        """Drop what an attempt has written, and tell the user why it failed."""
        self.counters.update(failed.counters or {})
        self.output.abort_task(failure.attempt)
        self.monitor.tell_failure(failure)
        if trial.is_last:
            self.is_damaged |= isinstance(failed.error, DataError) and bool(trial.task.share) and not trial.task.is_fed
        else:
            self.settings.console.say(f"trying again: attempt {trial.number + 2} of {tries}")

    def _others_wrote(self, log: str, start: float) -> bool:
        """Return whether another attempt has written to stderr since `start`, so that last words are not together."""
        since = time.time() - (time.monotonic() - start)
        with os.scandir(self.state.directory) as entries:
            return any(
                entry.name.endswith(".stderr") and entry.path != log and entry.stat().st_mtime >= since
                for entry in entries
            )

    def _take_over(self, tasks: Sequence[Task]) -> list[Done | None]:
        """Return what an earlier run reported of each task, if it still holds, and add its counters."""
        if not (self.settings.resume and tasks):
            return [None] * len(tasks)
        done = self.state.done(tasks)
        if not (tasks[0].is_map and self.job.reduces):
            self.output.remove_parts_but(self.state.files)
        for task, earlier in zip(tasks, done, strict=True):
            if earlier:
                self.counters.update(earlier.counters)
                self.monitor.end(task)
        self.settings.console.say(
            f"{len(done) - done.count(None)} of {len(done)} {tasks[0].kind} tasks were done already"
        )
        return done

    def _id(self, trial: Trial) -> str:
        return self.maker.id(trial.task, trial.number)

    def _is_within_limits(self) -> bool:
        limit = self.job.properties.tasks.most_counters
        if count_limited(self.counters) <= limit:
            return True
        self._say_reason(str(too_many_counters(count_limited(self.counters), limit)))
        return False

    def _say_reason(self, text: str) -> None:
        """Tell why the job fails, where that is no matter of a single task."""
        self.settings.console.say(text)
        self.history.reason = "; ".join(filter(None, [self.history.reason, text]))
