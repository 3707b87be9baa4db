"""A job handed over to a Dataproc cluster by gcloud."""

import shlex
import subprocess

from streamtools.cluster.hadoop_argv import streaming_arguments
from streamtools.cluster.places.dataproc import dataproc_argv
from streamtools.cluster.places.installation import find_program
from streamtools.cluster.shipment.needs import Needs
from streamtools.cluster.shipment.staging import Shipment, stage
from streamtools.errors import UsageError
from streamtools.job import Job
from streamtools.launch.place import ClusterOptions, Handed, Say


def check(options: ClusterOptions) -> None:
    """Raise UsageError unless the cluster is given; --manifest is not supported."""
    if not options.cluster:
        raise UsageError("--on dataproc", "needs the name of a running cluster", "add --cluster NAME")
    if options.nodes.manifest:
        raise UsageError("--manifest", "not supported with --on dataproc", "run st-run --on hadoop on its master node")


def describe(job: Job, options: ClusterOptions, shipment: Shipment) -> str:
    """Return the gcloud command."""
    return shlex.join(_argv(job, options, shipment))


def hand_over(job: Job, needs: Needs, options: ClusterOptions, folder: str, say: Say) -> Handed:
    """Run the gcloud command. Return its exit status."""
    program = find_program("gcloud")
    _, *words = _argv(job, options, stage(needs, folder))
    return Handed(subprocess.run([program, *words]).returncode)


def _argv(job: Job, options: ClusterOptions, shipment: Shipment) -> list[str]:
    return dataproc_argv(streaming_arguments(job, shipment), options.cluster, options.region)
