"""`hadoop jar hadoop-streaming.jar ...` run here: paths of HDFS mapped, the local engine, told in lines of log4j.

    26/11/21 12:00:01 INFO mapreduce.Job: Running job: job_4711_0001
    26/11/21 12:00:02 INFO mapreduce.Job:  map 100% reduce 100%

Where a directory stands for HDFS, tasks run as on a cluster: in a directory of their own, where they find what the job
ships and nothing else. Without one they run where the job was started, as in Hadoop's local mode.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from streamtools.records import write_all

if TYPE_CHECKING:
    from streamtools.hdfs import FileSystem
    from streamtools.job import CommandLine, Job
    from streamtools.local.reporting.failures import Failure
    from streamtools.local.reporting.progress import JobProgress

MEMORY = 512 << 20  # bytes of all tasks together, as st-run's default
STREAMING_JAR = re.compile(r"hadoop.*streaming(?!.*(?:sources|tests?|javadoc)\.jar$).*\.jar", re.IGNORECASE)
FAILED = "Streaming Command Failed!"


def is_streaming_jar(path: str) -> bool:
    """Whether a jar is Hadoop Streaming's by its name: no other is known here, and none is needed to be there."""
    return STREAMING_JAR.fullmatch(os.path.basename(path)) is not None


def run_job(words: list[str], fs: FileSystem, quiet: bool) -> int:
    """Run the job of a command line of Hadoop Streaming; return the job client's exit status.

    quiet: only what goes wrong is told.
    """
    from streamtools.cli.st_run import OPTIONS_OF_HADOOP, typed_bytes
    from streamtools.job import Refused, build_job, parse

    client = _Client(fs, quiet)
    try:
        line = parse(words)
        if line.subcommand in ("dumptb", "loadtb"):
            return typed_bytes(line.subcommand, _typed_paths(line, fs))
        if line.asks_for_help:
            write_all(OPTIONS_OF_HADOOP.encode(), 1)
            return 0
        return client.run(build_job(mapped(line, fs)))
    except Refused as error:
        client.log(str(error), "streaming.StreamJob", "ERROR")
        if error.usage:
            write_all(OPTIONS_OF_HADOOP.encode(), 1)
        if error.exit_code == 1:
            _tell("Try -help for more information")
        _tell(FAILED)
        return error.exit_code


def mapped(line: CommandLine, fs: FileSystem) -> CommandLine:
    """A command line whose paths are this machine's; unchanged when no directory stands for HDFS.

    Raises Refused for a path of HDFS then, and for a file system that is not there.
    """
    from streamtools.errors import StreamtoolsError
    from streamtools.job import launch_refused

    try:
        return _mapped(line, fs)
    except StreamtoolsError as error:
        raise launch_refused(error.problem, error.remedy) from None


def _typed_paths(line: CommandLine, fs: FileSystem) -> Sequence[str]:
    """This machine's paths for the arguments of dumptb, which are patterns, and of loadtb."""
    if not fs.hdfs:
        return line.words
    return [fs.pattern(word) if line.subcommand == "dumptb" else fs.item(word).path for word in line.words]


def _mapped(line: CommandLine, fs: FileSystem) -> CommandLine:
    from streamtools.local.input.input_files import comma_list

    if not fs.hdfs:
        for path in (*(path for value in line.all("input") for path in comma_list(value)), *line.all("output")):
            fs.item(path)
        return line

    def here(path: str, default: FileSystem) -> str:
        path, hash_, link = path.partition("#")
        name = os.path.basename(path.rstrip("/"))
        return f"{default.item(path).path}#{link if hash_ else name}"

    def each(value: str, default: FileSystem) -> str:
        return ",".join(here(path, default) for path in value.split(",") if path)

    local = fs.local(fs.hdfs)  # what is shipped lies on this machine, unless it is named by a URI
    generic = [(name, each(value, local) if name in ("files", "archives") else value) for name, value in line.generic]
    default = [("D", "fs.defaultFS=hdfs:///")] if fs.base else []
    found = line.with_generic([*default, *generic])
    for option, values in line.streaming.items():
        if option == "input":
            found = found.with_option(option, *(",".join(map(fs.pattern, comma_list(value))) for value in values))
        elif option == "output":
            found = found.with_option(option, *(fs.item(value).path for value in values))
        elif option == "file":
            found = found.with_option(option, *(",".join(map(os.path.abspath, value.split(","))) for value in values))
        elif option in ("cacheFile", "cacheArchive"):
            found = found.with_option(option, *(each(value, fs) for value in values))
    return found


