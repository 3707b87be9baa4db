"""A failed task, explained: which one, on what, how it ended, its last words, and how to run just that again."""

import os
import shlex
import signal
from contextlib import suppress

from streamtools.errors import StreamtoolsError
from streamtools.job import Job
from streamtools.local.attempt import Builtin
from streamtools.local.command import NotRunnable, check
from streamtools.local.plan import Split
from streamtools.local.process import CommandFailed
from streamtools.local.workers import Answer
from streamtools.reporter import Reporter

LAST_LINES, LAST_BYTES = 20, 1 << 14  # of stderr, told in the report of a failure


def explained(job: Job, split: Split | None, answer: Answer, log: str) -> list[str]:
    """Lines for the user about the failure of a task; `log` has what it wrote to stderr."""
    where = f" on {split.path}, bytes {split.start:,} to {split.end:,}" if split else ""
    lines = [f"{'map' if split else 'reduce'} task {answer.number}{where} failed: {reason(answer)}"]
    if words := last_words(log):
        lines.append("  its last words on stderr:")
        lines += [f"    {word}" for word in words]
    if split and job.mapper.is_command and isinstance(answer.error, CommandFailed):
        lines.append(f"  to try it alone: {_alone(job, split)}")
    return lines


def last_words(log: str) -> list[str]:
    """The last lines of a file, if there is one."""
    try:
        with open(log, "rb") as file:
            file.seek(max(os.path.getsize(log) - LAST_BYTES, 0))
            return file.read().decode("utf-8", "replace").splitlines()[-LAST_LINES:]
    except FileNotFoundError:
        return []


def reason(answer: Answer) -> str:
    """How a task has failed, in one line."""
    error = answer.error
    if isinstance(error, CommandFailed):
        prefix = "PipeMapRed.waitOutputThreads(): " if error.problem.startswith("subprocess") else ""
        return prefix + str(error)
    if isinstance(error, MemoryError):
        return "out of memory; give more to --memory, or fewer --jobs"
    if error is not None:
        return str(error)
    try:
        name = signal.Signals(answer.signal).name
    except ValueError:
        name = f"signal {answer.signal}"
    return f"its process was killed by {name}; most often the machine had no memory left: try fewer --jobs"


def _alone(job: Job, split: Split) -> str:
    """A pipeline for a shell that feeds the split to the mapper; the border lines may differ."""
    path = shlex.quote(split.path)
    if split.start == 0 and split.length == os.path.getsize(split.path):
        return f"{job.mapper.text} < {path}"
    return f"tail -c +{split.start + 1} {path} | head -c {split.length} | {job.mapper.text}"


def preflight(job: Job, search: str, has_maps: bool, builtin: Builtin) -> dict[str, NotRunnable]:
    """Why commands cannot be started, for each role whose tasks will fail by it.

    Of our own tools the modules are imported by this, once for all tasks: 25 ms each.
    """
    stages = [("mapper", job.mapper if has_maps else None), ("combiner", job.combiner if has_maps else None)]
    if job.reduces:
        stages.append(("reducer", job.reducer))
    problems = {}
    for role, stage in stages:
        if stage and stage.is_command:
            try:
                program = check(role, stage.text, search)
            except NotRunnable as error:
                problems[role] = error
                continue
            with suppress(StreamtoolsError):  # its options are understood in the task, which knows its input
                builtin(program.words, program.path or "", Reporter())
    return problems


__all__ = ["NotRunnable", "explained", "last_words", "preflight", "reason"]
