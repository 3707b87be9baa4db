"""A split: the range of an input file that one map task reads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from streamtools.errors import DataError
from streamtools.formats.hadoop_codecs import find_size
from streamtools.inputs.locations import is_remote

if TYPE_CHECKING:
    from streamtools.inputs.cuts import EncodedRange


class Share(NamedTuple):
    """What a split of decoded bytes has of a file that is decoded from its beginning, for several tasks.

    packed: its part of the compressed bytes, for progress and counters. is_last: nothing of the file follows.
    copy: how often the job names the same file before.
    """

    packed: int
    is_last: bool
    copy: int = 0


class DecodedLines(NamedTuple):
    """The lines of a split, decoded into an open file without a name. first: offset of the first of them."""

    descriptor: int
    size: int
    first: int


class Split(NamedTuple):
    """A range of the bytes of a file; of a compressed file, of its compressed bytes.

    encoded: what the range of a compressed file holds that is not split by Hadoop's rules; None if it is all of it.
    share: of a range that counts decoded bytes instead; the task is started when another process has decoded its
    `lines`. member: a glob for the members of an archive that are read, None for all.
    """

    path: str
    start: int
    length: int
    encoded: EncodedRange | None = None
    share: Share | None = None
    lines: DecodedLines | None = None
    member: str | None = None

    @property
    def end(self) -> int:
        """Position after the last byte."""
        return self.start + self.length

    @property
    def packed(self) -> int:
        """Bytes of the file that the split stands for."""
        return self.share.packed if self.share else self.length

    @property
    def is_whole(self) -> bool:
        """Whether the split is all of its file."""
        if self.start > 0 or self.encoded or self.share:
            return False
        return is_remote(self.path) or self.length >= find_size(self.path)

    def check_end(self) -> None:
        """Raise DataError if the file ends before the split does: what was there when it was planned is lost.

        That it has grown does not matter, nor that it is gone: whoever has opened it reads it to its end. A share of
        decoded bytes says nothing of the file's: its decoder notices where they end too early.
        """
        if self.share or is_remote(self.path) or not os.path.exists(self.path):
            return
        if (size := find_size(self.path)) < self.end:
            problem = f"was cut short while it was read: it has {size:,} bytes, of {self.end:,} planned"
            raise DataError(self.path, problem, "run the job again when nothing writes to it")

    def __str__(self) -> str:
        return f"{self.path}:{self.start}+{self.length}"
