"""Stages of jobs, run inside st-run's task instead of a process of their own: same records, counters and failures."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from streamtools.api.definition import ROLES, Definition
from streamtools.api.filters import ALLOCATIONS, Prints, parse_words
from streamtools.api.job_file import is_job_file, load_job
from streamtools.api.stages import run_stage
from streamtools.reporter import Reporter
from streamtools.stage import InProcessStage

Listen = Callable[[list[bytes]], None]


def find_stage(words: list[str], path: str, reporter: Reporter) -> InProcessStage | None:
    """Return the stage of a command line `python3 job.py map|combine|reduce`; None for any other.

    The file is run anew for each stage, as its functions may keep something. Whatever is wrong with it shows when the
    command is run, so that it shows as it would on a cluster.
    """
    if os.path.dirname(path) != os.path.dirname(sys.executable) or len(words) < 3:
        return None
    at = 2 if words[2] in ROLES else 3  # behind the name of a step
    if len(words) <= at or words[at] not in ROLES:
        return None
    if os.path.realpath(path) != os.path.realpath(sys.executable) or not is_job_file(words[1]):
        return None
    try:
        with _quiet():
            job = load_job(words[1], words[2] if at == 3 else "")
            name = parse_words(job, words[at], words[at + 1 :])
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return None
    return make_stage(job, words[at], reporter, name)


def make_stage(job: Definition, role: str, reporter: Reporter, name: str = "") -> InProcessStage:
    """Return a stage of a job. What it reports and prints goes to the reporter."""

    def transform(blocks: Iterable[bytes]) -> Iterator[bytes]:
        gc.set_threshold(ALLOCATIONS)
        with _prints_to(job, reporter.listen):
            yield from run_stage(job, role, blocks, name)
        for line in job.counts.hadoop_lines():
            reporter.remark(line)

    return InProcessStage(transform)


@contextmanager
def _prints_to(job: Definition, listen: Listen | None) -> Iterator[None]:
    """Pass what Python code prints, to stdout or stderr, on as lines of a task's stderr."""
    if listen is None:
        yield
        return
    before = sys.stdout, sys.stderr
    lines = _Lines(listen)
    sys.stderr = lines
    sys.stdout = Prints(lambda text: listen([f"{job.name}: {text}".encode()]))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        lines.end()


class _Lines:
    """Stands for sys.stderr: passes whole lines on."""

    def __init__(self, listen: Listen) -> None:
        self._listen, self._rest = listen, ""

    def write(self, text: str) -> int:
        """Take text; pass on the lines that it completes."""
        *lines, self._rest = (self._rest + text).split("\n")
        if lines:
            self._listen([line.encode("utf-8", "backslashreplace") for line in lines])
        return len(text)

    def end(self) -> None:
        """Pass on an unfinished line."""
        if self._rest:
            self.write("\n")

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.__stderr__, name)


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
