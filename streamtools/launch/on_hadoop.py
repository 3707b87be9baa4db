"""A job handed over to the Hadoop whose job client is on this machine."""

import os
import shlex

from streamtools.cluster.cluster_paths import check_paths, list_inputs
from streamtools.cluster.hadoop_argv import argv
from streamtools.cluster.input_list import FILE, read_from_list, upload_list
from streamtools.cluster.places.hadoop_client import Ended, run_client
from streamtools.cluster.places.installation import find_jar_beside, find_program, hadoop_command
from streamtools.cluster.shipment.needs import Needs
from streamtools.cluster.shipment.staging import Shipment, stage
from streamtools.errors import UnavailableError
from streamtools.job import Job
from streamtools.launch.place import ClusterOptions, Handed, Say
from streamtools.records import write_all
from streamtools.showing import to_show
from streamtools.terminal import tell


def check(options: ClusterOptions) -> None:
    """Accept all options."""


def describe(job: Job, options: ClusterOptions, shipment: Shipment) -> str:
    """Return the `hadoop jar` command; the jar has a general name if it is not found here."""
    try:
        jar = find_jar_beside(options.hadoop)
    except UnavailableError:
        jar = "hadoop-streaming.jar"
    if options.nodes.manifest:
        shipment = read_from_list(shipment, FILE)
    return shlex.join(argv(job, hadoop_command(options.hadoop), jar, shipment))


def hand_over(job: Job, needs: Needs, options: ClusterOptions, folder: str, say: Say) -> Handed:
    """Check the paths on the cluster, run the job client, and explain a failure."""
    hadoop = find_program(hadoop_command(options.hadoop))
    jar = find_jar_beside(hadoop)
    if needs.nodes.manifest:
        entries = list_inputs(job, hadoop)
        shipment = stage(needs, folder)
        with upload_list(job, hadoop, entries, folder) as path:
            ended = _run_client(job, argv(job, hadoop, jar, read_from_list(shipment, path)))
    else:
        check_paths(job, hadoop)
        ended = _run_client(job, argv(job, hadoop, jar, stage(needs, folder)))
    if ended.failure:
        if ended.failure.details:
            tell(ended.failure.details)
        say(ended.failure.line)
        if ended.application:
            say(f"for its full output: yarn logs -applicationId {ended.application}")
    return Handed(ended.status, ended.counters)


def _run_client(job: Job, command: list[str]) -> Ended:
    is_verbose = job.command_line.has("verbose", "debug")
    return run_client(command, _write, frames=is_verbose)


def _write(line: bytes) -> None:
    write_all(os.fsencode(to_show(os.fsdecode(line))), 2)
