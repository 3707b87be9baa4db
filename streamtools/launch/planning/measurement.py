"""A job, run over larger and larger samples, and what the runs took."""

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from glob import glob
from tempfile import TemporaryDirectory

from streamtools.errors import StreamtoolsError
from streamtools.job import STDOUT, CommandLine, build_job
from streamtools.launch.planning.measured import Cost, Measured, Memory, Phase
from streamtools.launch.planning.sample import Sample
from streamtools.local import Console, Outcome, Settings, run
from streamtools.local.reporting.failures import Failure
from streamtools.local.reporting.history import AttemptRecord, skew
from streamtools.local.tasks.usage import measure_usage

FIRST = 1 << 10  # bytes of each piece in the first run, which shows what a task costs in itself
STEP = 32  # times the bytes of a run are what the next one takes, at most
LAST_STEP = 4  # times between the last two runs: how amounts grow there is how they grow on
UNCUT = 1 << 30  # bytes: a piece is a task, whatever its size
RESERVE = 1.5  # the last run, and the one without reducers that may follow


class SampleFailed(StreamtoolsError):
    """A job that fails on a sample of its input."""


@dataclass(frozen=True)
class Trials:
    """How a job is run over a sample. tasks: least numbers of its tasks. seconds: for all runs together, about."""

    line: CommandLine
    settings: Settings
    tasks: tuple[int, int]
    seconds: float


def sample_console(console: Console) -> Console:
    """Return a console that says how an attempt failed without the commands that run it alone: nothing of it stays."""

    def say_failure(failure: Failure) -> None:
        for text in replace(failure, commands=()).lines():
            console.say(text)

    return Console(say=console.say, failed=say_failure)


def measure(sample: Sample, trials: Trials) -> tuple[list[Measured], float]:
    """Run the job over larger and larger beginnings of the pieces, as long as there is time.

    Return what each run took, and the share of the map tasks' CPU that is not spent on sorting and combining. Raises
    StreamtoolsError if the job fails.
    """
    runs: list[Measured] = []
    took: list[float] = []
    size = FIRST
    while size:
        before = time.monotonic()
        runs.append(_measure(sample, size, trials))
        took.append(time.monotonic() - before)
        trials = replace(trials, settings=replace(trials.settings, is_inspected=True))
        last, size = size, next_size(size, sample.largest, affordable(size, took, trials.seconds))
    return runs, _share_of_mapping(sample, last, trials, runs[-1])


def affordable(size: int, took: Sequence[float], seconds: float) -> float:
    """Return for how many bytes of each piece there is time after runs that took so many seconds.

    size: of the last run. What the first run took is what any run takes, however small.
    """
    base, left = took[0], seconds - sum(took)
    if len(took) == 1:
        return STEP * size if left > 0 else 0.0
    return size * (left / RESERVE - base) / max(took[-1] - base, 0.02 * base, 1e-3)


def next_size(size: int, largest: int, affordable: float) -> int:
    """Return the bytes of each piece in the run after one of `size`; 0 if that was the last one."""
    most = min(largest, int(affordable))
    if size >= largest or (most < 2 * size and most < largest):
        return 0
    if most > STEP * size:
        return STEP * size
    return most // LAST_STEP if most >= 2 * LAST_STEP * size else most


def _share_of_mapping(sample: Sample, size: int, trials: Trials, last: Measured) -> float:
    if not (last.reduce.tasks and last.map.cost.cpu):
        return 1.0
    line = trials.line.without_option("numReduceTasks").with_property("mapreduce.job.reduces", "0")
    alone = _measure(sample, size, replace(trials, line=line, tasks=(0, 0)))
    return min(1.0, alone.map.cost.cpu / last.map.cost.cpu)


def _measure(sample: Sample, size: int, trials: Trials) -> Measured:
    """Run the job once over the beginnings of the pieces."""
    spilled: list[int] = []
    written: list[int] = []
    with TemporaryDirectory(prefix="run-", dir=sample.directory) as directory:
        read = sample.copy_beginnings(os.path.join(directory, "in"), size)
        line = trials.line.with_option("input", os.path.join(directory, "in")).with_option("output", STDOUT)
        line = line.with_property("mapreduce.input.fileinputformat.split.minsize", str(UNCUT))
        job = build_job(line, least_tasks=(0, trials.tasks[1]))

        def weigh(parts: Iterable[str]) -> None:
            spilled.extend(map(os.path.getsize, glob(os.path.join(directory, "st-run-*", "map-??????"))))
            written.extend(map(os.path.getsize, parts))

        outcome = run(job, replace(trials.settings, work_directory=directory, console=_quiet(trials)), weigh)
    if not outcome.succeeded:
        raise SampleFailed("--plan", "the job fails on a sample of its input", "run it here without --plan first")
    attempts = outcome.history.attempts
    stages = (job.mapper, *([job.combiner] if job.combiner else []))
    return Measured(
        read=read,
        map=_sum_up(attempts, is_map=True, size=read),
        reduce=_sum_up(attempts, is_map=False),
        spilled=sum(spilled),
        written=sum(written),
        memory=_memory(outcome, sum(stage.is_command for stage in stages)),
        skew=skew(outcome.history) or 1.0,
    )


def _quiet(trials: Trials) -> Console:
    return sample_console(trials.settings.console)


def _sum_up(attempts: Iterable[AttemptRecord], *, is_map: bool, size: int | None = None) -> Phase:
    chosen = [attempt for attempt in attempts if attempt.is_map == is_map]
    cost = Cost(sum(attempt.usage.cpu for attempt in chosen), sum(attempt.seconds for attempt in chosen))
    return Phase(len(chosen), sum(attempt.read.bytes for attempt in chosen) if size is None else size, cost)


def _memory(outcome: Outcome, commands: int) -> Memory:
    """Return the most bytes of each process; commands: how many of them a map task may run at a time."""
    usages = [attempt.usage for attempt in outcome.history.attempts]
    most = max((usage.command_peak for usage in usages), default=0)
    return Memory(measure_usage().peak, max((usage.peak for usage in usages), default=0), commands * most)
