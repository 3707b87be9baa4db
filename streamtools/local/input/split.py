"""A split: what one map task reads."""

from typing import NamedTuple

from streamtools.formats.hadoop_codecs import find_size
from streamtools.inputs.cuts import Part
from streamtools.inputs.paths import is_remote


class Split(NamedTuple):
    """A range of bytes of a file (of its compressed bytes, for a compressed one).

    part: what is in the range of a compressed file that is not cut by Hadoop's rules, None when it is all of it.
    """

    path: str
    start: int
    length: int
    part: Part | None = None

    @property
    def end(self) -> int:
        return self.start + self.length

    @property
    def is_whole(self) -> bool:
        """Whether the split has all of its file."""
        return self.start == 0 and self.part is None and (is_remote(self.path) or self.length >= find_size(self.path))

    def __str__(self) -> str:
        return f"{self.path}:{self.start}+{self.length}"
