"""What a command was given, written to a file: by running the task up to there once more, with nobody listening."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from streamtools.errors import StreamtoolsError
from streamtools.records import write_all

if TYPE_CHECKING:
    from streamtools.local.tasks.attempt import Attempt

OUTPUT_FOLDER = ("mapreduce_task_output_dir", "mapred_work_output_dir")


class Recorded(StreamtoolsError):
    """All that was wanted is written: the end of a task that is run for its recording only."""


class Recorder:
    """Writes the stdin of a task's command to the file `path`, up to the block in which `limit` bytes are reached.

    A mapper or reducer is not run for it. A combiner is, and fails again: what it was given last is in the file then.
    """

    def __init__(self, role: str, path: str, limit: int | None) -> None:
        self.role, self.path, self.limit = role, path, limit

    def taken(self, stdin: Iterable[bytes]) -> Iterator[bytes]:
        """The blocks of a combiner's stdin as they are written; raises Recorded instead for the other commands."""
        size = 0
        with open(self.path, "wb", buffering=0) as file:
            for block in stdin:
                write_all(block, file.fileno())
                size += len(block)
                if self.role == "combiner":
                    yield block
                elif self.limit is not None and size >= self.limit:
                    break
        if self.role != "combiner":
            raise Recorded("", "recorded")


def record(attempt: Attempt, run: Callable[[Attempt], Any], role: str, path: str, limit: int | None = None) -> None:
    """Write what the command `role` of an attempt is given to the file `path`; `run` runs the attempt's task."""
    with unheard(attempt) as again, suppress(StreamtoolsError):
        again.recorder = Recorder(role, path, limit)
        run(again)


@contextmanager
def unheard(attempt: Attempt) -> Iterator[Attempt]:
    """The same attempt once more: its output, side files, counters and stderr are dropped."""
    from dataclasses import replace
    from tempfile import TemporaryDirectory

    from streamtools.local.counters import Counters

    with TemporaryDirectory(prefix="again-", dir=attempt.scratch) as folder:
        environment = attempt.environment | dict.fromkeys(OUTPUT_FOLDER, f"file:{folder}")
        yield replace(
            attempt,
            environment=environment,
            folder=folder,
            log=os.devnull,
            counters=Counters(),
            meter=None,
            is_heard=False,
        )
