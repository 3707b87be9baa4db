"""A job, run on this machine, and what is said of it."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from streamtools.errors import CannotCreateError, TransferError, UsageError, in_words
from streamtools.java import class_names
from streamtools.job import STDOUT, Job
from streamtools.launch.passwords import check_passwords
from streamtools.launch.results import write_parts
from streamtools.local import Console, Outcome, Settings
from streamtools.local import run as run_locally
from streamtools.local.counters import format_counters
from streamtools.local.reporting.history import History, skew, slowest
from streamtools.local.reporting.progress import JobProgress
from streamtools.records import write_all
from streamtools.terminal import CLEAR, Bars, shows_bars, tell
from streamtools.units import format_seconds


@dataclass(frozen=True)
class Request:
    """A run on this machine, as the user asked for it.

    settings: for the engine, without a console. check_combiner: run again without the combiner, and compare.
    report: path of an HTML page about the run. quiet: no progress, counters or summary. command: for the report.
    ask_password: returns the password of an archive by its name, None if there is nobody to ask.
    """

    settings: Settings
    check_combiner: bool = False
    report: str | None = None
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
    check(job, request)
    check_passwords(job, request.ask_password)
    outcome, is_same = execute(job, request)
    return _conclude(job, request, outcome, is_same)


def execute(job: Job, request: Request) -> tuple[Outcome, bool]:
    """Run a job that is checked; return how it ended, and whether a run without the combiner gave the same."""
    if job.packed:
        write_all(os.fsencode(f"packageJobJar: [{', '.join(job.packed)}]\n"), 1)
    _warn_of_full_disk(job, request.settings)
    bars = Bars() if shows_bars() and not request.quiet else None
    settings = replace(request.settings, console=_console(bars))
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


def _console(bars: Bars | None) -> Console:
    if bars is None:
        return Console(say=say)
    clear = CLEAR.decode()
    return Console(say=lambda text: tell(f"{clear}st-run: {text}"), progress=show_on(bars), clear=CLEAR)


def show_on(bars: Bars) -> Callable[[JobProgress], None]:
    """Return a function that shows the progress of a job as two bars."""

    def show(progress: JobProgress) -> None:
        for name, phase in (("map", progress.maps), ("reduce", progress.reduces)):
            if phase.total:
                rate = f", {phase.records / phase.seconds:,.0f} records/s" if phase.records and phase.seconds else ""
                bars.update(name, phase.given, phase.size or None, f"{phase.done} of {phase.total} tasks{rate}")

    return show


def check(job: Job, request: Request) -> None:
    """Raise StreamtoolsError for options that cannot be: now, as it would be a pity later."""
    if (report := request.report) is not None:
        if os.path.isdir(report):
            raise CannotCreateError(f"--report {report}", "is a directory", "name a file")
        if not os.path.exists(report):
            _check_place(report, os.path.dirname(report) or ".", "--report")
        _check_file(report, "--report")
    if (work := request.settings.work_directory) is not None:
        with suppress(OSError):
            os.makedirs(work, exist_ok=True)
        _check_place(work, work, "--work-dir")
    if not request.check_combiner:
        return
    if not job.combiner:
        raise UsageError("--check-combiner", "the job has no combiner", "give one with -combiner, and reducers")
    if request.settings.skip_bad:
        remedy = "check it over an input without bad records"
        raise UsageError("--check-combiner", "with --skip-bad two runs need not leave the same records out", remedy)
    if job.output_format != class_names.TEXT_OUTPUT:
        raise UsageError("--check-combiner", "only text can be compared", "leave -outputformat out")


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
    if request.report:
        write_report([("", outcome.history)], request.report, request.command, outcome.succeeded)
    if not request.quiet:
        summarize(outcome)
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


def write_report(histories: Sequence[tuple[str, History]], path: str, command: str, succeeded: bool) -> None:
    """Write the page about a job, or about all steps of one: (title, history) of each. Raises TransferError."""
    from streamtools.local.reporting.html_page import render_page

    try:
        with open(path, "wb") as file:
            file.write(render_page(histories, command, succeeded))
    except OSError as error:
        problem = f"not written: {in_words(error)}"
        raise TransferError(f"--report {path}", problem, "the job itself has ended") from None


def summarize(outcome: Outcome) -> None:
    """Say the counters, and what took long, where that tells something: the slowest task, how uneven reducers are."""
    history = outcome.history
    if len(history.attempts) > 2:
        slow = slowest(history, 1)[0]
        fullest = skew(history)
        uneven = f"; the fullest reducer got {fullest:.2f} times the mean" if fullest else ""
        total = f"{len(history.attempts)} tasks in {format_seconds(history.seconds)}"
        say(f"{total}; slowest: {slow.name}, {format_seconds(slow.seconds)}{uneven}")
    say(format_counters(outcome.counters))
