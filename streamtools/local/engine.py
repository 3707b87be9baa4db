"""A job from its plan to its commit."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass

from streamtools.errors import DataError
from streamtools.formats.hadoop_codecs import suffix_of
from streamtools.inputs.cuts import verify_members
from streamtools.job import STDOUT, Job, Refused
from streamtools.local.counters import (
    ERRORS,
    FILE_INPUT,
    FILE_OUTPUT,
    FRAMEWORK,
    SHUFFLE_ERRORS,
    Counters,
    limited,
    too_many,
    wrapped,
)
from streamtools.local.input.input_files import absolute
from streamtools.local.input.split import Split
from streamtools.local.input.splits import plan
from streamtools.local.output.part_files import OutputFolder, suffix_of_parts
from streamtools.local.recovery.replay import keep
from streamtools.local.recovery.skipping import FOLDER as SKIPPED
from streamtools.local.recovery.skipping import check as check_skipping
from streamtools.local.recovery.skipping import run_without_bad_records
from streamtools.local.recovery.state import State, forget, map_keys, place_of, reduce_key, state_of, task_file
from streamtools.local.reporting.failures import Failure, explained, last_words, preflight, reason
from streamtools.local.reporting.html_page import History, TaskRecord
from streamtools.local.reporting.progress import Progress, Watch
from streamtools.local.shuffle.merging import MapOutput
from streamtools.local.stages.environment import environment, job_properties, reduce_names, split_names, task_names
from streamtools.local.stages.process import CommandFailed
from streamtools.local.stages.working_directory import in_working_directory
from streamtools.local.tasks.attempt import Attempt, Builtin
from streamtools.local.tasks.run import Done, Failed, run_map, run_reduce
from streamtools.local.tasks.workers import Answer, Pool

BASE = 24 << 20  # bytes of a worker before it has read anything


def _nothing_built_in(_words: list[str], _path: str, _reporter: object) -> None:
    return None


@dataclass(frozen=True)
class Settings:
    """How a job is run here. memory: bytes of all workers together; say: takes lines for the user.

    programs: the folder of our own executables; builtin: makes a stage of a command line that is one of them.
    shuffle_values: seed of a random order of the values of each key, to expose who relies on one.
    resume: go on with what an earlier run of the same job has finished.
    skip_bad: how many bad records a task may leave out.
    progress: is told now and then how far the job is, failed of each attempt that fails; without it, `say` is.
    wipe: written before anything else that a task shows on stderr. job_id: what tasks are told; "" for one of ours.
    """

    jobs: int = 1
    memory: int = 512 << 20
    scratch: str | None = None
    programs: str = ""
    builtin: Builtin = _nothing_built_in
    shuffle_values: int | None = None
    resume: bool = False
    skip_bad: int = 0
    say: Callable[[str], None] = print
    progress: Callable[[Progress], None] | None = None
    failed: Callable[[Failure], None] | None = None
    wipe: bytes = b""
    job_id: str = ""


@dataclass
class Outcome:
    """How a job ended, and what all its tasks did. parts: the paths of its part files, in order."""

    succeeded: bool
    counters: Counters
    history: History
    parts: list[str]


def run(job: Job, settings: Settings, deliver: Callable[[Sequence[str]], None]) -> Outcome:
    """Run a job; with output to stdout its part files are given to `deliver`. Raises Refused before anything ran."""
    from tempfile import TemporaryDirectory, gettempdir

    if settings.skip_bad:
        check_skipping(job)
    work = settings.scratch or gettempdir()
    if job.output == STDOUT:
        with TemporaryDirectory(prefix="st-run-", dir=work) as scratch:
            state = State(scratch, replays=place_of(f"{os.getcwd()}\0{job.command_line}", work))
            state.forget_failed()
            return _run_in(state, job, settings, deliver)
    with state_of(absolute(job.output), work, settings.resume, settings.say) as state:
        return _run_in(state, job, settings, deliver)


def _run_in(state: State, job: Job, settings: Settings, deliver: Callable[[Sequence[str]], None]) -> Outcome:
    """Run a job whose intermediate data are in the folder of `state`."""
    output = OutputFolder(job, state.folder, absolute)
    try:
        output.check(goes_on=settings.resume and (state.began or output.is_empty()))
        suffix_of_parts(job)
        splits = plan(job).splits
    except Refused:
        if not settings.resume:
            forget(state)
        raise
    with in_working_directory(job, state.folder):
        outcome = _Engine(job, settings, splits, output, state).run()
    outcome.parts = output.parts()
    if outcome.succeeded and output.to_stdout:
        deliver(outcome.parts)
    if outcome.succeeded:
        forget(state)
    return outcome


class _Engine:
    """One run of a job."""

    def __init__(self, job: Job, settings: Settings, splits: list[Split], output: OutputFolder, state: State) -> None:
        self.job, self.settings, self.splits, self.output, self.state = job, settings, splits, output, state
        self.scratch = scratch = state.folder
        self.id = settings.job_id or f"local{os.getpid()}_0001"
        self.watch = Watch(settings.progress) if settings.progress else None
        self.properties = job_properties(job, len(splits), scratch)
        self.counters = Counters()
        self.began = time.monotonic()
        self.history = History(command="", counters=self.counters)
        path, seed = environment(job, {}, settings.programs)["PATH"], settings.shuffle_values
        self.map_keys = map_keys(job, splits, path, seed)
        self.reduce_key = reduce_key(job, self.map_keys, path, seed)

    def run(self) -> Outcome:
        """All tasks, then the commit."""
        can_begin = self._preflight()
        self.state.begin()
        self.output.create()
        succeeded = False
        try:
            if can_begin:
                self._begin_counters()
                outputs = self._map()
                succeeded = outputs is not None and (not self.job.reduces or self._reduce(outputs))
                succeeded = succeeded and self._within_limits()
        finally:
            self.output.end(succeeded)
        self.history.seconds, self.history.succeeded = time.monotonic() - self.began, succeeded
        self.history.counters = wrapped(self.counters)
        return Outcome(succeeded, self.history.counters, self.history, [])

    def _preflight(self) -> bool:
        """Whether the mapper can be started; what the others lack is told now, and fails their tasks as in Hadoop."""
        path = environment(self.job, {}, self.settings.programs)["PATH"]
        problems = preflight(self.job, path, bool(self.splits), self.settings.builtin)
        for error in problems.values():
            self.settings.say(str(error))
        return "mapper" not in problems

    def _map(self) -> list[MapOutput] | None:
        """The outputs of all map tasks in order, None when one failed; the others have run all the same."""
        if self.watch:
            comparable = [not suffix_of(split.path) for split in self.splits]
            self.watch.begin(True, [split.length for split in self.splits], comparable, self.job.reduces)
        done = self._run(self.splits, self.map_keys, run_map, self._tries("map"))
        if None in done or not self._verified(filter(None, done)):
            return None
        return [each.output for each in done if each and each.output]

    def _verified(self, done: Iterable[Done]) -> bool:
        """Whether the members of archives that several tasks have read were whole; if not, no output is left."""
        try:
            verify_members(member_slice for each in done for member_slice in each.slices)
        except DataError as error:
            self.settings.say(str(error))
            self.output.remove_parts_but(())
            return False
        return True

    def _reduce(self, outputs: list[MapOutput]) -> bool:
        """Whether all reduce tasks have succeeded."""
        shuffled = self.counters[FRAMEWORK, "Map output materialized bytes"]
        self.counters[FRAMEWORK, "Reduce shuffle bytes"] = shuffled
        fetched = len(self.splits) * self.job.reduces
        self.counters[FRAMEWORK, "Shuffled Maps "] = self.counters[FRAMEWORK, "Merged Map outputs"] = fetched

        def run_one(attempt: Attempt) -> Done:
            segments = [segment for output in outputs for segment in output.partitions[attempt.number]]
            return run_reduce(attempt, segments)

        if self.watch:
            shares = zip(*(output.partitions for output in outputs), strict=True)
            sizes = [sum(segment.length for share in one for segment in share) for one in shares]
            self.watch.begin(False, sizes or [0] * self.job.reduces, [True] * self.job.reduces, self.job.reduces)
        keys = [self.reduce_key] * self.job.reduces
        done = self._run([None] * len(keys), keys, run_one, self._tries("reduce"))
        self.counters[FRAMEWORK, "Spilled Records"] += self.counters[FRAMEWORK, "Reduce input records"]
        return None not in done

    def _tries(self, kind: str) -> int:
        """How often a task is tried: once, as Hadoop's local runner does, unless the user wants it as on a cluster."""
        name = f"mapreduce.{kind}.maxattempts"
        return self.job.number(name) if name in self.job.given else 1

    def _run(
        self,
        tasks: Sequence[Split | None],
        keys: Sequence[str],
        run_one: Callable[[Attempt], Done | Failed],
        tries: int,
    ) -> list[Done | None]:
        """Run a task for each split, or reducer, and commit those that succeed; None stands for one that failed.

        What an earlier run has done with the same key is taken over. A task that fails is tried again, up to `tries`
        times, with its output and counters forgotten.
        """
        done = self._taken_over(tasks, keys)
        attempts = [0] * len(tasks)
        pool = Pool(self.settings.jobs, self.watch.tick if self.watch else None)

        def submit(number: int) -> None:
            tried = attempts[number]
            is_last = tried + 1 >= tries
            pool.submit(number, lambda: self._carry_out(run_one, number, tasks[number], tried, is_last))

        for number, earlier in enumerate(done):
            if earlier is None:
                submit(number)
            elif self.watch:
                self.watch.ended(number)
        with closing(pool.answers()) as answers:  # whatever happens, no worker goes on after this
            for answer in answers:
                number, split, tried = answer.number, tasks[answer.number], attempts[answer.number]
                if isinstance(answer.result, Failed):
                    self.counters.update(answer.result.counters)
                    answer = answer._replace(error=answer.result.error)
                self.history.tasks.append(self._record(answer, split, tried))
                if isinstance(answer.result, Done):
                    done[number] = answer.result
                    self._commit(self._attempt_name(number, split, tried), split, number, keys[number], answer.result)
                    continue
                self._fail(answer, split, tried)
                attempts[number] += 1
                if attempts[number] < tries:
                    self.settings.say(f"trying again: attempt {attempts[number] + 1} of {tries}")
                    submit(number)
        return done

    def _carry_out(
        self, run_one: Callable[[Attempt], Done | Failed], number: int, split: Split | None, tried: int, is_last: bool
    ) -> Done | Failed:
        """Run an attempt in the process made for it; where its command fails for good, it is kept for a replay."""
        attempt = self._attempt(number, split, tried)
        try:
            if most := self.settings.skip_bad:
                result: Done | Failed = run_without_bad_records(attempt, run_one, most)
            else:
                result = run_one(attempt)
            error = result.error if isinstance(result, Failed) else None
        except CommandFailed as failed:
            result, error = Failed(Counters(), failed), failed
        if isinstance(error, CommandFailed) and is_last:
            with suppress(OSError):  # a full disk must not hide why the command has failed
                error.replay = keep(attempt, run_one, error, self.state)
        return result

    def _fail(self, answer: Answer, split: Split | None, tried: int) -> None:
        """Forget what an attempt has written, and explain why it failed."""
        name = self._attempt_name(answer.number, split, tried)
        self.output.abort_task(name)
        heard_alone = not self._others_spoke(name, answer)
        failure = explained(self.job, name, split, answer, self._log(name), heard_alone)
        if self.settings.failed:
            self.settings.failed(failure)
            return
        for line in failure.lines():
            self.settings.say(line)

    def _others_spoke(self, name: str, answer: Answer) -> bool:
        """Whether another task has written to stderr while an attempt ran, so that its words are not together."""
        since = time.time() - (time.monotonic() - answer.start)
        return any(
            entry.name.endswith(".stderr") and entry.path != self._log(name) and entry.stat().st_mtime >= since
            for entry in os.scandir(self.scratch)
        )

    def _commit(self, attempt: str, split: Split | None, number: int, key: str, done: Done) -> None:
        """Let an attempt's output be the task's, and record that it is done."""
        task = task_file(split is not None, number)
        files = self.output.commit_task(attempt)
        self.counters.update(done.counters)
        aside = os.path.join(self.output.path, SKIPPED, task)
        if self.settings.skip_bad and os.path.exists(aside):
            self.settings.say(f"bad records of {task} are put aside in {aside}")
        if done.output:
            files.append(os.path.join(self.scratch, task))
        self.state.keep(task, key, done, files)
        if self.watch:
            self.watch.ended(number)

    def _taken_over(self, tasks: Sequence[Split | None], keys: Sequence[str]) -> list[Done | None]:
        """What an earlier run reported of each task, where it still holds; its counters count."""
        if not self.settings.resume:
            return [None] * len(tasks)
        kind = "map" if tasks and tasks[0] else "reduce"
        done: list[Done | None] = self.state.done(kind, keys)
        if kind == "reduce" or not self.job.reduces:
            self.output.remove_parts_but(self.state.files)
        for earlier in filter(None, done):
            self.counters.update(earlier.counters)
        self.settings.say(f"{len(done) - done.count(None)} of {len(done)} {kind} tasks were done already")
        return done

    def _record(self, answer: Answer, split: Split | None, tried: int) -> TaskRecord:
        """What the report tells of an attempt that has ended."""
        done = answer.result if isinstance(answer.result, Done) else None
        side = "Map" if split else "Reduce"
        counted = done.counters if done else Counters()
        written = (FRAMEWORK, "Map output bytes") if split and self.job.reduces else (FILE_OUTPUT, "Bytes Written")
        return TaskRecord(
            name=f"{side.lower()} task {answer.number}",
            attempt=tried,
            source=str(split or f"partition {answer.number}"),
            start=answer.start - self.began,
            end=answer.end - self.began,
            succeeded=done is not None,
            bytes_in=done.size if done else 0,
            records_in=done.records if done else 0,
            bytes_out=counted[written],
            records_out=counted[FRAMEWORK, f"{side} output records"],
            problem="" if done else reason(answer),
            last_words=() if done else last_words(self._log(self._attempt_name(answer.number, split, tried))),
        )

    def _attempt_name(self, number: int, split: Split | None, tried: int) -> str:
        return task_names(self.id, split is not None, number, tried)["mapreduce.task.attempt.id"]

    def _log(self, name: str) -> str:
        return os.path.join(self.scratch, f"{name}.stderr")

    def _attempt(self, number: int, split: Split | None, tried: int) -> Attempt:
        """An attempt at a task, made in the process that runs it."""
        names = task_names(self.id, split is not None, number, tried)
        names |= split_names(split) if split else reduce_names(len(self.splits))
        name = names["mapreduce.task.attempt.id"]
        folder = self.output.attempt(name)
        names["mapreduce.task.output.dir"] = f"file:{folder}"
        return Attempt(
            job=self.job,
            number=number,
            split=split,
            environment=environment(self.job, {**self.properties, **names}, self.settings.programs),
            folder=folder,
            scratch=self.scratch,
            log=self._log(name),
            memory=max(self.settings.memory // self.settings.jobs - BASE, 1 << 20),
            builtin=self.settings.builtin,
            shuffle=self.settings.shuffle_values,
            wipe=self.settings.wipe,
            meter=self.watch.meter(number) if self.watch else None,
        )

    def _begin_counters(self) -> None:
        """The counters that are there from the start, in the order in which they are printed."""
        job = self.job
        names = ["Map input records", "Map output records"]
        if job.reduces:
            names += ["Map output bytes", "Map output materialized bytes", "Combine input records"]
            names += ["Combine output records", "Reduce input groups", "Reduce shuffle bytes", "Reduce input records"]
            names += ["Reduce output records"]
        names += ["Spilled Records", *(["Shuffled Maps "] if job.reduces else []), "Failed Shuffles"]
        for name in [*names, "Merged Map outputs"]:
            self.counters[FRAMEWORK, name] = 0
        if job.reduces:
            self.counters.update(dict.fromkeys([(SHUFFLE_ERRORS, name) for name in ERRORS], 0))
        self.counters[FILE_INPUT, "Bytes Read"] = self.counters[FILE_OUTPUT, "Bytes Written"] = 0

    def _within_limits(self) -> bool:
        limit = self.job.number("mapreduce.job.counters.max", 120)
        if limited(self.counters) <= limit:
            return True
        self.settings.say(str(too_many(limited(self.counters), limit)))
        return False


__all__ = ["Outcome", "Refused", "Settings", "run"]
