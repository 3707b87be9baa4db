"""st-run on this machine: its options, the run, and what is said of it."""

import os
import re
import sys
from contextlib import suppress
from typing import Any

import click

from streamtools.cli import live
from streamtools.cli.options import SIZE, cores, several
from streamtools.errors import CannotCreateError, TransferError, UsageError, in_words


class Tasks(click.ParamType):
    """Numbers of map and reduce tasks: 2x2."""

    name = "MxR"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        match = re.fullmatch(r"([1-9]\d{0,5})x([1-9]\d{0,5})", str(value))
        if not match:
            self.fail(f"{value!r} is no number of map and reduce tasks; write it like 2x2", param, ctx)
        return int(match[1]), int(match[2])


TASKS = Tasks()

options = several(
    click.option("--jobs", type=click.IntRange(1), help="tasks at a time  [default: all cores]"),
    click.option("--memory", type=SIZE, default="512M", show_default=True, help="bound of all tasks together"),
    click.option("--retries", type=click.IntRange(0), help="how often a failed task is tried again  [default: 0]"),
    click.option("--work-dir", metavar="DIR", help="for intermediate data  [default: $TMPDIR or /tmp]"),
    click.option("--resume", is_flag=True, help="go on with what an unfinished run of the same command has done"),
    click.option("--skip-bad", type=click.IntRange(0), default=0, metavar="N",
                 help="leave up to N records per task out on which its command dies; they go to OUTPUT/_skipped"),
    click.option("--replay", metavar="DIR", help="run just the failed task kept in DIR, in the foreground"),
    click.option("--shuffle-values", type=int, metavar="SEED", help="put the values of each key in a random order"),
    click.option("--check-combiner", is_flag=True, help="run again without the combiner, and compare the results"),
    click.option("--tasks", type=TASKS, metavar="MxR",
                 help="at least M map and R reduce tasks, however small the input: 2x2 shows what one of each hides"),
    click.option(
        "--report", metavar="FILE", help="write an HTML page about the run: tasks, skew, counters, failures"
    ),
    click.option("--quiet", is_flag=True, help="no progress, no counters and no summary on stderr"),
)  # fmt: skip


def plan(job: Any) -> int:
    """Print the tasks that would run here."""
    from streamtools.local.input import splits

    planned = splits.find_splits(job)
    combiner = f", combined by: {job.combiner.text}" if job.combiner else ""
    for number, split in enumerate(planned.splits):
        where = f"{split.path}, bytes {split.start:,} to {split.end:,}"
        click.echo(f"map task {number}: {where}: {job.mapper.text}{combiner}")
    for number in range(job.reduces):
        click.echo(f"reduce task {number}: {job.reducer.text}")
    for remark in planned.remarks:
        say(remark)
    return 0


def replay(folder: str) -> int:
    """Run a failed task alone; return its exit status."""
    from streamtools.local.recovery.replay import replay as run_again

    return run_again(folder, say)


def check(job: Any, options: dict[str, Any]) -> None:
    """Raise StreamtoolsError for options that cannot be: now, as it would be a pity later."""
    from streamtools.java import class_names

    if (report := options["report"]) is not None:
        if os.path.isdir(report):
            raise CannotCreateError(f"--report {report}", "is a directory", "name a file")
        if not os.path.exists(report):
            _check_place(report, os.path.dirname(report) or ".", "--report")
        _check_file(report, "--report")
    if (work := options["work_dir"]) is not None:
        with suppress(OSError):
            os.makedirs(work, exist_ok=True)
        _check_place(work, work, "--work-dir")
    if options["check_combiner"] and not job.combiner:
        raise UsageError("--check-combiner", "the job has no combiner", "give one with -combiner, and reducers")
    if options["check_combiner"] and options["skip_bad"]:
        remedy = "check it over an input without bad records"
        raise UsageError("--check-combiner", "with --skip-bad two runs need not leave the same records out", remedy)
    if options["check_combiner"] and job.output_format != class_names.TEXT_OUTPUT:
        raise UsageError("--check-combiner", "only text can be compared", "leave -outputformat out")


def _check_place(path: str, folder: str, option: str) -> None:
    if not os.path.isdir(folder):
        problem = f"{folder} is no directory" if os.path.exists(folder) else f"there is no directory {folder}"
        raise CannotCreateError(f"{option} {path}", problem, "name another place, or make it")
    if not os.access(folder, os.W_OK | os.X_OK):
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


def run(job: Any, options: dict[str, Any]) -> int:
    """Run a job on this machine as the options say; return the job client's exit status."""
    from streamtools.local import run as run_locally

    check(job, options)
    if job.packed:
        click.echo(f"packageJobJar: [{', '.join(job.packed)}]")
    settings = _settings(options)
    same = True

    def deliver(paths: Any) -> None:
        nonlocal same
        if settings.progress:
            live.wipe()
        to_stdout(paths)
        if options["check_combiner"]:
            same = _same_without_combiner(job, settings, paths)

    try:
        outcome = run_locally(job, settings, deliver)
        if options["check_combiner"] and outcome.succeeded and job.output != "-":
            same = _same_without_combiner(job, settings, outcome.parts)
    finally:
        if settings.progress:
            live.wipe()
    return _told(job, options, outcome, same)


