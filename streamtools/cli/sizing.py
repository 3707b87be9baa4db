"""st-run --plan: a sample of the input is run here, and the settings for a cluster are told."""

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from streamtools.cli.local_run import at_least, builtin, say
from streamtools.cli.options import refuse
from streamtools.errors import NoInputError, StreamtoolsError, UsageError

if TYPE_CHECKING:
    from streamtools.cluster.recommended_settings import Sample
    from streamtools.job import CommandLine
    from streamtools.local.reporting.failures import Failure

ONLY_PLANNED = ("nodes", "cores", "input_size")
NOT_PLANNED = ("resume", "skip_bad", "check_combiner", "report")
SAMPLE = 16 << 20  # bytes, decoded: some seconds of work for the usual script


def check(options: dict[str, Any]) -> None:
    """Raise UsageError for options of a plan without --plan, and for those of a run with it."""
    if options["plan"]:
        refuse(options, NOT_PLANNED, "is not for --plan", "it is for the job itself, not for a sample of it")
    else:
        refuse(options, ONLY_PLANNED, "is for --plan only", "add --plan, or leave it out")


def plan(line: "CommandLine", options: dict[str, Any]) -> int:
    """Print what a cluster of so many nodes, cores and bytes needs for a job, and the -D options for it."""
    import shlex
    from tempfile import TemporaryDirectory

    from streamtools.cluster.recommended_settings import Cluster, recommend

    wanted = {"--nodes": options["nodes"], "--cores": options["cores"]}
    if missing := [name for name, value in wanted.items() if not value]:
        raise UsageError("--plan", f"needs {' and '.join(missing)}", "e.g. --plan --nodes 10 --cores 8 --memory 32G")
    with TemporaryDirectory(prefix="st-plan-") as folder:
        read, total = _sampled(line, os.path.join(folder, "sample"), options["input_size"])
        sample = _measured(line, folder, read)
    click.echo(f"sample: {read:,} of about {total:,} bytes, decoded")
    result = recommend(sample, total, Cluster(options["nodes"], options["cores"], options["memory"]))
    for told in result.lines:
        click.echo(told)
    click.echo(shlex.join(word for name, value in result.options for word in ("-D", f"{name}={value}")))
    return 0


def _sampled(line: "CommandLine", path: str, wished: int | None) -> tuple[int, int]:
    """Write whole lines from the beginning of the input to `path`; how many bytes, and of about how many in all.

    wished: of how many, where the user has told it; raises UsageError where only the user can.
    """
    from streamtools.inputs import expand, open_blocks
    from streamtools.inputs.paths import is_remote
    from streamtools.java.globs import split_at_commas

    names = [name for value in line.all("input") for name in split_at_commas(value) if name]
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
    if wished or whole:
        return read, wished or read
    if far := [name for name in files if is_remote(name)]:
        raise UsageError(
            "--plan", f"how much {far[0]} and the rest is cannot be seen here", "tell it with --input-size"
        )
    size = sum(os.path.getsize(name) for name in files if os.path.exists(name))
    return read, max(read, round(size * read / max(1, packed)))


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

    from streamtools.cluster.recommended_settings import Sample
    from streamtools.job import STDOUT, job_of
    from streamtools.local import Settings, run
    from streamtools.local.counters import FRAMEWORK
    from streamtools.local.reporting.html_page import skew

    streaming = {**line.streaming, "input": [os.path.join(folder, "sample")], "output": [STDOUT]}
    job = job_of(at_least(replace(line, streaming=streaming), (1, 4), java=False))
    programs = os.path.dirname(os.path.abspath(sys.argv[0]))
    began = time.monotonic()
    settings = Settings(
        jobs=1, scratch=folder, programs=programs, builtin=builtin(programs), say=say, failed=_say_failure
    )
    outcome = run(job, settings, lambda _parts: None)
    if not outcome.succeeded:
        raise StreamtoolsError("--plan", "the job fails on a sample of its input", "run it here without --plan first")
    amounts = {name: amount for (group, name), amount in outcome.counters.items() if group == FRAMEWORK}
    mapped = amounts.get("Map output bytes", 0)
    before, after = amounts.get("Combine input records", 0), amounts.get("Combine output records", 0)
    combined = round(mapped * after / before) if before else mapped
    seconds = time.monotonic() - began
    return Sample(read, mapped, combined, seconds, skew(outcome.history), has_reducers=job.reduces > 0)


def _say_failure(failure: "Failure") -> None:
    """Say how an attempt failed, without the commands that run it alone: nothing of the sample stays."""
    from dataclasses import replace

    for told in replace(failure, commands=()).lines():
        say(told)
