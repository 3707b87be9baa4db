"""A split: what one map task reads."""

from typing import NamedTuple

from streamtools.formats.hadoop_codecs import size_of
from streamtools.inputs.cuts import EncodedRange
from streamtools.inputs.locations import is_remote


class Split(NamedTuple):
    """A range of bytes of a file (of its compressed bytes, for a compressed one).

    encoded: the range of a compressed file that is not split by Hadoop's rules, None if the split has all of it.
    """

    path: str
    start: int
    length: int
    encoded: EncodedRange | None = None

    @property
    def end(self) -> int:
        return self.start + self.length

    @property
    def is_whole(self) -> bool:
        """Whether the split has all of its file."""
        return self.start == 0 and self.encoded is None and (is_remote(self.path) or self.length >= size_of(self.path))

    def __str__(self) -> str:
        return f"{self.path}:{self.start}+{self.length}"
