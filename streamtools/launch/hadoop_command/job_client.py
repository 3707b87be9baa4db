"""`hadoop jar hadoop-streaming.jar ...` run here, by the local engine, with the output of Hadoop's job client.

    26/11/21 12:00:01 INFO mapreduce.Job: Running job: job_4711_0001
    26/11/21 12:00:02 INFO mapreduce.Job:  map 100% reduce 100%

If a directory stands for HDFS, tasks run as on a cluster: in a directory of their own that has what the job ships and
nothing else. Otherwise they run where the job was started, as in Hadoop's local mode.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from streamtools.launch.hadoop_command.hadoop_fs import find_default_file_system, open_file_system
from streamtools.records import write_all
from streamtools.scratch.directories import scratch_directory
from streamtools.terminal import tell

if TYPE_CHECKING:
    from streamtools.hdfs import FileSystem
    from streamtools.job import Job
    from streamtools.local.reporting.failures import Failure
    from streamtools.local.reporting.progress import JobProgress
    from streamtools.local.stages.runner import Builtin

MEMORY = 512 << 20  # bytes of all tasks together, as st-run's default
STREAMING_JAR = re.compile(r"hadoop.*streaming(?!.*(?:sources|tests?|javadoc)\.jar$).*\.jar", re.IGNORECASE)
FAILED = "Streaming Command Failed!"
STREAM_JOB = "streaming.StreamJob"  # the logger of the streaming client


def is_streaming_jar(path: str) -> bool:
    """Return whether a jar is Hadoop Streaming's, by its name. The file need not exist."""
    return STREAMING_JAR.fullmatch(os.path.basename(path)) is not None


def run_job(words: list[str], programs: str, builtin: Builtin, cores: int, *, quiet: bool) -> int:
    """Run the job of a command line of Hadoop Streaming. Return the job client's exit status.

    programs: directory of our executables. builtin: finds the stage of a command that is one of our own tools.
    cores: number of tasks at a time. quiet: print only warnings and errors.
    """
    from streamtools.job import Refused, build_job, explain_words, parse
    from streamtools.job.streaming_help import OPTIONS_OF_HADOOP
    from streamtools.launch.hadoop_command.hdfs_paths import map_job_paths, map_typed_bytes_paths

    fs = open_file_system(find_default_file_system(words))
    client = _Client(fs, quiet)
    try:
        line = parse(words)
        if line.subcommand in ("dumptb", "loadtb"):
            from streamtools.launch.typed_bytes_files import run_subcommand

            return run_subcommand(line.subcommand, map_typed_bytes_paths(line, fs))
        if line.asks_for_help:
            write_all(OPTIONS_OF_HADOOP.encode(), 1)
            return 0
        return client.run(build_job(map_job_paths(line, fs)), programs, builtin, cores)
    except Refused as error:
        hint = explain_words(words)
        client.log(f"{error}{hint and f'; {hint}'}", STREAM_JOB, "ERROR")
        if error.usage:
            write_all(OPTIONS_OF_HADOOP.encode(), 1)
        if error.exit_code == 1:
            tell("Try -help for more information")
        tell(FAILED)
        return error.exit_code


class _Client:
    """Runs a job and logs its progress as Hadoop's job client does."""

    def __init__(self, fs: FileSystem, quiet: bool) -> None:
        self.fs, self.quiet = fs, quiet
        self.id = f"{os.getpid()}_0001" if fs.hdfs else f"local{os.getpid()}_0001"  # as on a cluster, or without one
        self.logged_progress = ""
        self.logged_at = 0.0  # seconds of the monotonic clock

    def run(self, job: Job, programs: str, builtin: Builtin, cores: int) -> int:
        """Run the job. Return the job client's exit status."""
        from streamtools.launch.hadoop_command.hdfs_paths import name_files
        from streamtools.launch.results import write_parts
        from streamtools.local import Console, Settings, run
        from streamtools.local.counters import format_counters

        for warning in job.warnings:
            self.log(warning, STREAM_JOB, "WARN")
        if job.packed:
            write_all(f"packageJobJar: [{', '.join(job.packed)}]\n".encode(), 1)
        settings = Settings(
            jobs=cores,
            memory=MEMORY,
            programs=programs,
            builtin=builtin,
            job_id=self.id,
            name_files=partial(name_files, fs=self.fs),
            console=Console(
                say=lambda text: self.log(text, STREAM_JOB, "WARN"),
                progress=None if self.quiet else self.show_progress,
                failed=self.show_failure,
            ),
        )
        with _empty_directory(self.fs):
            self.log(f"Running job: job_{self.id}")
            outcome = run(job, settings, write_parts)
        how = "completed successfully" if outcome.succeeded else "failed with state FAILED"
        self.log(f"Job job_{self.id} {how}")
        self.log(format_counters(outcome.counters))
        if not outcome.succeeded:
            self.log("Job not successful!", STREAM_JOB, "ERROR")
            if job.is_background:
                return 0
            tell(FAILED)
            return 1
        self.log(f"Output directory: {self.with_hdfs_names(job.output)}", STREAM_JOB)
        return 0

    def show_progress(self, progress: JobProgress) -> None:
        """Log the progress of the job if it has changed, at most once a second; the end of a phase at once."""
        maps, reduces = progress.maps, progress.reduces
        mapped = maps.fraction if maps.total else 1.0
        text = f" map {int(100 * mapped)}% reduce {int(100 * reduces.fraction)}%"
        has_ended = maps.done == maps.total and reduces.done in (0, reduces.total)
        if text != self.logged_progress and (has_ended or time.monotonic() - self.logged_at >= 1):
            self.log(text)
            self.logged_progress, self.logged_at = text, time.monotonic()

    def show_failure(self, failure: Failure) -> None:
        """Log a failed attempt at a task. Commands to be pasted keep this machine's paths."""
        first, *rest = failure.lines(again=True)  # mrjob reads the cause from the first line
        self.log(f"Task Id : {failure.attempt}, Status : FAILED\nError: {first}", level="WARN")
        for line in rest:
            tell(line)

    def log(self, text: str, logger: str = "mapreduce.Job", level: str = "INFO") -> None:
        """Write a line of log4j to stderr; with `quiet` only warnings and errors."""
        if level != "INFO" or not self.quiet:
            tell(f"{time.strftime('%y/%m/%d %H:%M:%S')} {level} {logger}: {self.with_hdfs_names(text)}")

    def with_hdfs_names(self, text: str) -> str:
        """Return a text with HDFS names instead of paths in the directory that stands for it."""
        if not self.fs.hdfs:
            return text
        return text.replace(f"file:{self.fs.hdfs}", "hdfs://").replace(self.fs.hdfs, "hdfs://")


@contextmanager
def _empty_directory(fs: FileSystem) -> Iterator[None]:
    """Work in an empty directory, as tasks on a cluster do, if a directory stands for HDFS."""
    if not fs.base:
        yield
        return
    home = os.getcwd()
    with scratch_directory("hadoop") as work:
        inner = os.path.join(work, "work")  # without the lock beside it
        os.mkdir(inner)
        os.chdir(inner)
        try:
            yield
        finally:
            os.chdir(home)
