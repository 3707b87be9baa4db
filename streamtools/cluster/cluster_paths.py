"""Checks of a job's inputs and output on the cluster's file system, by `hadoop fs -ls`."""

import re
import subprocess
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from streamtools.cluster.hadoop_argv import file_system_options
from streamtools.errors import UnavailableError
from streamtools.java.globs import split_at_commas
from streamtools.job import Job, Refused, launch_refused

MISSING = re.compile(r"^\w+: `?(.*?)'?: No such file or directory", re.MULTILINE)
UNREADABLE = (".7z", ".xz")  # formats for which Hadoop has no codec
VOLUME = re.compile(r"\.7z\.\d{3,}$", re.IGNORECASE)


class Entry(NamedTuple):
    """A file on the cluster's file system: its path as listed, its size in bytes."""

    path: str
    size: int


def check_paths(job: Job, hadoop: str) -> None:
    """Check that all inputs exist and the output does not. Raises Refused with the job client's exit status."""
    inputs = input_paths(job)
    _check_volumes(inputs)
    packed = [path for path in inputs if path.endswith(UNREADABLE)]
    if packed:
        remedy = "add --manifest, and each map task decodes its own; or regroup them with st-pack first"
        raise launch_refused(f"Hadoop cannot read {packed[0]}", remedy)
    missing = _missing_paths(_run_fs(job, hadoop, ["-ls", "-d", *inputs, job.output]))
    for path in inputs:
        if path in missing:
            raise _no_input(path)
    if job.output not in missing:
        raise _output_exists(job.output)


def list_inputs(job: Job, hadoop: str) -> list[Entry]:
    """Return the input files of a job, also those inside directories. Raises Refused as `check_paths`."""
    inputs = input_paths(job)
    done = _run_fs(job, hadoop, ["-ls", *inputs])
    missing = _missing_paths(done)
    for path in inputs:
        if path in missing:
            raise _no_input(path)
    if job.output not in _missing_paths(_run_fs(job, hadoop, ["-ls", "-d", job.output])):
        raise _output_exists(job.output)
    entries = parse_listing(done.stdout)
    _check_volumes(entry.path for entry in entries)
    if not entries:
        raise launch_refused(f"no files in {' '.join(inputs)}", "--manifest needs files; check -input")
    return entries


def input_paths(job: Job) -> list[str]:
    """Return the input paths of a job, with lists split at their commas."""
    return [path for value in job.inputs for path in split_at_commas(value) if path]


def parse_listing(listing: str) -> list[Entry]:
    """Return the files in the output of `hadoop fs -ls`, without directories and hidden files."""
    found = []
    for line in listing.splitlines():
        fields = line.split(None, 7)
        if len(fields) == 8 and fields[0].startswith("-") and fields[7].rpartition("/")[2][:1] not in ("_", "."):
            found.append(Entry(fields[7], int(fields[4])))
    return found


def _check_volumes(paths: Iterable[str]) -> None:
    for path in paths:
        if VOLUME.search(path):
            whole = path.rpartition(".")[0]
            remedy = f"put them together: hadoop fs -cat '{whole}.*' | hadoop fs -put - {whole}"
            raise launch_refused(f"{path} is one volume of an archive, and a task reads one file", remedy)


def _no_input(path: str) -> Refused:
    return launch_refused(
        f"Input path does not exist: {path}", "check it with hadoop fs -ls, upload it with hadoop fs -put"
    )


def _output_exists(path: str) -> Refused:
    problem = f"Output directory {path} already exists"
    return launch_refused(problem, f"name another, or remove it: hadoop fs -rm -r {path}")


def _run_fs(job: Job, hadoop: str, command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run a command of `hadoop fs` on the job's file system."""
    words = [hadoop, "fs", *file_system_options(job), *command]
    try:
        return subprocess.run(words, capture_output=True, text=True, errors="surrogateescape")
    except OSError:
        raise UnavailableError(hadoop, "cannot be run", "put hadoop on PATH, or give its path: --hadoop") from None


def _missing_paths(done: "subprocess.CompletedProcess[str]") -> set[str]:
    """Return the paths reported as missing. Raises UnavailableError if the file system does not answer."""
    missing = set(MISSING.findall(done.stderr))
    lines = [line for line in done.stderr.splitlines() if line.strip() and not re.search(r" (INFO|WARN) ", line)]
    if done.returncode and not missing:
        reason = lines[-1].strip() if lines else f"hadoop fs ended with status {done.returncode}"
        raise UnavailableError("hadoop fs", reason, "check that the file system is running, and HADOOP_CONF_DIR")
    return missing