class _Client:
    """Runs a job and tells of it as the job client does."""

    def __init__(self, fs: FileSystem, quiet: bool) -> None:
        self.fs, self.quiet = fs, quiet
        self.id = f"{os.getpid()}_0001" if fs.hdfs else f"local{os.getpid()}_0001"  # as of a cluster, or of none
        self.progress = ""  # as it was told last
        self.told = 0.0  # when, in seconds of the monotonic clock

    def run(self, job: Job) -> int:
        from streamtools.cli.library import find_builtin
        from streamtools.cli.options import cores
        from streamtools.launch.results import write_parts
        from streamtools.local import Console, Settings, run
        from streamtools.local.counters import format_counters

        for warning in job.warnings:
            self.log(warning, "streaming.StreamJob", "WARN")
        if job.packed:
            write_all(f"packageJobJar: [{', '.join(job.packed)}]\n".encode(), 1)
        programs = os.path.dirname(os.path.realpath(sys.argv[0]))
        settings = Settings(
            jobs=cores(),
            memory=MEMORY,
            programs=programs,
            builtin=find_builtin(programs),
            job_id=self.id,
            console=Console(
                say=lambda text: self.log(text, "streaming.StreamJob", "WARN"),
                progress=None if self.quiet else self.show,
                failed=self.complain,
            ),
        )
        with _away_from_home(self.fs):
            self.log(f"Running job: job_{self.id}")
            outcome = run(job, settings, write_parts)
        how = "completed successfully" if outcome.succeeded else "failed with state FAILED"
        self.log(f"Job job_{self.id} {how}")
        self.log(format_counters(outcome.counters))
        if not outcome.succeeded:
            self.log("Job not successful!", "streaming.StreamJob", "ERROR")
            if job.is_background:
                return 0
            _tell(FAILED)
            return 1
        self.log(f"Output directory: {self.shown(job.output)}", "streaming.StreamJob")
        return 0

    def show(self, progress: JobProgress) -> None:
        """Tell how far the job is, when that has changed, at most once in a second; the end of a phase at once."""
        maps, reduces = progress
        mapped = maps.fraction if maps.total else 1.0
        text = f" map {int(100 * mapped)}% reduce {int(100 * reduces.fraction)}%"
        has_ended = maps.done == maps.total and reduces.done in (0, reduces.total)
        if text != self.progress and (has_ended or time.monotonic() - self.told >= 1):
            self.log(text)
            self.progress, self.told = text, time.monotonic()

    def complain(self, failure: Failure) -> None:
        """Tell of an attempt at a task that has failed; commands to be pasted have this machine's paths."""
        first, *rest = failure.lines(again=True)  # mrjob takes the cause from here
        self.log(f"Task Id : {failure.attempt}, Status : FAILED\nError: {first}", level="WARN")
        for line in rest:
            _tell(line)

    def log(self, text: str, logger: str = "mapreduce.Job", level: str = "INFO") -> None:
        if level != "INFO" or not self.quiet:
            _tell(f"{time.strftime('%y/%m/%d %H:%M:%S')} {level} {logger}: {self.shown(text)}")

    def shown(self, text: str) -> str:
        """A text with the names of HDFS for paths in the directory that stands for it."""
        if not self.fs.hdfs:
            return text
        return text.replace(f"file:{self.fs.hdfs}", "hdfs://").replace(self.fs.hdfs, "hdfs://")


@contextmanager
def _away_from_home(fs: FileSystem) -> Iterator[None]:
    """Be in an empty directory, as tasks on a cluster are, where a directory stands for HDFS."""
    if not fs.base:
        yield
        return
    from tempfile import TemporaryDirectory

    home = os.getcwd()
    with TemporaryDirectory(prefix="st-hadoop-") as work:
        os.chdir(work)
        try:
            yield
        finally:
            os.chdir(home)


def _tell(text: str) -> None:
    write_all(os.fsencode(f"{text}\n"), 2)
