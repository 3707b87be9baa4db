"""Stages of jobs, run inside st-run's task instead of a process of their own: same records, counters and failures."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from streamtools.api.definition import Definition
from streamtools.api.filters import ALLOCATIONS, Prints
from streamtools.api.stage_making import run_stage
from streamtools.reporter import Reporter
from streamtools.stage import InProcessStage

Listen = Callable[[list[bytes]], None]


def make_stage(job: Definition, role: str, reporter: Reporter, name: str = "") -> InProcessStage:
    """Return a stage of a job. What it reports and prints goes to the reporter."""

    def transform(blocks: Iterable[bytes]) -> Iterator[bytes]:
        gc.set_threshold(ALLOCATIONS)
        outer = job.counts  # a combiner runs while the mapper of the same job waits
        try:
            with _prints_to(job, reporter.listen):
                yield from run_stage(job, role, blocks, name, reporter)
            for line in job.counts.hadoop_lines():
                reporter.remark(line)
        finally:
            job.counts = outer

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

    def flush(self) -> None:
        """Do nothing: an unfinished line waits for its end."""

    def end(self) -> None:
        """Pass on an unfinished line."""
        if self._rest:
            self.write("\n")

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.__stderr__, name)
