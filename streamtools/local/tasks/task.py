"""A task: what it reads, and the names under which files and people know it."""

from collections.abc import Sequence
from dataclasses import dataclass

from streamtools.local.input.split import Share, Split
from streamtools.local.shuffle.segments import Segment


@dataclass(frozen=True)
class Task:
    """A map task, which reads a split, or a reduce task, which reads the segments of its partition.

    number: counted from 0 among the tasks of its kind; for a reduce task, its partition.
    fingerprint: digest of all that the output depends on, compared by --resume.
    """

    is_map: bool
    number: int
    fingerprint: str
    split: Split | None = None
    segments: Sequence[Segment] = ()

    @property
    def kind(self) -> str:
        """ "map" or "reduce"."""
        return "map" if self.is_map else "reduce"

    @property
    def role(self) -> str:
        """ "mapper" or "reducer": the stage that the task is there for."""
        return "mapper" if self.is_map else "reducer"

    @property
    def name(self) -> str:
        """The name in messages, for example "map task 3"."""
        return f"{self.kind} task {self.number}"

    @property
    def file(self) -> str:
        """The name of the task's files, for example "map-000003"; of a map task, its output for the reducers."""
        return f"{self.kind}-{self.number:06d}"

    @property
    def share(self) -> Share | None:
        """What its split has of a file that is decoded for several tasks; None if it reads its split itself."""
        return self.split.share if self.split else None

    @property
    def is_fed(self) -> bool:
        """Whether the lines of its split were decoded for it."""
        return bool(self.split and self.split.lines)

    @property
    def size(self) -> int:
        """Bytes of its input: of the file, packed if it is compressed, or of its segments."""
        return self.split.packed if self.split else sum(segment.length for segment in self.segments)

    @property
    def source(self) -> str:
        """What the task reads, in messages and reports."""
        return str(self.split or f"partition {self.number}")
