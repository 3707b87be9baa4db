"""The stage of a command `python3 job.py map|combine|reduce`, found so that it runs inside st-run's task."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from streamtools.api.definition import ROLES
from streamtools.api.filters import parse_words
from streamtools.api.in_process import make_stage
from streamtools.api.job import Job
from streamtools.api.job_file import is_job_file, load_job
from streamtools.reporter import Reporter
from streamtools.stage import InProcessStage


class Command(NamedTuple):
    """What a command runs: a stage of a job. input_name: as its command line has it, "" if it is not there."""

    job: Job
    role: str
    input_name: str


def find_stage(words: list[str], path: str, reporter: Reporter) -> InProcessStage | None:
    """Return the stage of a command line `python3 job.py map|combine|reduce`; None for any other.

    The file is run anew for each stage, as its functions may keep something. Whatever is wrong with it shows when the
    command is run, so that it shows as it would on a cluster.
    """
    if os.path.dirname(path) != os.path.dirname(sys.executable):
        return None
    try:
        with _quiet():
            command = find_command(words, path)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return None
    return make_stage(command.job, command.role, reporter, command.input_name) if command else None


def find_command(words: list[str], path: str) -> Command | None:
    """Return the stage of a job that a command line runs, whose program is at `path`; None for any other command.

    Raises whatever the file raises that is run for it.
    """
    if len(words) < 3:
        return None
    at = 2 if words[2] in ROLES else 3  # behind the name of a step
    if len(words) <= at or words[at] not in ROLES:
        return None
    if os.path.realpath(path) != os.path.realpath(sys.executable) or not is_job_file(words[1]):
        return None
    job = load_job(words[1], words[2] if at == 3 else "")
    return Command(job, words[at], parse_words(job, words[at], words[at + 1 :]))


@contextmanager
def _quiet() -> Iterator[None]:
    """Run the statements of a job's file with neither input nor output: the command itself shows what they print."""
    before = sys.stdin, sys.stdout, sys.stderr, list(sys.argv)
    with open(os.devnull, "r+") as null:
        sys.stdin = sys.stdout = sys.stderr = null
        try:
            yield
        finally:
            sys.stdin, sys.stdout, sys.stderr, sys.argv[:] = before
