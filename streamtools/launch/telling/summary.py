"""What is said of a job that has ended: its counters, what could be better, and one line that sums it up."""

from collections.abc import Callable, Iterator

from streamtools.job import STDOUT, Job
from streamtools.local import Outcome, Settings
from streamtools.local.counters import FRAMEWORK, format_counters, without_zeros
from streamtools.local.reporting.history import UNEVEN, History, find_largest, measure_phase, skew, slowest
from streamtools.units import format_seconds, format_size

LONG = 5.0  # seconds of reducing, below which cores may be idle


def summarize(
    job: Job, outcome: Outcome, settings: Settings, say: Callable[[str], None], *, all_counters: bool
) -> None:
    """Say the counters of a job, remarks, and last one line with records, part files, time and rate."""
    if counters := outcome.counters if all_counters else without_zeros(outcome.counters):
        say(format_counters(counters))
    for remark in find_remarks(outcome.history, settings.jobs):
        say(remark)
    say(sum_up(job, outcome))


def find_remarks(history: History, jobs: int) -> Iterator[str]:
    """Yield what would make the job quicker, as far as its tasks show it. jobs: tasks at a time."""
    reduces = [task for task in history.attempts if not task.is_map and task.succeeded]
    seconds = measure_phase(reduces)
    if len(reduces) == 1 and jobs > 1 and seconds > max(LONG, history.seconds / 4):
        idle = "1 other core" if jobs == 2 else f"{jobs - 1} other cores"
        remedy = f"-D mapreduce.job.reduces={jobs} uses all"
        yield f"the only reducer ran {format_seconds(seconds)} while {idle} had nothing to do; {remedy}"
    fullest = skew(history)
    if fullest and fullest >= UNEVEN and (records := sum(task.read.records for task in reduces)):
        most = max(reduces, key=lambda task: task.read.bytes)
        share = f"{100 * most.read.records / records:.0f} % of all records"
        yield f"{most.name} got {share}, {fullest:.2f} times the bytes of the mean: few keys have most values"


def sum_up(job: Job, outcome: Outcome) -> str:
    """Return one line: records in and out, part files, time, rate, and the most memory of a task."""
    counters, history = outcome.counters, outcome.history
    side = "Reduce" if job.reduces else "Map"
    parts = [
        f"{counters[FRAMEWORK, 'Map input records']:,} records in",
        f"{counters[FRAMEWORK, f'{side} output records']:,} out",
    ]
    if outcome.succeeded and job.output != STDOUT:
        parts.append(f"{len(outcome.parts)} part file{'s' * (len(outcome.parts) != 1)}")
    size = sum(task.read.bytes for task in history.attempts if task.is_map and task.succeeded)
    rate = f" ({format_size(size / history.seconds)}/s)" if history.seconds and size else ""
    parts.append(f"{format_seconds(history.seconds)}{rate}")
    if len(history.attempts) > 2:
        slow = slowest(history, 1)[0]
        parts.append(f"slowest {slow.name} {format_seconds(slow.seconds)}")
    if largest := find_largest(history):
        parts.append(f"most memory {format_size(largest.usage.most)} in {largest.name}")
    return ", ".join(parts)
