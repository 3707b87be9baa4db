"""A job handed over to an EMR cluster as a step."""

import json

from streamtools.cluster.hadoop_argv import streaming_arguments
from streamtools.cluster.job_failure import explain_failure
from streamtools.cluster.places.emr import Steps, make_step, place_files
from streamtools.cluster.shipment.needs import Needs
from streamtools.cluster.shipment.staging import Shipment, stage
from streamtools.errors import UsageError
from streamtools.job import Job
from streamtools.launch.place import ClusterOptions, Handed, Say
from streamtools.terminal import tell


def check(options: ClusterOptions) -> None:
    """Raise UsageError unless the cluster and a folder on S3 are given; --manifest is not supported."""
    if not options.cluster:
        raise UsageError("--on emr", "needs the id of a running cluster", "add --cluster ID")
    if not options.upload:
        raise UsageError("--on emr", "needs a folder on S3 for shipped files", "add --upload s3://BUCKET/FOLDER")
    if options.nodes.manifest:
        raise UsageError("--manifest", "not supported with --on emr", "run st-run --on hadoop on its master node")


def describe(job: Job, options: ClusterOptions, shipment: Shipment) -> str:
    """Return the step as JSON, as `aws emr add-steps` takes it."""
    folder = options.upload.rstrip("/")
    words = place_files(streaming_arguments(job, shipment), lambda path, name: f"{folder}/{name}")
    return json.dumps([make_step(_name(job), words)], indent=2)


def hand_over(job: Job, needs: Needs, options: ClusterOptions, folder: str, say: Say) -> Handed:
    """Upload the files and add the step. With --wait follow it, explain a failure, and return its exit status."""
    steps = Steps(options.cluster, options.upload)
    words = streaming_arguments(job, stage(needs, folder))
    step_id = steps.add(make_step(_name(job), place_files(words, steps.upload)))
    say(f"step {step_id} on {options.cluster}")
    if not options.wait:
        return Handed(0)
    status = steps.wait(step_id, say)
    if status:
        failure = explain_failure(steps.read_log(step_id))
        if failure.details:
            tell(failure.details)
        say(failure.line)
    return Handed(status)


def _name(job: Job) -> str:
    return job.properties.tasks.job_name or "st-run"
