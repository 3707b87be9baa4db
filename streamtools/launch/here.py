"""A job, run on this machine, and what is said of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from streamtools.errors import CannotCreateError, UsageError, in_words
from streamtools.java import class_names
from streamtools.job import STDOUT, Job, Refused
from streamtools.launch.passwords import check_passwords
from streamtools.launch.results import write_parts
from streamtools.launch.telling.display import AUTO, BAR, NONE, PLAIN, choose_display, show_lines, show_on
from streamtools.launch.telling.run_log import logged
from streamtools.launch.telling.summary import summarize
from streamtools.local import Console, Outcome, Settings
from streamtools.local import run as run_locally
from streamtools.local.counters import FILE_INPUT
from streamtools.records import write_all
from streamtools.terminal import CLEAR, Bars, tell

if TYPE_CHECKING:
    from streamtools.launch.telling.report import ReportPage


@dataclass(frozen=True)
class Request:
    """A run on this machine, as the user asked for it.

    settings: for the engine, without a console. check_combiner: run again without the combiner, and compare.
    page: about the run, None for none. progress: how it is shown, as `choose_display` takes it.
    all_counters: also those of Hadoop that are 0. quiet: no counters or summary. command: for the log of runs.
    ask_password: returns the password of an archive by its name, None if there is nobody to ask.
    """

    settings: Settings
    check_combiner: bool = False
    page: ReportPage | None = None
    progress: str = AUTO
    all_counters: bool = False
    quiet: bool = False
    command: str = ""
    ask_password: Callable[[str], str | None] = lambda name: None


def say(text: str) -> None:
    """Write a line to stderr, as st-run."""
    tell(f"st-run: {text}")


def run(job: Job, request: Request) -> int:
    """Run a job on this machine; return the job client's exit status.

    Raises StreamtoolsError before any work for options that cannot be.
    """
    with logged(request.command, request.page.path if request.page else "") as ending:
        check(job, request)
        try:
            check_passwords(job, request.ask_password)
            outcome, is_same = execute(job, request)
        except Refused as error:
            if request.page:
                request.page.refuse(str(error))
            raise
        ending.succeeded = outcome.succeeded and is_same
        ending.size = outcome.counters[FILE_INPUT, "Bytes Read"]
        return _conclude(job, request, outcome, is_same)


def execute(job: Job, request: Request) -> tuple[Outcome, bool]:
    """Run a job that is checked; return how it ended, and whether a run without the combiner gave the same."""
    if job.packed:
        write_all(os.fsencode(f"packageJobJar: [{', '.join(job.packed)}]\n"), 1)
    _warn_of_full_disk(job, request.settings)
    display = NONE if request.quiet else choose_display(request.progress)
    bars = Bars() if display == BAR else None
    settings = replace(request.settings, console=_make_console(bars, display, request.page))
    is_same = True

    def deliver(parts: Sequence[str]) -> None:
        nonlocal is_same
        if bars:
            bars.clear()
        write_parts(parts)
        if request.check_combiner:
            is_same = _check_combiner(job, settings, parts)

    try:
        outcome = run_locally(job, settings, deliver)
        if request.check_combiner and outcome.succeeded and job.output != STDOUT:
            is_same = _check_combiner(job, settings, outcome.parts)
    except (KeyboardInterrupt, SystemExit):
        if request.page:
            request.page.stop()
        raise
    finally:
        if bars:
            bars.clear()
    return outcome, is_same


def _warn_of_full_disk(job: Job, settings: Settings) -> None:
    from streamtools.launch.planning.disk_warning import warn

    warn(job, replace(settings, console=Console(say=say)))


def _check_combiner(job: Job, settings: Settings, parts: Sequence[str]) -> bool:
    from streamtools.launch.combiner_check import is_same_without_combiner

    return is_same_without_combiner(job, settings, parts)


def _make_console(bars: Bars | None, display: str, page: ReportPage | None) -> Console:
    show_page = page.show if page else None
    if bars is None:
        return Console(say=say, progress=show_lines(say) if display == PLAIN else None, page=show_page)
    clear = CLEAR.decode()
    return Console(lambda text: tell(f"{clear}st-run: {text}"), show_on(bars), clear=CLEAR, page=show_page)


def check(job: Job, request: Request) -> None:
    """Raise StreamtoolsError for options that cannot be: now, as it would be a pity later."""
    check_paths(request)
    if not request.check_combiner:
        return
    if not job.combiner:
        raise UsageError("--check-combiner", "the job has no combiner", "give one with -combiner, and reducers")
    if request.settings.skip_bad:
        remedy = "check it over an input without bad records"
        raise UsageError("--check-combiner", "with --skip-bad two runs need not leave the same records out", remedy)
    if job.output_format != class_names.TEXT_OUTPUT:
        raise UsageError("--check-combiner", "only text can be compared", "leave -outputformat out")


def check_paths(request: Request) -> None:
    """Raise CannotCreateError for paths at which nothing can be written."""
    if request.page is not None:
        check_report(request.page.path)
    if (work := request.settings.work_directory) is not None:
        with suppress(OSError):
            os.makedirs(work, exist_ok=True)
        _check_place(work, work, "--work-dir")


def check_report(path: str) -> None:
    """Raise CannotCreateError unless a report can be written to a path; what it holds is left as it is."""
    if os.path.isdir(path):
        raise CannotCreateError(f"--report {path}", "is a directory", "name a file")
    if not os.path.exists(path):
        _check_place(path, os.path.dirname(path) or ".", "--report")
    _check_file(path, "--report")


def _check_place(path: str, directory: str, option: str) -> None:
    if not os.path.isdir(directory):
        exists = os.path.exists(directory)
        problem = f"{directory} is not a directory" if exists else f"there is no directory {directory}"
        raise CannotCreateError(f"{option} {path}", problem, "name another place, or make it")
    if not os.access(directory, os.W_OK | os.X_OK):
        raise CannotCreateError(f"{option} {path}", "permission denied", "name another place")


def _check_file(path: str, option: str) -> None:
    """Raise CannotCreateError unless a file can be made; what it holds is left as it is."""
    existed = os.path.exists(path)
    if existed and not os.path.isfile(path):
        return  # of a pipe or device only writing tells
    try:
        with open(path, "ab"):
            pass
        if not existed:
            os.unlink(path)
    except OSError as error:
        raise CannotCreateError(f"{option} {path}", in_words(error), "name another place") from None


def _conclude(job: Job, request: Request, outcome: Outcome, is_same: bool) -> int:
    """Say how a job has ended; return the job client's exit status."""
    if request.page:
        request.page.end([("", outcome.history)], succeeded=outcome.succeeded)
    if not request.quiet:
        summarize(job, outcome, request.settings, say, all_counters=request.all_counters)
    if not outcome.succeeded:
        if job.output != STDOUT:
            remedy = "for the next run name another directory or remove this one, or continue with --resume"
            say(f"{job.output}: stays, as Hadoop leaves it; {remedy}")
        say("Job not successful!")
        if job.is_background:
            return 0
    if not outcome.succeeded or not is_same:
        tell("Streaming Command Failed!")
        return 1
    if not request.quiet:
        say(f"Output directory: {job.output}")
    return status_of(outcome)


def status_of(outcome: Outcome) -> int:
    """Return the exit status of a job that succeeded; say so if it had to leave out what was damaged."""
    if not outcome.damaged:
        return 0
    say(f"{outcome.damaged} damaged and skipped; all the rest was read")
    return os.EX_DATAERR
