"""What happened in a run, as plain data for reports and summaries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from streamtools.local.counters import Counters


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
    """Why an attempt failed, in one line, and the last lines of its stderr."""

    reason: str
    last_words: Sequence[str] = ()


@dataclass(frozen=True)
class AttemptRecord:
    """One attempt at a task; times are seconds since the start of the run.

    name: of the task, for example "map task 3". source: the input file and its range, or the partition.
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
    """What happened in a run."""

    attempts: list[AttemptRecord] = field(default_factory=list)
    counters: Counters = field(default_factory=Counters)
    seconds: float = 0.0
    succeeded: bool = False


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
