"""The input of a command, written to a file: the task is run up to there once more, with its output dropped."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import NoReturn

from streamtools.errors import StreamtoolsError
from streamtools.local.counters import Counters
from streamtools.local.stages.feeds import Feed, feed_for
from streamtools.local.tasks.attempt import Attempt
from streamtools.local.tasks.outcome import Done, Failed
from streamtools.records import write_all

OUTPUT_VARIABLES = ("mapreduce_task_output_dir", "mapred_work_output_dir")
RunTask = Callable[[Attempt], Done | Failed]


class Recorded(StreamtoolsError):
    """All that was wanted is written: the end of a task that is run for its recording only."""


def record(attempt: Attempt, run: RunTask, role: str, path: str, limit: int | None = None, *feeds: Feed) -> None:
    """Write the input of the command with this role to the file `path`; `run` runs the attempt's task.

    limit: stop at the block in which that many bytes are reached. feeds: what the input passes through before.
    A combiner is run while it is recorded, and fails again: the file then holds its last input.
    """
    write = _write_combiner_input if role == "combiner" else partial(_write_input, limit=limit)
    with muted(attempt) as again, suppress(StreamtoolsError):
        recorder = feed_for(role, partial(write, path))
        run(replace(again, runner=replace(again.runner, feeds=(*feeds, recorder))))


@contextmanager
def muted(attempt: Attempt) -> Iterator[Attempt]:
    """Give the same attempt once more, with output, side files, counters and stderr dropped."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="again-", dir=attempt.scratch) as directory:
        runner = replace(
            attempt.runner,
            environment=attempt.runner.environment | dict.fromkeys(OUTPUT_VARIABLES, f"file:{directory}"),
            listen=replace(attempt.runner.listen, log=None),
            feeds=(),
        )
        yield replace(attempt, output=directory, counters=Counters(), runner=runner, on_read=None)


def _write_input(path: str, stdin: Iterable[bytes], limit: int | None) -> NoReturn:
    """Write the blocks to a file, and raise Recorded before the command that they are for is started."""
    size = 0
    with open(path, "wb", buffering=0) as file:
        for block in stdin:
            write_all(block, file.fileno())
            size += len(block)
            if limit is not None and size >= limit:
                break
    raise Recorded("", "recorded")


def _write_combiner_input(path: str, stdin: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the blocks as they are written to a file."""
    with open(path, "wb", buffering=0) as file:
        for block in stdin:
            write_all(block, file.fileno())
            yield block
