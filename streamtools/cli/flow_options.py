"""The options of st-run for jobs of several steps, and the run that they make."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from streamtools.cli import cluster_options, local_options
from streamtools.cli.options import Options, refuse, several
from streamtools.errors import UsageError
from streamtools.showing import to_show
from streamtools.terminal import tell

if TYPE_CHECKING:
    from streamtools.job import CommandLine
    from streamtools.launch.flow.places import StepPlace
    from streamtools.launch.flow.runner import FlowRun
    from streamtools.launch.flow.step import Flow
    from streamtools.launch.telling.report import ReportPage

HEADING = "Jobs of several steps"
ONLY_FLOWS = ("set_values", "only", "start", "keep")
NAMES = {"set_values": "set", "only": "step", "start": "from", "keep": "keep"}

options = several(
    click.option(
        "--set", "set_values", multiple=True, metavar="NAME=VALUE", help="give a value to a parameter of FILE"
    ),
    click.option("--step", "only", metavar="NAME", help="run one step, and keep all intermediate data"),
    click.option("--from", "start", metavar="NAME", help="run this step and those after it"),
    click.option("--keep", is_flag=True, help="keep intermediate data, in _NAME.steps beside -output NAME"),
    heading=HEADING,
)


class Loaded(NamedTuple):
    """A job of several steps, and the options that all its steps get."""

    flow: Flow
    common: Sequence[str]


def load(path: str, argv: list[str], where: str, options: Options) -> Loaded | list[str]:
    """Return the steps of a file, or the options of the one job that it is. argv: Hadoop's options for it."""
    if path.endswith(".toml"):
        from streamtools.launch.flow.from_toml.toml_flow import read_flow

        return Loaded(read_flow(path, options["set_values"]), argv)
    from streamtools.api.flow import Steps
    from streamtools.api.job_file import load_file
    from streamtools.api.st_run_options import let_commands_import

    if options["set_values"]:
        raise UsageError("--set", "gives values to parameters of a TOML file", "give the job's own options")
    loaded = load_file(path)
    if where == "local":
        let_commands_import(os.environ)
    return Loaded(*loaded.flow(argv)) if isinstance(loaded, Steps) else loaded.command_line(argv)


def check_alone(options: Options) -> None:
    """Raise UsageError for options of jobs of several steps without --job."""
    for name in ONLY_FLOWS:
        if options[name]:
            raise UsageError(f"--{NAMES[name]}", "needs a job of several steps", "add --job FILE, or leave it out")


def print_help(path: str) -> None:
    """Print what a file of steps does."""
    from streamtools.launch.flow.from_toml.toml_flow import describe_flow

    click.echo(describe_flow(path), nl=False)


def run(
    loaded: Loaded,
    defaults: Sequence[tuple[str, str]],
    where: str,
    dry_run: bool,
    stdout: bool,
    options: Options,
) -> int:
    """Run the steps of a file, or show them; return the exit status. defaults: generic options that steps override."""
    from streamtools.job import CommandLine, parse
    from streamtools.launch.flow.step import with_defaults

    refuse(options, ("plan", "check", "check_combiner"), "not supported with several steps", "leave it out")
    refuse(options, ("secondary_sort",), "belongs to a step", "write secondary-sort into the file")
    if options["only"] and options["start"]:
        raise UsageError("--step", "cannot be used with --from", "leave one of them out")
    if options["skip_bad"] and not options["keep"]:
        raise UsageError("--skip-bad", "the records that a step leaves out lie in its output", "add --keep")
    flow = with_defaults(loaded.flow, defaults)
    common = parse(loaded.common) if loaded.common else CommandLine("streamjob")
    if options["on_error"] != "fail":
        remedy = "leave the damage out before: st-pack --on-error skip-member"
        raise UsageError("--on-error", "cannot be used with a job of several steps", remedy)
    common = local_options.with_properties(common, options)
    if not stdout:
        return _run(flow, common, where, dry_run, options)
    if where != "local" or common.has("output"):
        raise UsageError("--stdout", "results cannot go there, too", "leave it out, or -output and --on")
    return _run_to_stdout(flow, common, dry_run, options)


def _run_to_stdout(flow: Flow, common: CommandLine, dry_run: bool, options: Options) -> int:
    from streamtools.launch.results import write_parts
    from streamtools.scratch.directories import scratch_directory

    with scratch_directory("run", options["work_dir"]) as scratch:
        output = os.path.join(scratch, "out")
        status = _run(flow, common.with_option("output", output), "local", dry_run, options)
        if not (status or dry_run):
            write_parts(sorted(entry.path for entry in os.scandir(output) if entry.name.startswith("part-")))
    return status


def _run(flow: Flow, common: CommandLine, where: str, dry_run: bool, options: Options) -> int:
    from streamtools.launch.flow.runner import FlowRun, Request
    from streamtools.launch.telling.run_log import logged
    from streamtools.local.counters import FILE_INPUT

    place = _find_place(common, where, dry_run, options)
    names = ("resume", "keep", "overwrite")
    request = Request(
        common, only=options["only"] or "", start=options["start"] or "", **{name: options[name] for name in names}
    )
    flow_run = FlowRun(flow, request, place, local_options.sayer(options["quiet"]))
    if dry_run:
        click.echo(to_show(flow_run.show()), nl=False)
        return 0
    with logged(local_options.command(), options["report"] or "") as ending:
        try:
            ending.succeeded = succeeded = flow_run.run()
        finally:
            _report(flow_run, place.page)
        ending.size = sum(history.counters[FILE_INPUT, "Bytes Read"] for _, history in flow_run.report.histories)
    if not succeeded:
        tell("Streaming Command Failed!")
    elif not options["quiet"] and not options["only"]:
        tell(f"st-run: Output directory: {flow_run.output}")
    return 0 if succeeded else 1


def _find_place(common: CommandLine, where: str, dry_run: bool, options: Options) -> StepPlace:
    if where == "local":
        from streamtools.launch import here
        from streamtools.launch.flow.on_this_machine import ThisMachine

        request = local_options.run_request(options)
        here.check_paths(request)
        return ThisMachine(request, options["tasks"] or (0, 0))
    if where != "hadoop":
        problem = "cannot run several steps: neither their data on the cluster nor their counters can be read from here"
        remedy = f"run st-run --on hadoop on the cluster's master node, or each step by itself with --on {where}"
        raise UsageError(f"--on {where}", problem, remedy)
    from streamtools.launch.flow.hadoop_place import Hadoop

    cluster_options.refuse_local(options, where, but=("resume",))
    place = Hadoop(cluster_options.cluster_request(options), common, cluster_options.say, dry=dry_run)
    place.page = None if dry_run else cluster_options.report_page(options)
    return place


def _report(flow_run: FlowRun, page: ReportPage | None) -> None:
    """Write the page about all steps, if one is wanted and a job has run."""
    report = flow_run.report
    if page and report.histories and sys.exc_info()[0] is None:
        page.end(report.histories, succeeded=report.succeeded)