def _told(job: Any, options: dict[str, Any], outcome: Any, same: bool) -> int:
    """Say how a job has ended; return the job client's exit status."""
    from streamtools.local.counters import printed

    if report := options["report"]:
        _report(outcome.history, report)
    if not options["quiet"]:
        _summarize(outcome.history)
        say(printed(outcome.counters))
    if not outcome.succeeded:
        if job.output != "-":
            remedy = "for the next run name another directory or remove this one, or go on from here with --resume"
            say(f"{job.output}: stays, as Hadoop leaves it; {remedy}")
        say("Job not successful!")
        if job.is_background:
            return 0
    if not outcome.succeeded or not same:
        tell("Streaming Command Failed!")
        return 1
    if not options["quiet"]:
        say(f"Output directory: {job.output}")
    return 0


def _settings(options: dict[str, Any]) -> Any:
    """How the options say that a job is run."""
    from streamtools.local import Settings

    programs = os.path.dirname(os.path.abspath(sys.argv[0]))
    is_live = not options["quiet"] and os.isatty(2) and os.environ.get("TERM") != "dumb"
    before = live.WIPE.decode() if is_live else ""
    return Settings(
        jobs=options["jobs"] or cores(),
        memory=options["memory"],
        scratch=options["work_dir"],
        shuffle_values=options["shuffle_values"],
        resume=options["resume"],
        skip_bad=options["skip_bad"],
        programs=programs,
        builtin=builtin(programs),
        say=lambda text: tell(f"{before}st-run: {text}"),
        progress=live.show if is_live else None,
        wipe=live.WIPE if is_live else b"",
    )


def _same_without_combiner(job: Any, settings: Any, parts: Any) -> bool:
    """Run a job again without its combiner; whether the results are the same, and say how they are not."""
    from dataclasses import replace

    from streamtools.launch.comparison import first_difference, told
    from streamtools.local import run as run_locally

    found: list[Any] = []
    separator = job.properties.output.separator
    plain = replace(job, combiner=None, output="-")
    again = replace(settings, resume=False)
    outcome = run_locally(plain, again, lambda others: found.append(first_difference(parts, others, separator)))
    if not outcome.succeeded:
        settings.say("--check-combiner: the job fails without its combiner; a job must not rely on one being run")
    elif found[0] is None:
        maps = len({task.name for task in outcome.history.tasks if task.is_map})
        doubt = "; with a single map task that proves little: try --tasks 2x2" if maps < 2 else ""
        settings.say(f"--check-combiner: the same results without the combiner{doubt}")
    else:
        part, one, other = found[0]
        key = (one or other).key.decode("utf-8", "backslashreplace")
        settings.say(
            f"--check-combiner: {part}: key {key!r}: {told(one)} with the combiner, {told(other)} without; "
            "a combiner must not change what the reducer makes of a key, however often it is run"
        )
    return outcome.succeeded and found[0] is None


def _report(history: Any, path: str) -> None:
    import shlex

    from streamtools.local.reporting.html_page import page

    history.command = shlex.join(["st-run", *sys.argv[1:]])
    try:
        with open(path, "wb") as file:
            file.write(page(history))
    except OSError as error:
        problem = f"not written: {in_words(error)}"
        raise TransferError(f"--report {path}", problem, "the job itself has ended") from None


def _summarize(history: Any) -> None:
    """Say what took long, where that tells something: the slowest task, and how uneven the reducers' shares are."""
    from streamtools.local.reporting.html_page import seconds, skew, slowest

    if len(history.tasks) > 2:
        slow = slowest(history, 1)[0]
        fullest = skew(history)
        uneven = f"; the fullest reducer got {fullest:.2f} times the mean" if fullest else ""
        told = f"{len(history.tasks)} tasks in {seconds(history.seconds)}"
        say(f"{told}; slowest: {slow.name}, {seconds(slow.seconds)}{uneven}")


def builtin(programs: str) -> Any:
    """A function that makes a stage of a command line when its program is one of ours, else None."""

    def resolve(words: list[str], path: str, reporter: Any) -> Any:
        name = os.path.basename(path)
        if name not in ("st-map", "st-reduce", "st-combine"):
            return None
        if os.path.dirname(os.path.realpath(path)) != os.path.realpath(programs):
            return None
        from importlib import import_module

        try:
            return import_module(f"streamtools.cli.{name.replace('-', '_')}").parse(words[1:], reporter)
        except click.exceptions.Exit:
            return None  # --help and the like: let it be a command

    return resolve


def to_stdout(paths: Any) -> None:
    """Write the contents of part files to stdout, unpacked."""
    from streamtools.formats.hadoop_codecs import read_range
    from streamtools.records import write_blocks

    for path in paths:
        write_blocks(read_range(path), 1)


def say(text: str) -> None:
    """Say something on stderr, as st-run."""
    tell(f"st-run: {text}")


def tell(text: str) -> None:
    """Say something on stderr."""
    click.echo(text, err=True)
