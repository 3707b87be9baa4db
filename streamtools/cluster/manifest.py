"""A job over the names of its inputs: each map task gets a line of a list, and decodes that input itself."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from streamtools.cluster.hadoop import file_system
from streamtools.cluster.preflight import Entry
from streamtools.cluster.shipping import Shipment
from streamtools.errors import CannotCreateError
from streamtools.job import Job

NLINE = "org.apache.hadoop.mapred.lib.NLineInputFormat"


def text_of(entries: Sequence[Entry]) -> bytes:
    """The lines of the list: the biggest input first, so that no task begins it last."""
    ordered = sorted(entries, key=lambda entry: (-entry.size, entry.path))
    return b"".join(os.fsencode(f"{entry.path}\n") for entry in ordered)


def read_by(shipment: Shipment, path: str) -> Shipment:
    """A shipment whose job reads the list at `path`, a line for each map task, without Hadoop's offsets."""
    own = (("mapreduce.input.lineinputformat.linespermap", "1"), ("stream.map.input.ignoreKey", "true"))
    return replace(shipment, inputs=(path,), input_format=NLINE, properties=(*shipment.properties, *own))


@contextmanager
def uploaded(job: Job, hadoop: str, entries: Sequence[Entry], folder: str) -> Iterator[str]:
    """The path on the cluster of the list of `entries`, beside the output, while the job runs; "" without any."""
    if not entries:
        yield ""
        return
    here, there = os.path.join(folder, "manifest.txt"), f"{job.output.rstrip('/')}.manifest-{os.getpid()}"
    with open(here, "wb") as file:
        file.write(text_of(entries))
    fs = [hadoop, "fs", *file_system(job)]
    done = subprocess.run([*fs, "-put", here, there], capture_output=True, text=True, errors="replace")
    if done.returncode:
        told = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise CannotCreateError(
            there, f"the list of inputs cannot be put there: {told}", "may you write beside -output?"
        )
    try:
        yield there
    finally:
        subprocess.run([*fs, "-rm", "-skipTrash", there], capture_output=True)
