"""st-run on a cluster: its options, and the value that they make."""

import time
from collections.abc import Container
from typing import TYPE_CHECKING

import click

from streamtools.cli import local_options
from streamtools.cli.options import SIZE, Options, refuse, several
from streamtools.terminal import tell

if TYPE_CHECKING:
    from streamtools.job import Job
    from streamtools.launch.place import ClusterOptions
    from streamtools.launch.storage.file_systems import HadoopStorage
    from streamtools.launch.telling.report import ReportPage

ONLY_HERE = ("jobs", "work_dir", "resume", "skip_bad", "shuffle_values", "check_combiner", "check", "report")
CLUSTERS = ("hadoop", "emr", "dataproc")


class Version(click.ParamType):
    """A version of Python: 3.9."""

    name = "VERSION"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        major, dot, minor = str(value).partition(".")
        if not (dot and major == "3" and minor.isdecimal() and int(minor) >= 9):
            self.fail(f"{value!r} is not a supported Python version; write it like 3.9 or 3.11", param, ctx)
        return int(major), int(minor)


HEADINGS = HEADING, PLAN_HEADING = "Running on a cluster", "Planning"

options = several(
    click.option("--hadoop", metavar="PATH", help="the hadoop command or its home  [default: search for it]"),
    click.option("--file", "files", multiple=True, metavar="FILE", help="also ship this file or directory"),
    click.option("--python-env", metavar="DIR|FILE", help="ship libraries from a directory or a requirements file"),
    click.option("--node-python", type=Version(), default="3.9", show_default=True, help="Python version of the nodes"),
    click.option("--node-interpreter", metavar="PROGRAM", default="python3", show_default=True,
                 help="command for Python on the nodes"),
    click.option("--node-has", multiple=True, metavar="MODULE", help="library that is installed on the nodes"),
    click.option("--manifest", is_flag=True, help="let map tasks decode whole inputs, such as .7z"),
    click.option("--stage", metavar="DIR", help="keep shipped files in DIR  [default: temporary]"),
    click.option("--cluster", metavar="ID", help="emr, dataproc: id of the running cluster"),
    click.option("--upload", metavar="S3-URI", help="emr: folder on S3 for shipped files"),
    click.option("--wait", is_flag=True, help="emr: follow the step to its end"),
    click.option("--region", metavar="NAME", help="dataproc: region of the cluster"),
    heading=HEADING,
)  # fmt: skip

plan_options = several(
    click.option(
        "--plan",
        is_flag=True,
        help="run a sample of the input, and predict time, disk and memory here; with --nodes, settings for a cluster",
    ),
    click.option("--nodes", type=click.IntRange(1), metavar="N", help="number of nodes; --memory is that of each"),
    click.option("--cores", type=click.IntRange(1), metavar="N", help="cores of each node"),
    click.option("--input-size", type=SIZE, help="size of the whole input, decoded  [default: that of -input]"),
    heading=PLAN_HEADING,
)


def say(text: str) -> None:
    """Write a line to stderr, as st-run."""
    tell(f"st-run: {text}")


def submit(job: "Job", where: str, dry_run: bool, options: Options) -> int:
    """Hand a job over to the cluster `where`, or show how. Return its exit status."""
    from streamtools.launch import submission

    refuse_local(options, where)
    page = None if dry_run else report_page(options)
    start = time.monotonic()
    handed = submission.submit(job, where, cluster_request(options), say, dry_run=dry_run)
    if page:
        page.end([("", handed.history(time.monotonic() - start))], succeeded=not handed.status)
    return handed.status


def report_page(options: Options) -> "ReportPage | None":
    """Return the page that --report asks for. Raises CannotCreateError if it cannot be written."""
    from streamtools.launch.here import check_report

    page = local_options.report_page(options)
    if page:
        check_report(page.path)
    return page


def refuse_local(options: Options, where: str, but: Container[str] = ()) -> None:
    """Raise UsageError for an option of local jobs. but: those that are supported all the same."""
    names = [name for name in ONLY_HERE if name not in but and not (name == "report" and where == "hadoop")]
    refuse(options, names, f"not supported with --on {where}", "it is only for local jobs; leave it out")


def storage(job: "Job", options: Options) -> "HadoopStorage":
    """Return the file system on which a job of Hadoop writes."""
    from streamtools.cluster.hadoop_argv import file_system_options
    from streamtools.cluster.places.installation import find_program, hadoop_command
    from streamtools.launch.storage.file_systems import HadoopStorage

    return HadoopStorage(find_program(hadoop_command(options["hadoop"] or "")), file_system_options(job))


def cluster_request(options: Options) -> "ClusterOptions":
    from streamtools.cli.library import parse_tool
    from streamtools.cluster.shipment.needs import Nodes
    from streamtools.launch.place import ClusterOptions

    nodes = Nodes(
        version=options["node_python"],
        python=options["node_interpreter"],
        have=options["node_has"],
        files=options["files"],
        environment=options["python_env"] or "",
        manifest=options["manifest"],
    )
    given = {name: options[name] for name in ("hadoop", "cluster", "upload", "wait", "region", "stage")}
    return ClusterOptions(nodes, parse=parse_tool, **{name: value for name, value in given.items() if value})
