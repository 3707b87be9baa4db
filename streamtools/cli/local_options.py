"""The options of st-run for a run on this machine, and the requests that they make."""

import re
import shlex
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from streamtools.cli.options import SIZE, Options, ask_password, member_option, refuse, several
from streamtools.machine import cores
from streamtools.terminal import tell

if TYPE_CHECKING:
    from streamtools.job import CommandLine
    from streamtools.launch import here, plan
    from streamtools.launch.checking import check
    from streamtools.launch.planning import local_plan
    from streamtools.launch.telling.report import ReportPage

ONLY_PLANNED = ("nodes", "cores", "input_size")
NOT_PLANNED = ("resume", "skip_bad", "check_combiner", "report")


class Tasks(click.ParamType):
    """Numbers of map and reduce tasks: 2x2."""

    name = "MxR"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        match = re.fullmatch(r"([1-9]\d{0,5})x([1-9]\d{0,5})", str(value))
        if not match:
            self.fail(f"invalid value {value!r}; use MxR, for example 2x2", param, ctx)
        return int(match[1]), int(match[2])


TASKS = Tasks()

HEADING = "Running here"

options = several(
    click.option("--jobs", type=click.IntRange(1), metavar="N", help="number of tasks at a time  [default: all cores]"),
    click.option("--memory", type=SIZE, default="512M", show_default=True, help="most memory of all tasks together"),
    click.option("--task-memory", type=SIZE, metavar="SIZE",
                 help="end a task whose processes, your programs among them, take more"),
    click.option("--retries", type=click.IntRange(0), metavar="N", help="more tries of a failed task  [default: 0]"),
    click.option("--tasks", type=TASKS, metavar="MxR",
                 help="run at least M map and R reduce tasks: 2x2 shows what one of each hides"),
    click.option("--work-dir", metavar="DIR", help="directory for intermediate data  [default: $TMPDIR or /tmp]"),
    click.option("--resume", is_flag=True, help="continue what an unfinished run of the same command has done"),
    member_option,
    click.option("--on-error", type=click.Choice(["fail", "skip-member"]), default="fail", show_default=True,
                 help="leave out what is damaged in a .7z, and end with 65"),
    click.option("--skip-bad", type=click.IntRange(0), default=0, metavar="N",
                 help="leave out up to N records per task on which its command dies; OUTPUT/_skipped keeps them"),
    click.option("--replay", metavar="DIR", help="run only the failed task kept in DIR, in the foreground"),
    click.option("--clean", is_flag=True,
                 help="list and remove what ended runs have left in --work-dir; with --dry-run only list it"),
    click.option("--pdb", is_flag=True, help="with --replay: open the debugger where a function of a Job fails"),
    click.option("--shuffle-values", type=int, metavar="SEED", help="put the values of each key in a random order"),
    click.option("--check-combiner", is_flag=True, help="run again without the combiner, and compare the results"),
    click.option("--check", is_flag=True, help="look for mistakes in options, scripts and a sample of the input"),
    click.option("--fix", is_flag=True, help="with --check, correct line ends, #! line and mode of scripts"),
    click.option("--no-in-process", is_flag=True, help="run the functions of a Job as commands, through pipes"),
    click.option("--report", metavar="FILE", help="write an HTML page about the run: tasks, skew, counters, failures"),
    click.option("--history", is_flag=True, help="list your runs: when, state, time, bytes read, command, report"),
    click.option("--progress", type=click.Choice(["auto", "bar", "plain", "none"]), default="auto", show_default=True,
                 help="show bars, or a line a minute; auto: bars on a terminal"),
    click.option("--counters", type=click.Choice(["used", "all"]), default="used", show_default=True,
                 help="show the counters of Hadoop that are 0, too"),
    click.option("--quiet", is_flag=True, help="show no progress, counters or summary"),
    heading=HEADING,
)  # fmt: skip


