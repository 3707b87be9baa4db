"""The steps of a flow, run by a Hadoop, with their data on its file system."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from streamtools.cluster.hadoop_argv import file_system_options
from streamtools.cluster.places.installation import find_program, hadoop_command
from streamtools.job import CommandLine, Job, build_job
from streamtools.job.shipped import CACHE_FILES
from streamtools.launch import submission
from streamtools.launch.flow.places import Ran
from streamtools.launch.place import ClusterOptions, Say
from streamtools.launch.storage.cluster_lock import locked_on_cluster
from streamtools.launch.storage.file_systems import HadoopStorage, Storage
from streamtools.launch.telling.report import ReportPage
from streamtools.local.recovery.fingerprints import digest, job_fingerprint


class Hadoop:
    """A Hadoop as the place of steps. common: the command line, for its options of the file system."""

    def __init__(self, options: ClusterOptions, common: CommandLine, say: Say, *, dry: bool = False) -> None:
        job = _build(common.with_option("input", ".").with_option("output", "."))
        hadoop = hadoop_command(options.hadoop)
        hadoop = hadoop if dry else find_program(hadoop)
        self.fs = [hadoop, "fs", *file_system_options(job)]
        self.storage: Storage = HadoopStorage(hadoop, file_system_options(job))
        self.options, self.say = options, say
        self.page: ReportPage | None = None

    @contextmanager
    def open(self, path: str, output: str) -> Iterator[None]:
        """Make the directory of intermediate data, and own it."""
        self.storage.make_directory(path)
        try:
            with locked_on_cluster(self.storage, path, output):
                yield
        finally:
            self.storage.remove_if_empty(path)

    def add_files(self, line: CommandLine, files: Mapping[str, str]) -> CommandLine:
        """Ship the outputs of steps by the property for paths of the cluster; -files takes those of this machine."""
        if not files:
            return line
        given = [
            value.partition("=")[2]
            for name, value in line.generic
            if name == "D" and value.startswith(f"{CACHE_FILES}=")
        ]
        items = [*given[-1:], *(f"{path}#{link}" for link, path in files.items())]
        return line.with_property(CACHE_FILES, ",".join(items))

    def check(self, line: CommandLine) -> str:
        """Check the job and its scripts."""
        job = _build(line)
        submission.describe(job, "hadoop", self.options)
        return job_fingerprint(job, os.environ.get("PATH", ""), None)

    def check_inputs(self, line: CommandLine, inputs: Sequence[str]) -> str:
        """Return a digest of the paths. They are checked when the step runs."""
        return digest(inputs)

    def run(self, line: CommandLine, *, resume: bool) -> Ran:
        """Run the job's client. What an unfinished run has left is removed, as Hadoop goes on with no task."""
        job = _build(line)
        if resume:
            self.storage.remove(job.output)
        for warning in job.warnings:
            self.say(warning)
        start = time.monotonic()
        handed = submission.submit(job, "hadoop", self.options, self.say)
        return Ran(handed.status, handed.counters, handed.history(time.monotonic() - start))

    def describe(self, line: CommandLine) -> str:
        """Return the `hadoop jar` command."""
        return submission.describe(_build(line), "hadoop", self.options)

    def describe_end(self, new: str, output: str, folder: str) -> list[str]:
        """Return commands of `hadoop fs`."""
        remove = ["-rm", "-r", "-f", "-skipTrash", folder]
        return [shlex.join([*self.fs, "-mv", new, output]), shlex.join([*self.fs, *remove])]


def _build(line: CommandLine) -> Job:
    return build_job(line, java=True)
