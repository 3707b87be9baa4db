"""What happened in a run, as plain data for reports and summaries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from streamtools.local.counters import Counters
from streamtools.local.reporting.progress import JobProgress

UNEVEN = 2.0  # times the mean, from which on the fullest reducer is worth a remark


class Amount(NamedTuple):
    """Records, and the bytes that they take."""

    records: int = 0
    bytes: int = 0


NOTHING = Amount()


class Usage(NamedTuple):
    """What an attempt took: CPU seconds, with its commands; the most bytes of its process, of any command, and of all.

    together: of all processes at once, as far as that was seen; 0 if it was not.
    """

    cpu: float = 0.0
    peak: int = 0
    command_peak: int = 0
    together: int = 0

    @property
    def most(self) -> int:
        """The most bytes that were seen at once."""
        return max(self.peak, self.command_peak, self.together)


UNKNOWN = Usage()


class Problem(NamedTuple):
    """Why an attempt failed, in one line, and the last lines of its stderr.

    kind: equal for failures of the same cause. record: what it failed on. hints: what to try. commands: run it alone.
    """

    reason: str
    last_words: Sequence[str] = ()
    kind: str = ""
    record: str = ""
    hints: str = ""
    commands: Sequence[str] = ()


class InputFile(NamedTuple):
    """A file that a job reads. packed: its bytes; decoded: what they hold, 0 if not known; members: of an archive."""

    path: str
    packed: int
    decoded: int = 0
    members: Sequence[str] = ()


@dataclass(frozen=True)
class AttemptRecord:
    """One attempt at a task; times are seconds since the start of the run.

    name: of the task, for example "map task 3". source: the input file and its range, or the partition.
    decoded: bytes that its command was given, 0 if not known.
    """

    name: str
    is_map: bool
    attempt: int
    source: str
    start: float
    end: float
    read: Amount = NOTHING
    written: Amount = NOTHING
    usage: Usage = UNKNOWN
    problem: Problem | None = None
    decoded: int = 0

    @property
    def succeeded(self) -> bool:
        """Whether its output counts."""
        return self.problem is None

    @property
    def seconds(self) -> float:
        """How long the attempt took."""
        return self.end - self.start


@dataclass
class History:
    """What happened in a run.

    seconds: since its start. running: the attempts that run now, each with what it has read so far. progress: how far
    it is, None once it has ended. reason: why it failed, where no task tells.
    """

    attempts: list[AttemptRecord] = field(default_factory=list)
    counters: Counters = field(default_factory=Counters)
    seconds: float = 0.0
    succeeded: bool = False
    running: list[AttemptRecord] = field(default_factory=list)
    progress: JobProgress | None = None
    inputs: list[InputFile] = field(default_factory=list)
    reason: str = ""

    @property
    def state(self) -> str:
        """ "running", "succeeded" or "failed"."""
        return "running" if self.progress else "succeeded" if self.succeeded else "failed"


class RunFacts(NamedTuple):
    """What is known of a run before it starts. started: seconds since 1970. reason: why it could not start, or ""."""

    command: str
    started: float = 0.0
    host: str = ""
    directory: str = ""
    version: str = ""
    reason: str = ""


def slowest(history: History, size: int = 5) -> list[AttemptRecord]:
    """Return the attempts that took longest, longest first."""
    return sorted(history.attempts, key=lambda attempt: -attempt.seconds)[:size]


def skew(history: History) -> float | None:
    """Return how many times the mean the fullest reducer got; None with fewer than two reducers that succeeded."""
    sizes: list[int] = [attempt.read.bytes for attempt in history.attempts if not attempt.is_map and attempt.succeeded]
    return max(sizes) * len(sizes) / sum(sizes) if len(sizes) > 1 and any(sizes) else None


def find_largest(history: History) -> AttemptRecord | None:
    """Return the attempt whose processes took the most memory; None if that is not known."""
    largest = max(history.attempts, key=lambda attempt: attempt.usage.most, default=None)
    return largest if largest and largest.usage.most else None


def measure_phase(attempts: Sequence[AttemptRecord]) -> float:
    """Return the seconds from the start of the first of some attempts to the end of the last."""
    return max((each.end for each in attempts), default=0.0) - min((each.start for each in attempts), default=0.0)
