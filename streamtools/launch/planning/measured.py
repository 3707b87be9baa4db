"""What a prediction is made from: costs measured on a sample, the work to be done, and the machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Cost(NamedTuple):
    """Seconds of CPU, and seconds of the clock."""

    cpu: float = 0.0
    wall: float = 0.0

    def times(self, amount: float) -> "Cost":
        """Return the cost of so many."""
        return Cost(self.cpu * amount, self.wall * amount)

    def plus(self, other: "Cost") -> "Cost":
        """Return both costs together."""
        return Cost(self.cpu + other.cpu, self.wall + other.wall)


NOTHING = Cost()


class Phase(NamedTuple):
    """All map tasks of a run, or all its reduce tasks. size: bytes that they read. cost: the sum of theirs."""

    tasks: int = 0
    size: int = 0
    cost: Cost = NOTHING


class Memory(NamedTuple):
    """Most bytes of st-run itself, of the process of a task, and of the commands that it runs at a time."""

    main: int = 0
    task: int = 0
    commands: int = 0


@dataclass(frozen=True)
class Measured:
    """A run over a sample of `read` bytes, decoded.

    spilled, written: bytes of map outputs and of part files. skew: how many times the mean the fullest reducer got.
    """

    read: int
    map: Phase
    reduce: Phase
    spilled: int
    written: int
    memory: Memory
    skew: float = 1.0


@dataclass(frozen=True)
class Basis:
    """All that was measured on a sample.

    runs: over larger and larger samples, the first of next to nothing. decode: cost of a decoded byte.
    mapping: share of the map tasks' CPU that is not spent on sorting and combining. packed: encoded bytes for each
    decoded one.
    """

    runs: Sequence[Measured]
    decode: Cost = NOTHING
    mapping: float = 1.0
    packed: float = 1.0


@dataclass(frozen=True)
class Work:
    """The whole input of a job, in decoded bytes.

    tasks, largest: number of map tasks, bytes of the largest one. encoded: bytes that have to be decoded.
    stream: bytes of the longest stream that one core has to decode, while all cores work on what it decodes.
    """

    size: int
    tasks: int
    largest: int
    encoded: int = 0
    stream: int = 0

    def scaled(self, size: int) -> "Work":
        """Return the work for an input of `size` bytes of the same kind: more tasks, or a larger one if it is alone."""
        factor = size / max(self.size, 1)
        is_alone = self.tasks == 1
        return Work(
            size=size,
            tasks=1 if is_alone else max(1, round(self.tasks * factor)),
            largest=size if is_alone else min(self.largest, size),
            encoded=round(self.encoded * factor),
            stream=round(self.stream * factor),
        )


@dataclass(frozen=True)
class Machine:
    """What a job runs on.

    jobs: tasks at a time. memory: bytes of all tasks together. ram: bytes of the machine. read_rate, write_rate: bytes
    of its disk in a second.
    """

    cores: int
    jobs: int
    memory: int
    ram: int
    read_rate: float
    write_rate: float
