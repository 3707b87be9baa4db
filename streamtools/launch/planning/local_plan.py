"""st-run --plan without --nodes: how long a job will take on this machine, and what it needs."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from streamtools.errors import NoInputError, UsageError
from streamtools.java import class_names
from streamtools.job import STDOUT, CommandLine, Job, build_job
from streamtools.launch.planning import disk
from streamtools.launch.planning.measured import Basis, Machine, Measured, Work
from streamtools.launch.planning.measurement import Trials, measure
from streamtools.launch.planning.prediction import NAMES, Prediction, predict
from streamtools.launch.planning.sample import PLACES, take_sample
from streamtools.launch.planning.whole_input import Growths, describe
from streamtools.local import Settings
from streamtools.local.input.split import Split
from streamtools.local.input.splits import find_splits
from streamtools.records import write_all
from streamtools.scratch.directories import default_parent, scratch_directory
from streamtools.units import format_seconds, format_size

SECONDS = 20.0  # for all runs over the sample, at most; on a machine with nothing else to do they take 5
LARGEST = 512 << 20  # bytes of the sample, decoded
SEQUENCES = (class_names.SEQUENCE_INPUT, class_names.SEQUENCE_AS_TEXT_INPUT)


@dataclass(frozen=True)
class Request:
    """A plan, as the user asked for it.

    settings: as for a run. cores: of this machine. input_size: decoded bytes of the whole input, None to estimate it.
    tasks: least numbers of map and reduce tasks. seconds: for the sample.
    """

    settings: Settings
    cores: int
    input_size: int | None = None
    tasks: tuple[int, int] = (0, 0)
    seconds: float = SECONDS


class Plan(NamedTuple):
    """A prediction, what it is for, and the sample that it follows from."""

    work: Work
    machine: Machine
    basis: Basis
    prediction: Prediction
    at_once: int


def plan(line: CommandLine, request: Request) -> int:
    """Print how long a job will take here and what it needs. Raises StreamtoolsError if it fails on a sample."""
    job = build_job(line.with_option("output", STDOUT), least_tasks=request.tasks)
    found = make_plan(job, line, request)
    work = request.settings.work_directory or default_parent()
    write_all(os.fsencode("\n".join([*describe_plan(found, job.reduces, disk.free(work), work), ""])), 1)
    return 0


def make_plan(job: Job, line: CommandLine, request: Request) -> Plan:
    """Run a job over a sample of its input, and predict what it takes for all of it."""
    if job.reads_xml or job.input_format in SEQUENCES:
        raise UsageError("--plan", "only inputs of lines can be sampled", "run the job over a part of its input")
    settings = request.settings
    with scratch_directory("plan", settings.work_directory) as directory:
        splits = find_splits(job).splits
        growths = Growths(directory, is_size_known=request.input_size is not None)
        work = describe(splits, growths)
        work = work.scaled(request.input_size) if request.input_size else work
        at_once = min(settings.jobs, request.cores)
        pieces = max(PLACES, at_once)
        read_rate = disk.read_rate([split.path for split in splits])
        sample = take_sample(splits, directory, pieces, min(work.largest, LARGEST // pieces))
        if not sample.pieces:
            raise NoInputError(" ".join(job.inputs), "is empty", "name an input with some lines")
        few = replace(settings, jobs=at_once, memory=settings.memory * at_once // settings.jobs)
        runs, mapping = measure(sample, Trials(line, few, request.tasks, request.seconds))
        decode = sample.decoding.times(1 / max(sample.encoded, 1))
        basis = Basis(runs, decode, mapping, _packed(splits, work, request.input_size))
        machine = Machine(
            cores=max(request.cores, settings.jobs),
            jobs=settings.jobs,
            memory=settings.memory,
            ram=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            read_rate=read_rate,
            write_rate=disk.write_rate(directory),
        )
    return Plan(work, machine, basis, predict(basis, work, machine, job.reduces), at_once)


def _packed(splits: Sequence[Split], work: Work, input_size: int | None) -> float:
    """Return the encoded bytes for each decoded one; 1 if the whole input is not here."""
    return 1.0 if input_size or not work.size else sum(split.packed for split in splits) / work.size


def describe_plan(plan: Plan, reduces: int, free: int, directory: str) -> list[str]:
    """Return a plan in lines, a figure in each. free: bytes, in the directory for intermediate data."""
    work, machine, found = plan.work, plan.machine, plan.prediction
    twice = replace(machine, cores=2 * machine.cores, jobs=2 * machine.jobs)
    last = plan.basis.runs[-1]
    lines = [
        f"sample: {last.read:,} of about {work.size:,} bytes, decoded; {last.map.tasks} tasks, {plan.at_once} at a "
        f"time; load average {os.getloadavg()[0]:.1f}",
        f"tasks: {work.tasks} map, {reduces} reduce; {machine.jobs} at a time on {machine.cores} cores",
        f"rates: {', '.join(_rates(plan))}, on one core",
        f"time: {format_seconds(found.wall)}: map {format_seconds(found.map)}, reduce {format_seconds(found.reduce)}",
        f"CPU: {format_seconds(sum(found.cpu.values()))}: "
        + ", ".join(f"{name} {format_seconds(seconds)}" for name, seconds in found.cpu.items()),
        f"spill: {format_size(found.spilled)} in {directory}, where {format_size(free)} are free",
        f"output: {format_size(found.written)}",
        f"memory: {format_size(found.memory)} of all processes together",
        f"bound by: {NAMES[found.bound]}",
        f"twice the cores: {format_seconds(predict(plan.basis, work, twice, reduces).wall)}",
    ]
    if is_rough(plan.basis.runs) and last.read < work.size:
        lines.append("rough: there was time for a small sample only; try again when the machine has less to do")
    return [*lines, *([disk.warning(found.spilled, free, directory)] if found.spilled > free else [])]


def is_rough(runs: Sequence[Measured]) -> bool:
    """Return whether the last run took hardly longer than what any run takes, so that a byte's cost is not seen."""
    first, last = runs[0].map.cost.cpu, runs[-1].map.cost.cpu
    return last < 2 * first


def _rates(plan: Plan) -> list[str]:
    """Return the decoded bytes of the input for which each stage takes a second of CPU."""
    cpu = plan.prediction.cpu
    return [f"{name} {format_size(plan.work.size / seconds)}/s" for name, seconds in cpu.items() if seconds > 0.001]
