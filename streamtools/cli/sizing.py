"""st-run --plan: a sample of the input is run here, and the settings for a cluster are told."""

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from streamtools.errors import NoInputError, UsageError

if TYPE_CHECKING:
    from streamtools.cluster.sizing import Sample
    from streamtools.job import CommandLine

SAMPLE = 16 << 20  # bytes, decoded: some seconds of work for the usual script


def plan(line: "CommandLine", options: dict[str, Any]) -> int:
    """Print what a cluster of so many nodes, cores and bytes needs for a job, and the -D options for it."""
    import shlex
    from tempfile import TemporaryDirectory

    from streamtools.cluster.sizing import Cluster, sizing

    wanted = {"--nodes": options["nodes"], "--cores": options["cores"]}
    if missing := [name for name, value in wanted.items() if not value]:
        raise UsageError("--plan", f"needs {' and '.join(missing)}", "e.g. --plan --nodes 10 --cores 8 --memory 32G")
    with TemporaryDirectory(prefix="st-plan-") as folder:
        read, total = _sampled(line, os.path.join(folder, "sample"))
        sample = _measured(line, folder, read)
    total = options["input_size"] or total
    click.echo(f"sample: {read:,} of about {total:,} bytes, decoded")
    result = sizing(sample, total, Cluster(options["nodes"], options["cores"], options["memory"]))
    for told in result.lines:
        click.echo(told)
    click.echo(shlex.join(word for name, value in result.options for word in ("-D", f"{name}={value}")))
    return 0


def _sampled(line: "CommandLine", path: str) -> tuple[int, int]:
    """Write whole lines from the beginning of the input to `path`; how many bytes, and of about how many in all."""
    from streamtools.inputs import expand, open_blocks

    names = [name for value in line.all("input") for name in value.split(",") if name]
    if not names:
        raise NoInputError("-input", "is not given", "name files that are here, as a sample of the cluster's")
    files = expand(names)
    packed = 0

    def count(size: int) -> None:
        nonlocal packed
        packed += size

    read, whole = 0, True
    with open(path, "wb") as file:
        blocks = open_blocks(names, on_read=count)
        for block in blocks:
            file.write(block)
            read += len(block)
            if read >= SAMPLE:
                whole = False
                break
        blocks.close()  # type: ignore[attr-defined]
    if not read:
        raise NoInputError(" ".join(names), "is empty", "there is nothing to go by")
    if not whole:
        read = _cut(path)
    size = sum(os.path.getsize(name) for name in files if os.path.exists(name))
    return read, read if whole else max(read, round(size * read / max(1, packed)))


def _cut(path: str) -> int:
    """Cut a file behind its last whole line; its size then."""
    with open(path, "r+b") as file:
        data = file.read()
        size = data.rfind(b"\n") + 1 or len(data)
        file.truncate(size)
    return size


def _measured(line: "CommandLine", folder: str, read: int) -> "Sample":
    """Run the job over the sample in `folder`, on one core, with at least four reducers to see how keys spread."""
    import time
    from dataclasses import replace

    from streamtools.cli.local_run import builtin
    from streamtools.cluster.sizing import Sample
    from streamtools.job import job_of
    from streamtools.local import Settings, run
    from streamtools.local.counters import FRAMEWORK
    from streamtools.local.report import skew

    streaming = {**line.streaming, "input": [os.path.join(folder, "sample")], "output": [os.path.join(folder, "out")]}
    job = job_of(replace(line, streaming=streaming))
    if 0 < job.reduces < 4:
        generic = [*line.generic, ("D", "mapreduce.job.reduces=4")]
        streaming.pop("numReduceTasks", None)
        job = job_of(replace(line, generic=generic, streaming=streaming))
    programs = os.path.dirname(os.path.abspath(sys.argv[0]))
    began = time.monotonic()
    settings = Settings(jobs=1, scratch=folder, programs=programs, builtin=builtin(programs), say=_say)
    outcome = run(job, settings, lambda _parts: None)
    if not outcome.succeeded:
        raise UsageError("--plan", "the job fails on a sample of its input", "run it here without --plan first")
    amounts = {name: amount for (group, name), amount in outcome.counters.items() if group == FRAMEWORK}
    mapped = amounts.get("Map output bytes", 0)
    before, after = amounts.get("Combine input records", 0), amounts.get("Combine output records", 0)
    combined = round(mapped * after / before) if before else mapped
    return Sample(read, mapped, combined, time.monotonic() - began, skew(outcome.history))


def _say(text: str) -> None:
    click.echo(f"st-run: {text}", err=True)
