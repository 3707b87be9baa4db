"""st-run --check: all that can be found out about a job in some seconds, one finding a line."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from streamtools.errors import StreamtoolsError
from streamtools.formats.hadoop_codecs import read_decoded
from streamtools.java import class_names
from streamtools.job import STDOUT, CommandLine, Job, Refused, build_job
from streamtools.launch.checking.fixes import fix_scripts
from streamtools.launch.checking.trials import Trials, stderr_to
from streamtools.launch.planning import local_plan
from streamtools.launch.planning.measurement import SampleFailed
from streamtools.launch.planning.sample import Sample, take_sample
from streamtools.local import Settings
from streamtools.local.input.split import Split
from streamtools.local.input.splits import find_splits
from streamtools.local.stages.environment import environment
from streamtools.local.stages.preflight import inspect_job
from streamtools.local.stages.working_directory import in_working_directory
from streamtools.records import write_all
from streamtools.scratch.directories import scratch_directory
from streamtools.scripts.finding import Finding
from streamtools.units import format_seconds, format_size

PIECES, PIECE = 4, 256 << 10  # of the sample: number, and bytes of each, decoded
SMALLEST, STEP, ENOUGH = 1 << 10, 16, 2.0  # bytes of each piece at first, times the last, seconds of a run
SECONDS = 6.0  # for the prediction of the time


@dataclass(frozen=True)
class Request:
    """A check, as the user asked for it.

    settings: as for a run. cores: of this machine. tasks: least numbers of map and reduce tasks. fix: correct scripts.
    """

    settings: Settings
    cores: int = 1
    tasks: tuple[int, int] = (0, 0)
    fix: bool = False


def check(line: CommandLine, request: Request) -> int:
    """Print what is wrong with a job, one finding a line; return 0 only if nothing is. Raises Refused as a run does."""
    wrong = 0
    for finding in find_all(line, request):
        kind = "error" if finding.is_fatal else "warning" if finding.is_wrong else "note"
        wrong += kind != "note"
        write_all(os.fsencode(f"{kind}: {finding}\n"), 1)
    if not wrong:
        write_all(b"nothing wrong was found\n", 1)
    return 1 if wrong else 0


def find_all(line: CommandLine, request: Request) -> Iterator[Finding]:
    """Yield all findings: of commands and scripts, then, if the job starts at all, of runs over a sample."""
    job = build_job(line.with_option("output", STDOUT), least_tasks=request.tasks)
    yield from (Finding("", warning, is_wrong=warning.startswith("unknown ")) for warning in job.warnings)
    if request.fix:
        yield from fix_scripts(job)
    yield from _check_output(line)
    settings = request.settings
    with (
        scratch_directory("check", settings.work_directory) as scratch,
        in_working_directory(job, scratch),
    ):
        splits = find_splits(job).splits
        variables = environment(job, {}, settings.programs)
        found = inspect_job(job, variables, [split.packed for split in splits], settings.builtin)
        yield from found
        if not any(finding.is_fatal for finding in found):
            yield from _try(job, line, request, splits, scratch)


def _check_output(line: CommandLine) -> Iterator[Finding]:
    output = line.one("output")
    if output not in (None, STDOUT) and os.path.lexists(output):
        yield Finding(
            f"-output {output}", "exists already", "name another directory, or add --overwrite", is_fatal=True
        )


def _try(job: Job, line: CommandLine, request: Request, splits: Sequence[Split], scratch: str) -> Iterator[Finding]:
    """Yield what runs over a sample show."""
    if job.reads_xml or job.input_format in local_plan.SEQUENCES:
        yield Finding("-input", "is not sampled, as it is not made of lines", is_wrong=False)
        return
    os.mkdir(os.path.join(scratch, "pieces"))
    size = min(PIECE, sum(split.length for split in splits) // PIECES + 1)  # of several tasks, however little there is
    sample = take_sample(splits, os.path.join(scratch, "pieces"), PIECES, size)
    if not sample.pieces:
        yield Finding(" ".join(job.inputs), "is empty", "name an input with some lines")
        return
    yield from _look_at_ends(job, splits[0].path)
    settings = replace(request.settings, work_directory=scratch, resume=False, skip_bad=0)
    directory = _choose_size(sample, Trials(line, settings, "", request.tasks), scratch)
    failed = False
    for finding in Trials(line, settings, directory, request.tasks).try_all(job):
        failed |= finding.is_fatal
        yield finding
    if not failed:
        yield from _predict(job, line, request, _measure(directory))


def _look_at_ends(job: Job, path: str) -> Iterator[Finding]:
    """Yield a warning if a delimiter of the user's own leaves the CR of line ends in the records."""
    if job.input_format != class_names.TEXT_INPUT or not job.properties.input.delimiter:
        return
    if b"\r\n" in next(iter(read_decoded(path)), b""):
        problem = "lines end in CR LF, and textinputformat.record.delimiter leaves the CR in the records"
        yield Finding("-input", problem, "leave the delimiter out: Hadoop reads both line ends by itself")


def _choose_size(sample: Sample, trials: Trials, scratch: str) -> str:
    """Return a directory with as much of the sample as the job takes some seconds for, or all of it."""
    size = SMALLEST
    while True:
        directory = os.path.join(scratch, f"in-{size}")
        sample.copy_beginnings(directory, size)
        if size >= sample.largest or replace(trials, directory=directory).measure() > ENOUGH:
            return directory
        size *= STEP


class Amount(NamedTuple):
    """What a sample holds."""

    records: int
    size: int


def _measure(directory: str) -> Amount:
    """Return how many lines and bytes the files of a directory have."""
    records = size = 0
    for entry in os.scandir(directory):
        with open(entry.path, "rb") as file:
            data = file.read()
        records, size = records + data.count(b"\n"), size + len(data)
    return Amount(records, size)


def _predict(job: Job, line: CommandLine, request: Request, sample: Amount) -> Iterator[Finding]:
    """Yield how long the whole input will take, and how fast that is."""
    settings = replace(request.settings, is_inspected=True)
    asked = local_plan.Request(settings, request.cores, None, request.tasks, SECONDS)
    try:
        with open(os.devnull, "wb") as nobody, stderr_to(nobody.fileno()):
            plan = local_plan.make_plan(job, line, asked)
    except Refused:
        raise
    except SampleFailed:  # which reads more than the runs before it
        yield Finding("-input", "the job fails on another part of it", "run the job here, its message names the line")
        return
    except StreamtoolsError as error:
        yield Finding("time", f"unknown: {error}", is_wrong=False)
        return
    seconds, total = plan.prediction.wall, plan.work.size
    rate = sample.records / max(sample.size, 1) * total / max(seconds, 1e-3)
    problem = f"about {format_seconds(seconds)} for {format_size(total)} here, {rate:,.0f} records/s"
    yield Finding("time", f"{problem}, as a sample of {format_size(sample.size)} shows", is_wrong=False)
