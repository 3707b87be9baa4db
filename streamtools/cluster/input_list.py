"""The list of inputs of a job with --manifest: each map task gets one line of it, and decodes that input itself."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from streamtools.cluster.cluster_paths import Entry
from streamtools.cluster.hadoop_argv import file_system_options
from streamtools.cluster.shipment.staging import Shipment
from streamtools.errors import CannotCreateError
from streamtools.job import Job

NLINE = "org.apache.hadoop.mapred.lib.NLineInputFormat"
FILE = "manifest.txt"  # name of the list, in the directory of what is shipped


def format_list(entries: Sequence[Entry]) -> bytes:
    """Return the lines of the list: the largest input first, so that its task does not begin last."""
    ordered = sorted(entries, key=lambda entry: (-entry.size, entry.path))
    return b"".join(os.fsencode(f"{entry.path}\n") for entry in ordered)


def read_from_list(shipment: Shipment, path: str) -> Shipment:
    """Return a shipment whose job reads the list at `path`, one line for each map task, without Hadoop's offsets."""
    own = (("mapreduce.input.lineinputformat.linespermap", "1"), ("stream.map.input.ignoreKey", "true"))
    return replace(shipment, inputs=(path,), input_format=NLINE, properties=(*shipment.properties, *own))


@contextmanager
def upload_list(job: Job, hadoop: str, entries: Sequence[Entry], folder: str) -> Iterator[str]:
    """Keep a list of inputs beside the output on the cluster while the job runs; yield its path there.

    folder: a local directory for the list. Raises CannotCreateError if it cannot be uploaded.
    """
    local, remote = os.path.join(folder, FILE), f"{job.output.rstrip('/')}.manifest-{os.getpid()}"
    with open(local, "wb") as file:
        file.write(format_list(entries))
    fs = [hadoop, "fs", *file_system_options(job)]
    done = subprocess.run([*fs, "-put", local, remote], capture_output=True, text=True, errors="replace")
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        remedy = "check that you may write beside -output"
        raise CannotCreateError(remote, f"cannot upload the list of inputs: {reason}", remedy)
    try:
        yield remote
    finally:
        subprocess.run([*fs, "-rm", "-skipTrash", remote], capture_output=True)
