"""A failed task, explained: which one, on what, how it ended, its last words, and how to run just that again."""

import errno
import os
import re
import shlex
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from streamtools.errors import StreamtoolsError, in_words
from streamtools.formats.hadoop_codecs import suffix_of
from streamtools.inputs.paths import is_remote
from streamtools.java.words import split_command
from streamtools.job import STDOUT, Job
from streamtools.local.input.split import Split
from streamtools.local.stages.process import CommandFailed
from streamtools.local.stages.program import NotRunnable, check
from streamtools.local.tasks.attempt import Builtin
from streamtools.local.tasks.workers import Answer
from streamtools.reporter import Reporter

BAD_RECORD = "if a record is bad, --skip-bad N leaves up to N of them in a task out"
LAST_LINES, LAST_BYTES = 20, 1 << 14  # of stderr, told in the report of a failure


HINTS = [  # what the last line of a traceback shows -> what to try
    (r"ModuleNotFoundError: No module named '([^'.]*)", "install {0}, or ship it with -files {0}.py"),
    (r"(?:FileNotFoundError|IOError).*: '([^'/]+)'", "ship {0} with -files {0}"),
    (r"UnicodeDecodeError", "read bytes from sys.stdin.buffer, or set -cmdenv PYTHONIOENCODING=latin-1"),
    (r"SyntaxError", "it may be for another Python: look at its `#!` line"),
    (r"^(?:ValueError|IndexError|KeyError|TypeError)\b", BAD_RECORD),
]


@dataclass(frozen=True)
class Failure:
    """An attempt at a task that has failed.

    attempt: its name in the job; told: which task, on what, and how; words: the last lines of its stderr; seen: that
    they are what stderr showed last; commands: each runs the task alone.
    """

    attempt: str
    told: str
    words: Sequence[str] = ()
    seen: bool = False
    advice: str = ""
    commands: Sequence[str] = ()

    def lines(self, again: bool = False) -> list[str]:
        """All of it for the user; words that have just been seen only when they are wanted `again`."""
        lines = [self.told]
        if self.words and (again or not self.seen):
            lines += ["  its last words on stderr:", *(f"    {word}" for word in self.words)]
        if self.advice:
            lines.append(f"  {self.advice}")
        return lines + [f"  to try it alone: {command}" for command in self.commands]


def explained(job: Job, attempt: str, split: Split | None, answer: Answer, log: str, alone: bool) -> Failure:
    """The failure of an attempt; `log` has what it wrote to stderr, `alone` tells that nobody else wrote meanwhile."""
    where = f" on {split.path}, bytes {split.start:,} to {split.end:,}" if split else ""
    words = last_words(log)
    told = f"{'map' if split else 'reduce'} task {answer.number}{where} failed: {reason(answer)}"
    if isinstance(answer.error, OSError) and answer.error.errno == errno.ENOSPC:
        output = "" if job.output == STDOUT else f" or for {job.output}"
        told += f"; free some for {os.path.dirname(log)}{output}, or name another directory with --work-dir"
    if not isinstance(answer.error, CommandFailed):
        return Failure(attempt, told, words, alone)
    commands = _commands(job, split, answer.error)
    return Failure(attempt, told, words, alone, _advice(answer.error, words), commands)


def _advice(error: CommandFailed, words: list[str]) -> str:
    """What to try, as far as the last words tell."""
    last = next((word for word in reversed(words) if word.strip()), "")
    if not last and not error.remedy:
        return "it wrote nothing to stderr"
    for pattern, hint in HINTS:
        if match := re.search(pattern, last):
            return "" if hint == BAD_RECORD and "skip" in error.remedy else hint.format(*match.groups())
    return ""


def _commands(job: Job, split: Split | None, error: CommandFailed) -> list[str]:
    """Commands for a shell that run the task alone: with all that it had around it, and just the mapper."""
    commands = [f"st-run --replay {shlex.quote(error.replay)}"] if error.replay else []
    if split and error.role == "mapper":
        commands.append(_alone(job, split))
    return commands


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
    if isinstance(error, OSError):
        return f"{error.filename}: {in_words(error)}" if error.filename else in_words(error)
    if error is not None:
        return str(error)
    try:
        name = signal.Signals(answer.signal).name
    except ValueError:
        name = f"signal {answer.signal}"
    return f"its process was killed by {name}; most often the machine had no memory left: try fewer --jobs"


def _alone(job: Job, split: Split) -> str:
    """A pipeline for a shell that feeds the split to the mapper; the border lines may differ.

    Of a compressed file it is all of it.
    """
    path = shlex.quote(split.path)
    name, *words = split_command(job.mapper.text)
    name = name if os.sep in name or not os.path.isfile(name) else os.path.join(".", name)  # a shell looks on PATH only
    command = shlex.join([name, *words])
    if is_remote(split.path) or suffix_of(split.path):
        return f"st-cat {path} | {command}"
    if split.is_whole:
        return f"{command} < {path}"
    return f"tail -c +{split.start + 1} {path} | head -c {split.length} | {command}"


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


__all__ = ["Failure", "NotRunnable", "explained", "last_words", "preflight", "reason"]
