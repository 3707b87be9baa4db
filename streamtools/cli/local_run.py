"""st-run on this machine: its options, the run, and what is said of it."""

import os
import sys
from typing import Any

import click

from streamtools.cli.options import SIZE, several

options = several(
    click.option("--jobs", type=click.IntRange(1), help="tasks at a time  [default: all cores]"),
    click.option("--memory", type=SIZE, default="512M", show_default=True, help="bound of all tasks together"),
    click.option("--retries", type=click.IntRange(0), help="how often a failed task is tried again  [default: 0]"),
    click.option("--work-dir", metavar="DIR", help="for intermediate data  [default: $TMPDIR or /tmp]"),
    click.option("--resume", is_flag=True, help="go on with what an unfinished run of the same command has done"),
    click.option("--shuffle-values", type=int, metavar="SEED", help="put the values of each key in a random order"),
    click.option(
        "--report", metavar="FILE", help="write an HTML page about the run: tasks, skew, counters, failures"
    ),
    click.option("--quiet", is_flag=True, help="no counters and no summary on stderr"),
)


def plan(job: Any) -> int:
    """Print the tasks that would run here."""
    from streamtools.local.plan import splits

    for number, split in enumerate(splits(job)):
        click.echo(f"map task {number}: {split.path}, bytes {split.start:,} to {split.end:,}: {job.mapper.text}")
    for number in range(job.reduces):
        click.echo(f"reduce task {number}: {job.reducer.text}")
    return 0


def run(job: Any, options: dict[str, Any]) -> int:
    """Run a job on this machine as the options say; return the job client's exit status."""
    from streamtools.local import Settings
    from streamtools.local import run as run_locally
    from streamtools.local.counters import printed

    if job.packed:
        click.echo(f"packageJobJar: [{', '.join(job.packed)}]")
    programs = os.path.dirname(os.path.abspath(sys.argv[0]))
    settings = Settings(
        jobs=options["jobs"] or len(os.sched_getaffinity(0)),
        memory=options["memory"],
        scratch=options["work_dir"],
        shuffle_values=options["shuffle_values"],
        resume=options["resume"],
        programs=programs,
        builtin=builtin(programs),
        say=lambda text: tell(f"st-run: {text}"),
    )
    outcome = run_locally(job, settings, to_stdout)
    if report := options["report"]:
        _report(outcome.history, report)
    if not options["quiet"]:
        _summarize(outcome.history)
        tell(f"st-run: {printed(outcome.counters)}")
    if not outcome.succeeded:
        tell("st-run: Job not successful!")
        if job.background:
            return 0
        tell("Streaming Command Failed!")
        return 1
    if not options["quiet"]:
        tell(f"st-run: Output directory: {job.output}")
    return 0


def _report(history: Any, path: str) -> None:
    import shlex

    from streamtools.local.report import page

    history.command = shlex.join(["st-run", *sys.argv[1:]])
    with open(path, "wb") as file:
        file.write(page(history))


def _summarize(history: Any) -> None:
    """Say what took long, where that tells something: the slowest task, and how uneven the reducers' shares are."""
    from streamtools.local.report import seconds, skew, slowest

    if len(history.tasks) > 2:
        slow = slowest(history, 1)[0]
        fullest = skew(history)
        uneven = f"; the fullest reducer got {fullest:.2f} times the mean" if fullest else ""
        told = f"{len(history.tasks)} tasks in {seconds(history.seconds)}"
        tell(f"st-run: {told}; slowest: {slow.name}, {seconds(slow.seconds)}{uneven}")


def builtin(programs: str) -> Any:
    """A function that makes a stage of a command line when its program is one of ours, else None."""

    def resolve(words: list[str], path: str, reporter: Any) -> Any:
        name = os.path.basename(path)
        if name not in ("st-map", "st-reduce", "st-combine"):
            return None
        if os.path.dirname(os.path.realpath(path)) != os.path.realpath(programs):
            return None
        from importlib import import_module

        from streamtools.errors import UsageError

        try:
            return import_module(f"streamtools.cli.{name.replace('-', '_')}").parse(words[1:], reporter)
        except click.ClickException as error:
            raise UsageError(name, error.format_message(), f"see {name} --help") from None
        except click.exceptions.Exit:
            return None  # --help and the like: let it be a command

    return resolve


def to_stdout(paths: Any) -> None:
    """Write the contents of part files to stdout, unpacked."""
    from streamtools.local.codecs import file_bytes
    from streamtools.records import write_blocks

    for path in paths:
        write_blocks(file_bytes(path), 1)


def tell(text: str) -> None:
    """Say something on stderr."""
    click.echo(text, err=True)
