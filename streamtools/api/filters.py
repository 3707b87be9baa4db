"""A stage of a job as a filter: records from stdin to stdout, everything else to stderr."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from streamtools.api.stage_making import run_stage
from streamtools.api.task_context import VARIABLES
from streamtools.errors import UsageError
from streamtools.records import chunks, join_small, whole_lines, write_all
from streamtools.stage import StageFailed

if TYPE_CHECKING:
    from streamtools.api.definition import Definition

HADOOP_TASK = ("mapreduce_task_attempt_id", "mapred_task_id")  # variables that Hadoop sets for a task
ALLOCATIONS = 100_000  # between collections of garbage: a batch of records makes none, but some thousand objects
WARNING = "print goes to stderr in a task, as stdout holds its records; yield what belongs there"
INPUT_NAME = "--input-name"


def run_filter(job: Definition, role: str, words: Sequence[str]) -> int:
    """Run a stage over stdin and stdout; return the exit status. words: the options of the command line."""
    if name := parse_words(job, role, words):
        os.environ[VARIABLES[0]] = name  # job.input_name is as in a task
    gc.set_threshold(ALLOCATIONS)
    failures: list[StageFailed] = []
    with _stdout_is_stderr(lambda text: _tell(f"{job.name}: {text}")) as output:
        blocks = run_stage(job, role, whole_lines(chunks(0)), name)
        for block in join_small(_until_failure(blocks, failures)):
            try:
                write_all(block, output)
            except BrokenPipeError:  # end as a C filter does
                signal.signal(signal.SIGPIPE, signal.SIG_DFL)
                os.kill(os.getpid(), signal.SIGPIPE)
    if failures:
        _tell("\n".join(failures[0].lines))
        return failures[0].status
    _report(job)
    return 0


def _until_failure(blocks: Iterator[bytes], failures: list[StageFailed]) -> Iterator[bytes]:
    """Yield blocks up to a failure, which is added to `failures`."""
    try:
        yield from blocks
    except StageFailed as failed:
        failures.append(failed)


def parse_words(job: Definition, role: str, words: Sequence[str]) -> str:
    """Take the options of a stage's command line; return the name of its input. Raises UsageError for unknown ones."""
    rest = job.options.take(words)
    name = ""
    if rest[:1] == [INPUT_NAME] and len(rest) > 1:
        name, rest = rest[1], rest[2:]
    elif rest and rest[0].startswith(f"{INPUT_NAME}="):
        name, rest = rest[0].partition("=")[2], rest[1:]
    if rest:
        remedy = f"add '< {rest[0]}'" if os.path.isfile(rest[0]) else "see --help"
        raise UsageError(f"{role} {rest[0]}", "unknown option or argument, records come from stdin", remedy)
    job.options.check()
    return name


def _report(job: Definition) -> None:
    """Write counters and remarks, in Hadoop's form inside a task."""
    if any(name in os.environ for name in HADOOP_TASK):
        lines = job.counts.hadoop_lines()
    else:
        counters = [f"{group}, {name}: {amount:,}" for (group, name), amount in job.counts.counters.items()]
        lines = [f"{job.name}: {line}" for line in [*counters, *job.counts.remarks]]
    if lines:
        _tell("\n".join(lines))


def _tell(text: str) -> None:
    if text:
        write_all(os.fsencode(f"{text}\n"), 2)


class Prints:
    """Stands for sys.stdout in a task: passes what is printed on to stderr, and warns once."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn: Callable[[str], None] | None = warn

    def write(self, text: str) -> int:
        """Write text to stderr."""
        if self._warn and text.strip():
            warn, self._warn = self._warn, None
            warn(WARNING)
        return sys.stderr.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)


@contextmanager
def _stdout_is_stderr(warn: Callable[[str], None]) -> Iterator[int]:
    """Yield a descriptor for the records; meanwhile stdout is stderr, for this process and those that it starts."""
    records = os.dup(1)
    os.set_inheritable(records, False)
    os.dup2(2, 1)
    before = sys.stdout
    before.flush()  # what was printed before
    sys.stdout = Prints(warn)
    try:
        yield records
    finally:
        sys.stdout = before
        os.close(records)
