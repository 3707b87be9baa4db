"""A split: the range of an input file that one map task reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from streamtools.formats.hadoop_codecs import find_size
from streamtools.inputs.locations import is_remote

if TYPE_CHECKING:
    from streamtools.inputs.cuts import EncodedRange


class Split(NamedTuple):
    """A range of the bytes of a file; of a compressed file, of its compressed bytes.

    encoded: what the range of a compressed file holds that is not split by Hadoop's rules; None if it is all of it.
    """

    path: str
    start: int
    length: int
    encoded: EncodedRange | None = None

    @property
    def end(self) -> int:
        """Position after the last byte."""
        return self.start + self.length

    @property
    def is_whole(self) -> bool:
        """Whether the split is all of its file."""
        if self.start > 0 or self.encoded:
            return False
        return is_remote(self.path) or self.length >= find_size(self.path)

    def __str__(self) -> str:
        return f"{self.path}:{self.start}+{self.length}"
