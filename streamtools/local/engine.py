"""A job on this machine, from its splits to its commit.

splits -> map tasks -> map outputs -> reduce tasks -> part files -> commit

What only some jobs need is imported where they need it: each module costs the start some tenths of a millisecond.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from streamtools.allocator import keep_freed_memory
from streamtools.errors import DataError, TransferError
from streamtools.inputs.stamps import check_inputs, stamp_inputs
from streamtools.job import STDOUT, Job, Refused
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
from streamtools.local.input.input_files import absolute
from streamtools.local.input.readers import delimiter_of
from streamtools.local.input.split import Split
from streamtools.local.input.splits import find_splits
from streamtools.local.monitor import Monitor
from streamtools.local.output.output_directory import OutputDirectory
from streamtools.local.output.part_file import suffix_of_parts
from streamtools.local.recovery.fingerprints import map_fingerprints, reduce_fingerprint
from streamtools.local.recovery.state import State, forget, open_state
from streamtools.local.reporting.failures import Failure
from streamtools.local.reporting.history import History
from streamtools.local.scheduler import Ended, Trial, run_tasks
from streamtools.local.settings import Settings
from streamtools.local.shuffle.segments import MapOutput
from streamtools.local.stages.environment import environment, job_properties
from streamtools.local.stages.preflight import inspect_job
from streamtools.local.stages.process import CommandFailed
from streamtools.local.stages.working_directory import in_working_directory
from streamtools.local.tasks.attempt import Attempt
from streamtools.local.tasks.maker import AttemptMaker
from streamtools.local.tasks.map_task import run_map
from streamtools.local.tasks.outcome import Done, Failed
from streamtools.local.tasks.reduce_task import run_reduce
from streamtools.local.tasks.task import Task
from streamtools.local.tasks.usage import measure_usage
from streamtools.reporter import BadRecord
from streamtools.scratch.directories import default_parent, place_of, scratch_directory

if TYPE_CHECKING:
    from streamtools.local.tasks.feeder import Feed

RunTask = Callable[[Attempt], Done | Failed]


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


def run(job: Job, settings: Settings, deliver: Callable[[Sequence[str]], None]) -> Outcome:
    """Run a job. If its output goes to stdout, call `deliver` with the paths of the part files before they go away.

    Raises Refused before any task has run.
    """
    if settings.skip_bad:
        from streamtools.local.recovery import skipping

        skipping.check(job)
    work = settings.work_directory or default_parent()
    if job.output == STDOUT:
        with scratch_directory("run", work) as scratch:
            state = State(scratch, replays=place_of(f"{os.getcwd()}\0{job.command_line}", work))
            state.forget_failed()
            return _run_in(state, job, settings, deliver)
    with open_state(absolute(job.output), work, settings.resume, settings.console.say) as state:
        return _run_in(state, job, settings, deliver)


def _run_in(state: State, job: Job, settings: Settings, deliver: Callable[[Sequence[str]], None]) -> Outcome:
    """Run a job whose intermediate data are in the directory of `state`."""
    is_scratch = job.output == STDOUT
    output = OutputDirectory(job, os.path.join(state.directory, "out") if is_scratch else absolute(job.output))
    try:
        output.check(resumes=settings.resume and (state.began or output.is_empty()))
        suffix_of_parts(job)
        splits = find_splits(job).splits
    except Refused:
        if not settings.resume:
            forget(state)
        raise
    with in_working_directory(job, state.directory):
        outcome = _JobRun(job, settings, splits, output, state).run()
    outcome.parts = output.parts()
    if outcome.succeeded:
        if job.properties.input.skips_damage:
            from streamtools.local.recovery import damage

            outcome.damaged = damage.count(state.directory)
        if is_scratch:
            deliver(outcome.parts)
        forget(state)
    return outcome


class _JobRun:
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
            self._say_reason(str(finding))
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
        trials = run_tasks(
            waiting, partial(self._attempt, run_task), tries, self.settings.jobs, self.monitor.tick, feed
        )
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

    def _attempt(self, run_task: RunTask, trial: Trial) -> Done | Failed:
        """Make an attempt, in the process forked for it; if it fails for good, find out on what."""
        if begin := self.settings.console.begin_task:
            begin()
        pins = keep_freed_memory(self.maker.memory // 4)  # noqa: F841  held until the attempt has ended
        task = trial.task
        attempt = self.maker.make(task, trial.number, self.monitor.feeds(task))
        if (watch := self.monitor.watch) and not task.share:
            attempt = replace(attempt, on_read=watch.reading_meter(task.number))
        listen = attempt.runner.listen
        listen.holds = self.monitor.holds_tracebacks
        try:
            if most := self.settings.skip_bad:
                from streamtools.local.recovery.skipping import run_without_bad_records

                outcome = run_without_bad_records(attempt, run_task, most)
            else:
                outcome = run_task(attempt)
        except (CommandFailed, BadRecord) as error:
            outcome = Failed(error)
        usage = measure_usage()
        if isinstance(outcome, Failed) and trial.is_last and (self.settings.keep_failed or not outcome.command):
            from streamtools.local.recovery.blame import explain_failure

            with suppress(OSError):  # a full disk must not hide why it has failed
                outcome = explain_failure(attempt, run_task, outcome, self.state, keeps=self.settings.keep_failed)
        if isinstance(outcome, Failed):
            return outcome._replace(usage=usage, is_held=bool(listen.held))
        listen.release()
        return outcome._replace(usage=usage)

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


__all__ = ["Outcome", "Refused", "Settings", "run"]
