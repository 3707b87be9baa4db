"""Jobs run for a Python program that waits for them: progress, what tasks print, failures as exceptions.

    with Session(stages, ...) as session:     tasks --stderr--> a file --tick--> sys.stderr of the program
        outcome = session.run(job)            failed function --note--> JobFailed

The program's signal handlers, streams and directory stay as they are; its own functions run in forked processes.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType

from streamtools.errors import CannotCreateError, JobFailed, in_words
from streamtools.job import CommandLine, Job, Refused, build_job
from streamtools.launch.storage.file_systems import LocalStorage
from streamtools.launch.storage.publishing import beside, check_replaceable, locked, publish
from streamtools.launch.task_output import TaskOutput
from streamtools.launch.telling.display import show_on
from streamtools.local import Console, Outcome, Settings
from streamtools.local import run as run_locally
from streamtools.local.output.part_file import part_files
from streamtools.local.reporting.failures import Failure
from streamtools.local.reporting.progress import JobProgress
from streamtools.reporter import Reporter
from streamtools.scratch.directories import default_parent, dispose, new_path, sweep
from streamtools.scratch.locking import take
from streamtools.signals import ENDING, held
from streamtools.stage import InProcessStage, StageFailed
from streamtools.terminal import Bars

ATTEMPT = "mapreduce_task_attempt_id"  # variable that names the attempt in its process
MakeStage = Callable[[Reporter], InProcessStage]


@dataclass(frozen=True)
class Program:
    """What the program gives. stages: by the words of the commands that stand for them; bars: for progress, if wanted.

    said_once: a line of which tasks have one each, and the program needs one.
    """

    stages: Mapping[tuple[str, ...], MakeStage]
    bars: Bars | None = None
    said_once: str = ""


class Session:
    """Runs jobs, with all that they need for the time in a directory of their own, which `close` removes."""

    def __init__(self, program: Program, settings: Settings) -> None:
        work = os.path.abspath(settings.work_directory or default_parent())
        sweep(work)
        self.directory = new_path("run", work)
        try:
            self.lock = take(self.directory)
        except OSError as error:
            raise CannotCreateError(work, in_words(error), "name another work_dir") from None
        self.output = TaskOutput(self.directory, program.said_once)
        self.bars = program.bars
        builtin = partial(_find_stage, program.stages, self.directory)
        self.settings = replace(settings, work_directory=self.directory, builtin=builtin, keep_failed=False)
        self.owner = os.getpid()

    def run_to(self, line: CommandLine, output: str | None, overwrite: bool) -> Outcome:
        """Run the job of a command line. output: the directory that appears when it has succeeded, None for our own.

        Raises as `run`, and CannotCreateError for an output that exists or cannot be replaced.
        """
        if output is None:
            return self.run(build_job(line.with_option("output", os.path.join(self.directory, "out"))))
        storage = LocalStorage()
        if overwrite:
            check_replaceable(storage, output)
        elif storage.exists(output):
            raise CannotCreateError(output, "already exists", "name another directory, or add overwrite=True")
        new = beside(os.path.abspath(output), "new")
        if storage.exists(new):  # a run that was killed has left it
            with locked(new, output):
                storage.remove(new)
        try:
            outcome = self.run(build_job(line.with_option("output", new)))
        except Refused:  # before any work: what is there now is another run's
            raise
        except BaseException:
            with held(ENDING):
                storage.remove(new)
            raise
        with held(ENDING):
            publish(storage, new, os.path.abspath(output), overwrite=overwrite)
        return replace(outcome, parts=part_files(output))

    def run(self, job: Job) -> Outcome:
        """Run a job. Raises JobFailed, and StreamtoolsError before any work for what cannot be."""
        said: list[str] = list(job.warnings)
        failures: list[Failure] = []
        console = Console(
            say=said.append, failed=failures.append, progress=self._show, begin_task=self.output.enter_task
        )
        try:
            with warnings.catch_warnings():
                # Python 3.12 warns of what a fork inherits from other threads; tasks use nothing of theirs
                warnings.filterwarnings("ignore", ".*multi-threaded.*", DeprecationWarning)
                outcome = run_locally(job, replace(self.settings, console=console), lambda _parts: None)
        finally:
            if self.bars:
                self.bars.clear()
            self.output.pass_on(is_end=True)
        reasons = [self._explain(failure) for failure in failures]
        if not outcome.succeeded:
            raise JobFailed("", _first_and_number(reasons) or "\n".join(said) or "the job failed")
        if sys.stderr:
            sys.stderr.writelines(f"{line}\n" for line in (*said, *reasons))
        return outcome

    def tell(self, text: str) -> None:
        """Tell what is going on, where progress is shown."""
        if self.bars and sys.stderr:
            self.bars.clear()
            sys.stderr.write(f"{text}\n")

    def close(self) -> None:
        """Remove the directory, in the process that has made it: tasks inherit all values of the program."""
        if self.owner == os.getpid() and self.lock >= 0:
            with held(ENDING):
                dispose(self.directory)
                os.close(self.lock)
                self.lock = -1
                self.output.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _show(self, progress: JobProgress) -> None:
        if self.output.has_more() and self.bars:
            self.bars.clear()
        self.output.pass_on()
        if self.bars:
            show_on(self.bars)(progress)

    def _explain(self, failure: Failure) -> str:
        """Return why an attempt failed: the words of the user's function, or else what is known from outside."""
        with suppress(OSError), open(os.path.join(self.directory, failure.attempt), "rb") as note:
            return note.read().decode("utf-8", "backslashreplace")
        return "\n".join(failure.lines(again=True))


def _first_and_number(reasons: Sequence[str]) -> str:
    more = len(reasons) - 1
    note = [f"({more} other attempt{'s' * (more > 1)} failed, too)"] if more > 0 else []
    return "\n".join([*reasons[:1], *note])


def _find_stage(
    stages: Mapping[tuple[str, ...], MakeStage], directory: str, words: list[str], _path: str, reporter: Reporter
) -> InProcessStage | None:
    """Return the stage of a command that stands for one of the program's, which leaves a note in case it fails."""
    make = stages.get(tuple(words))
    if make is None:
        return None
    stage = make(reporter)

    def transform(blocks: Iterable[bytes]) -> Iterator[bytes]:
        try:
            yield from stage(blocks)
        except StageFailed as failed:
            with open(os.path.join(directory, os.environ[ATTEMPT]), "wb") as note:
                note.write("\n".join(failed.lines).encode("utf-8", "surrogateescape"))
            raise StageFailed(failed.status, [], failed.error) from None

    return stage._replace(transform=transform)
