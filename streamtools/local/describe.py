"""Attempts that have ended, as the plain data that reports and messages take."""

import errno
import os
from collections.abc import Sequence
from dataclasses import replace

from streamtools.errors import DataError, StreamtoolsError
from streamtools.formats.hadoop_codecs import find_format
from streamtools.inputs.locations import is_remote
from streamtools.job import STDOUT, Job
from streamtools.local.counters import FILE_OUTPUT, FRAMEWORK, Counters
from streamtools.local.input.split import Split
from streamtools.local.reporting.failures import Failure, advise, kind_of, read_last_words
from streamtools.local.reporting.history import Amount, AttemptRecord, InputFile, Problem
from streamtools.local.scheduler import Ended
from streamtools.local.tasks.outcome import Done, Failed
from streamtools.local.tasks.task import Task


def record_of(ended: Ended, began: float, failure: Failure | None, has_reducers: bool) -> AttemptRecord:
    """Return what a report says of an attempt. began: of the run; failure: of the attempt, if it failed."""
    task, outcome = ended.trial.task, ended.outcome
    done = outcome if isinstance(outcome, Done) else None
    counters = done.counters if done else Counters()
    side = "Map" if task.is_map else "Reduce"
    written = (FRAMEWORK, "Map output bytes") if task.is_map and has_reducers else (FILE_OUTPUT, "Bytes Written")
    return AttemptRecord(
        name=task.name,
        is_map=task.is_map,
        attempt=ended.trial.number,
        source=task.source,
        start=ended.start - began,
        end=ended.end - began,
        read=Amount(done.records, done.size) if done else Amount(),
        written=Amount(counters[FRAMEWORK, f"{side} output records"], counters[written]),
        usage=outcome.usage,
        problem=_problem_of(failure) if failure else None,
    )


def _problem_of(failure: Failure) -> Problem:
    return Problem(failure.summary, failure.last_words, failure.kind, failure.record, failure.advice, failure.commands)


def describe_inputs(splits: Sequence[Split]) -> list[InputFile]:
    """Return the files of a job, with what their headers tell without decoding anything."""
    packed: dict[str, int] = {}
    for split in splits:
        packed[split.path] = packed.get(split.path, 0) + split.packed
    member = splits[0].member if splits else None  # the same for all
    return [_describe_input(path, size, member) for path, size in packed.items()]


def _describe_input(path: str, packed: int, member: str | None) -> InputFile:
    from streamtools.inputs.cuts import find_contents

    try:
        contents = find_contents(path, find_format(path), member) if find_format(path) and not is_remote(path) else []
    except (StreamtoolsError, OSError):  # its task will tell
        contents = []
    return InputFile(path, packed, contents[-1].end if contents else 0, [each.name for each in contents if each.name])


def explain(job: Job, task: Task, attempt: str, failed: Failed, log: str, is_seen: bool) -> Failure:
    """Return the failure of an attempt. is_seen: its last words stand together on stderr."""
    split = task.split
    is_placed = isinstance(failed.error, DataError) and split and failed.error.place.startswith(split.path)
    where = f" on {split.path}, bytes {split.start:,} to {split.end:,}" if split and not is_placed else ""
    last_words = read_last_words(log)
    summary = f"{task.name}{where} failed: {failed.reason}"
    if isinstance(failed.error, OSError) and failed.error.errno == errno.ENOSPC:
        output = "" if job.output == STDOUT else f" or for {job.output}"
        summary += f"; free some for {os.path.dirname(log)}{output}, or name another directory with --work-dir"
    kind = kind_of(failed.error.problem if isinstance(failed.error, DataError) else failed.reason, last_words)
    failure = Failure(attempt, summary, last_words, is_seen, record=failed.record, task=task.name, kind=kind)
    if not (failed.command or failed.replay):
        return failure
    from streamtools.local.recovery.replay import commands_alone

    advice = advise(last_words, f"{failed.command.remedy}{failed.remedy}") if failed.command else ""
    return replace(failure, advice=advice, commands=commands_alone(job, task, failed))
