"""st-run on a cluster: its options, and handing the job over."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from streamtools.cli.options import SIZE, refuse, several
from streamtools.terminal import tell

if TYPE_CHECKING:
    from streamtools.cluster.shipping import Needs, Nodes, Shipment
    from streamtools.job import Job

ONLY_HERE = ("jobs", "work_dir", "resume", "skip_bad", "shuffle_values", "check_combiner", "report")
CLUSTERS = ("hadoop", "emr", "dataproc")


class Version(click.ParamType):
    """A version of Python: 3.9."""

    name = "VERSION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        major, dot, minor = value.partition(".")
        if not (dot and major == "3" and minor.isdecimal() and int(minor) >= 9):
            self.fail(f"{value!r} is no version that runs there; write it like 3.9 or 3.11", param, ctx)
        return int(major), int(minor)


options = several(
    click.option("--hadoop", metavar="PATH", help="cluster: the hadoop command or its home  [default: found]"),
    click.option("--file", "files", multiple=True, metavar="FILE", help="cluster: ship a file or directory, too"),
    click.option(
        "--python-env", metavar="DIR|FILE", help="cluster: ship libraries, of a directory or a requirements file"
    ),
    click.option(
        "--node-python", type=Version(), default="3.9", show_default=True, help="cluster: the Python of the nodes"
    ),
    click.option(
        "--node-interpreter", metavar="PROGRAM", default="python3", show_default=True, help="cluster: what runs it"
    ),
    click.option("--node-has", multiple=True, metavar="MODULE", help="cluster: a library that is installed there"),
    click.option("--manifest", is_flag=True, help="cluster: map tasks decode whole inputs, such as .7z, themselves"),
    click.option("--cluster", metavar="ID", help="emr, dataproc: the cluster that runs"),
    click.option("--upload", metavar="S3-URI", help="emr: the folder on S3 for what is shipped"),
    click.option("--wait", is_flag=True, help="emr: follow the step to its end"),
    click.option("--region", metavar="NAME", help="dataproc: the cluster's region"),
    click.option("--plan", is_flag=True, help="run a sample of the input here, tell the settings for a cluster"),
    click.option("--nodes", type=click.IntRange(1), help="plan: how many nodes; --memory is that of each"),
    click.option("--cores", type=click.IntRange(1), help="plan: cores of each"),
    click.option("--input-size", type=SIZE, help="plan: of the whole input, decoded  [default: that of -input]"),
    click.option("--stage", metavar="DIR", help="cluster: where to make and keep what is shipped  [default: dropped]"),
)  # fmt: skip


def say(text: str) -> None:
    """Write a line to stderr, as st-run."""
    tell(f"st-run: {text}")


def submit(job: Any, where: str, dry_run: bool, options: dict[str, Any]) -> int:
    """Hand a job to the cluster `where`, or print with what command; return its exit status."""
    from streamtools.cluster import preflight, shipping
    from streamtools.errors import UsageError
    from streamtools.job import STDOUT

    if job.output == STDOUT:
        raise UsageError("--stdout", f"is not for --on {where}", "give -output, and read it with hadoop fs -cat")
    refuse(options, ONLY_HERE, f"is not for --on {where}", "it is for jobs on this machine")
    needs = shipping.needs(job, _nodes(options))
    show, hand_over = {
        "hadoop": (_show, _on_hadoop), "emr": (_show_step, _on_emr), "dataproc": (_show_dataproc, _on_dataproc)
    }[where]  # fmt: skip
    if where != "hadoop":
        _check_cluster(where, needs, options)
    for doubt in preflight.left_behind(job, needs):
        say(doubt)
    if dry_run and not options["stage"]:
        preflight.check_scripts(job, needs, _promised(needs))
        return show(job, options, _with_manifest(shipping.staged(needs, "", dry=True), needs, "manifest.txt"))
    with _folder(options["stage"]) as folder:
        preflight.check_scripts(job, needs, preflight.libraries(needs, folder))
        if dry_run:
            return show(job, options, _with_manifest(shipping.staged(needs, folder), needs, "manifest.txt"))
        return hand_over(job, needs, options, folder)


def _nodes(options: dict[str, Any]) -> "Nodes":
    from streamtools.cluster.shipping import Nodes

    return Nodes(
        version=options["node_python"],
        python=options["node_interpreter"],
        have=options["node_has"],
        files=options["files"],
        environment=options["python_env"] or "",
        manifest=options["manifest"],
    )


def _promised(needs: "Needs") -> set[str]:
    """What --python-env will bring as far as it can be told without fetching it."""
    from streamtools.cluster import preflight

    if os.path.isfile(needs.nodes.environment):
        return set(needs.modules.foreign)
    return preflight.libraries(needs, "")


def _show(job: "Job", options: dict[str, Any], shipment: "Shipment") -> int:
    import shlex

    from streamtools.cluster import hadoop
    from streamtools.errors import UnavailableError

    try:
        jar = hadoop.find_jar(_environment(options["hadoop"]))
    except UnavailableError:
        jar = "hadoop-streaming.jar"
    click.echo(shlex.join(hadoop.argv(job, _hadoop(options["hadoop"]), jar, shipment)))
    return 0


def _on_hadoop(job: "Job", needs: "Needs", options: dict[str, Any], folder: str) -> int:
    from streamtools.cluster import client, hadoop, manifest, preflight, shipping

    program = preflight.find_program(_hadoop(options["hadoop"]))
    jar = hadoop.find_jar(_environment(options["hadoop"], program))
    entries = preflight.listing(job, program) if needs.nodes.manifest else []
    if not needs.nodes.manifest:
        preflight.check_paths(job, program)
    shipment = shipping.staged(needs, folder)
    with manifest.uploaded(job, program, entries, folder) as path:
        shipment = _with_manifest(shipment, needs, path)
        argv = hadoop.argv(job, program, jar, shipment)
        ended = client.run(argv, _write, frames=job.command_line.has("verbose", "debug"))
    if ended.failure:
        _write(os.fsencode(f"{ended.failure.details}\n") if ended.failure.details else b"")
        say(ended.failure.line)
        if ended.application:
            say(f"all that it wrote: yarn logs -applicationId {ended.application}")
    return ended.status


def _check_cluster(where: str, needs: "Needs", options: dict[str, Any]) -> None:
    from streamtools.errors import UsageError

    if not options["cluster"]:
        raise UsageError(f"--on {where}", "needs the cluster that runs", "name it with --cluster")
    if where == "emr" and not options["upload"]:
        raise UsageError("--on emr", "needs a folder on S3 for what is shipped", "name it with --upload s3://...")
    if needs.nodes.manifest:
        raise UsageError("--manifest", f"is not made with --on {where}", "run st-run --on hadoop on its master node")


def _show_step(job: "Job", options: dict[str, Any], shipment: "Shipment") -> int:
    import json

    from streamtools.cluster import emr, hadoop

    folder = options["upload"].rstrip("/")
    words = emr.placed(hadoop.words(job, shipment), lambda path, name: f"{folder}/{name}")
    click.echo(json.dumps([emr.step(_name(job), words)], indent=2))
    return 0


def _on_emr(job: "Job", needs: "Needs", options: dict[str, Any], folder: str) -> int:
    from streamtools.cluster import emr, hadoop, shipping
    from streamtools.cluster.explain import failure

    steps = emr.Steps(options["cluster"], options["upload"])
    words = hadoop.words(job, shipping.staged(needs, folder))
    id_ = steps.add(_name(job), emr.placed(words, steps.place))
    say(f"step {id_} on {options['cluster']}")
    if not options["wait"]:
        return 0
    status = steps.wait(id_, say)
    if status:
        told = failure(steps.log(id_))
        _write(os.fsencode(f"{told.details}\n") if told.details else b"")
        say(told.line)
    return status


def _name(job: "Job") -> str:
    return job.properties.tasks.job_name or "st-run"


def _dataproc(job: "Job", options: dict[str, Any], shipment: "Shipment") -> list[str]:
    from streamtools.cluster import dataproc, hadoop

    return dataproc.argv(hadoop.words(job, shipment), options["cluster"], options["region"] or "")


def _show_dataproc(job: "Job", options: dict[str, Any], shipment: "Shipment") -> int:
    import shlex

    click.echo(shlex.join(_dataproc(job, options, shipment)))
    return 0


def _on_dataproc(job: "Job", needs: "Needs", options: dict[str, Any], folder: str) -> int:
    import subprocess

    from streamtools.cluster import preflight, shipping

    program = preflight.find_program("gcloud")
    return subprocess.run([program, *_dataproc(job, options, shipping.staged(needs, folder))[1:]]).returncode


def _with_manifest(shipment: "Shipment", needs: "Needs", path: str) -> "Shipment":
    from streamtools.cluster import manifest

    return manifest.read_by(shipment, path) if needs.nodes.manifest else shipment


def _hadoop(given: str | None) -> str:
    """The hadoop command: as given, in the home that is given or set, or whatever is on PATH."""
    from streamtools.cluster.hadoop import HOMES

    homes = [given] if given else [os.environ[name] for name in HOMES if os.environ.get(name)]
    for home in homes:
        if os.path.isfile(command := os.path.join(home, "bin", "hadoop")):
            return command
    return given or "hadoop"


def _environment(given: str | None, program: str = "") -> dict[str, str]:
    """Where the jar is sought: first in the home that --hadoop or the command tells."""
    told = os.path.realpath(program or given or "") if program or given else ""
    home = told if os.path.isdir(told) else os.path.dirname(os.path.dirname(told))
    return {**({"STREAMTOOLS_HADOOP_HOME": home} if told else {}), **os.environ}


def _write(line: bytes) -> None:
    sys.stderr.buffer.write(line)
    sys.stderr.buffer.flush()


@contextmanager
def _folder(stage: str | None) -> Iterator[str]:
    """The directory for what is shipped: the one that is asked for, or one that goes away."""
    from tempfile import TemporaryDirectory

    if stage:
        os.makedirs(stage, exist_ok=True)
        yield stage
        return
    with TemporaryDirectory(prefix="st-submit-") as folder:
        yield folder
