"""st-run --plan --nodes: a sample of the input is run here, and the settings for a cluster follow from it."""

import os
import shlex
import time
from collections.abc import Generator
from dataclasses import dataclass

from streamtools.cluster.recommended_settings import Cluster, Sample, recommend
from streamtools.errors import NoInputError, StreamtoolsError, UsageError
from streamtools.inputs import ReadOptions, expand, open_inputs
from streamtools.inputs.locations import is_remote
from streamtools.java.globs import split_at_commas
from streamtools.job import STDOUT, CommandLine, build_job
from streamtools.launch.here import say
from streamtools.launch.planning.measurement import sample_console
from streamtools.local import Console, Settings, run
from streamtools.local.counters import FRAMEWORK
from streamtools.local.reporting.history import skew
from streamtools.local.stages.runner import Builtin
from streamtools.scratch.directories import scratch_directory
from streamtools.terminal import show

SAMPLE = 16 << 20  # bytes, decoded: some seconds of work for the usual script
REDUCES = 4  # at least, to see how keys spread


@dataclass(frozen=True)
class Request:
    """A plan, as the user asked for it.

    nodes: of the cluster. cores, memory: of each node, memory in bytes. programs, builtin: as for a run.
    input_size: bytes of the whole input, decoded; None if it is to be estimated.
    tasks: map and reduce tasks over the sample, at least.
    """

    nodes: int | None
    cores: int | None
    memory: int
    input_size: int | None
    programs: str
    builtin: Builtin
    tasks: tuple[int, int] = (1, 1)


def plan(line: CommandLine, request: Request) -> int:
    """Print what a cluster of so many nodes, cores and bytes needs for a job, and the -D options for it."""
    wanted = {"--nodes": request.nodes, "--cores": request.cores}
    if missing := [name for name, value in wanted.items() if not value]:
        raise UsageError("--plan", f"needs {' and '.join(missing)}", "e.g. --plan --nodes 10 --cores 8 --memory 32G")
    with scratch_directory("plan") as directory:
        read, total = _sample(line, os.path.join(directory, "sample"), request.input_size)
        sample = _measure(line, directory, read, request)
    result = recommend(sample, total, Cluster(request.nodes or 0, request.cores or 0, request.memory))
    options = shlex.join(word for name, value in result.options for word in ("-D", f"{name}={value}"))
    lines = [f"sample: {read:,} of about {total:,} bytes, decoded", *result.lines, options]
    show("\n".join(lines))
    return 0


def _sample(line: CommandLine, path: str, input_size: int | None) -> tuple[int, int]:
    """Write whole lines from the beginning of the input to `path`; return how many bytes, of about how many in all.

    input_size: of how many, if the user has said so. Raises UsageError where only the user can know.
    """
    names = [name for value in line.all("input") for name in split_at_commas(value) if name]
    if not names:
        raise NoInputError("-input", "is not given", "name files that are here, as a sample of the cluster's")
    files = expand(names)
    packed = 0

    def count(size: int) -> None:
        nonlocal packed
        packed += size

    read, is_whole = 0, True
    with open(path, "wb") as file:
        blocks = open_inputs(names, ReadOptions(on_read=count))
        for block in blocks:
            file.write(block)
            read += len(block)
            if read >= SAMPLE:
                is_whole = False
                break
        assert isinstance(blocks, Generator)
        blocks.close()
    if not read:
        raise NoInputError(" ".join(names), "is empty", "name an input with some lines")
    if not is_whole:
        read = _cut(path)
    if input_size or is_whole:
        return read, input_size or read
    if far := [name for name in files if is_remote(name)]:
        raise UsageError("--plan", f"the size of {far[0]} and the other inputs is unknown", "give it with --input-size")
    size = sum(os.path.getsize(name) for name in files if os.path.exists(name))
    return read, max(read, round(size * read / max(1, packed)))


def _cut(path: str) -> int:
    """Cut a file behind its last whole line; return its size then."""
    with open(path, "r+b") as file:
        data = file.read()
        size = data.rfind(b"\n") + 1 or len(data)
        file.truncate(size)
    return size


def _measure(line: CommandLine, directory: str, read: int, request: Request) -> Sample:
    """Run the job over the sample in `directory`, on one core; return what it took."""
    maps, reduces = request.tasks
    line = line.with_option("input", os.path.join(directory, "sample")).with_option("output", STDOUT)
    job = build_job(line, least_tasks=(maps, max(reduces, REDUCES)))
    began = time.monotonic()
    settings = Settings(
        jobs=1,
        work_directory=directory,
        programs=request.programs,
        builtin=request.builtin,
        console=sample_console(Console(say=say)),
    )
    outcome = run(job, settings, lambda _parts: None)
    if not outcome.succeeded:
        raise StreamtoolsError("--plan", "the job fails on a sample of its input", "run it here without --plan first")
    counters = outcome.counters
    mapped = counters[FRAMEWORK, "Map output bytes"]
    before, after = counters[FRAMEWORK, "Combine input records"], counters[FRAMEWORK, "Combine output records"]
    combined = round(mapped * after / before) if before else mapped
    seconds = time.monotonic() - began
    return Sample(read, mapped, combined, seconds, skew(outcome.history), has_reducers=job.reduces > 0)