def run_request(options: Options) -> "here.Request":
    """Build the request for a run here from the options."""
    from streamtools.cli.library import find_builtin
    from streamtools.launch.here import Request
    from streamtools.local import Settings

    settings = Settings(
        jobs=options["jobs"] or cores(),
        memory=options["memory"],
        work_directory=options["work_dir"],
        programs=programs(),
        builtin=find_builtin(programs(), jobs=not options["no_in_process"]),
        shuffle_values=options["shuffle_values"],
        resume=options["resume"],
        skip_bad=options["skip_bad"],
        task_memory=options["task_memory"] or 0,
    )
    return Request(
        settings=settings,
        check_combiner=options["check_combiner"],
        page=report_page(options),
        progress="none" if options["quiet"] else options["progress"],
        all_counters=options["counters"] == "all",
        quiet=options["quiet"],
        command=command(),
        ask_password=ask_password,
    )


def report_page(options: Options) -> "ReportPage | None":
    """Return the page that --report asks for."""
    if options["report"] is None:
        return None
    from streamtools.launch.telling.report import ReportPage

    return ReportPage(options["report"], command())


def plan_request(options: Options) -> "plan.Request":
    """Build the request for a plan from the options."""
    from streamtools.cli.library import find_builtin
    from streamtools.launch.plan import Request

    return Request(
        nodes=options["nodes"],
        cores=options["cores"],
        memory=options["memory"],
        input_size=options["input_size"],
        programs=programs(),
        builtin=find_builtin(programs()),
        tasks=options["tasks"] or (1, 1),
    )


def local_plan_request(options: Options, say: Callable[[str], None]) -> "local_plan.Request":
    """Build the request for a plan for this machine from the options. say: takes lines of text."""
    from streamtools.cli.library import find_builtin
    from streamtools.launch.planning.local_plan import Request
    from streamtools.local import Console, Settings

    settings = Settings(
        jobs=options["jobs"] or cores(),
        memory=options["memory"],
        work_directory=options["work_dir"],
        programs=programs(),
        builtin=find_builtin(programs()),
        shuffle_values=options["shuffle_values"],
        console=Console(say=say),
    )
    return Request(settings, cores(), options["input_size"], options["tasks"] or (0, 0))


def check_request(options: Options, say: Callable[[str], None]) -> "check.Request":
    """Build the request for a check from the options. say: takes lines of text."""
    from streamtools.launch.checking.check import Request

    planned = local_plan_request(options, say)
    return Request(planned.settings, planned.cores, planned.tasks, options["fix"])


def with_properties(line: "CommandLine", options: Options) -> "CommandLine":
    """Return a command line with what --retries, --member and --on-error mean as properties."""
    from streamtools.job.properties.input import MEMBER, ON_ERROR

    if options["member"] is not None:
        line = line.with_property(MEMBER, options["member"])
    if options["on_error"] != "fail":
        line = line.with_property(ON_ERROR, options["on_error"])
    if options["retries"] is not None:
        for kind in ("map", "reduce"):
            line = line.with_property(f"mapreduce.{kind}.maxattempts", str(options["retries"] + 1))
    return line


def check_plan_options(options: Options) -> None:
    """Raise UsageError for options of a plan without --plan, and for those of a run with it."""
    if options["check"]:
        refuse(options, (*NOT_PLANNED, "plan"), "cannot be used with --check", "leave it out, it is for the job itself")
    else:
        refuse(options, ("fix",), "needs --check", "add --check, or leave it out")
    if options["plan"]:
        refuse(options, NOT_PLANNED, "cannot be used with --plan", "leave it out, it is for the job itself")
    else:
        refuse(options, ONLY_PLANNED, "needs --plan", "add --plan, or leave it out")


def command() -> str:
    """Return the command line of this process, for a report."""
    return shlex.join(["st-run", *sys.argv[1:]])


def sayer(quiet: bool) -> Callable[[str], None]:
    """Return a function that writes a line to stderr as st-run, or nothing."""
    return lambda text: None if quiet else tell(f"st-run: {text}")


def programs() -> str:
    """Return the directory of our executables."""
    from streamtools.launch.programs import find_programs

    return find_programs(sys.argv[0])
