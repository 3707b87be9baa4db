"""Segments: the sorted runs that map tasks leave for reducers, as ranges of files."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from streamtools.errors import TransferError
from streamtools.records import whole_lines


class Segment(NamedTuple):
    """A sorted range of a map output file, all of one partition.

    in_order: False if a combiner may have written its keys out of order.
    """

    path: str
    start: int
    length: int
    in_order: bool = True


class MapOutput(NamedTuple):
    """Output of a map task: the segments of each partition, in spill order."""

    partitions: list[list[Segment]]


def read_segment(segment: Segment, window: int) -> Iterator[bytes]:
    """Yield the blocks of a segment, read `window` bytes at a time.

    Raises TransferError if the file has become shorter.
    """
    with open(segment.path, "rb", buffering=0) as file:
        file.seek(segment.start)
        yield from whole_lines(_read_range(file, segment, window))


def _read_range(file: BinaryIO, segment: Segment, window: int) -> Iterator[bytes]:
    left = segment.length
    while left > 0:
        piece = file.read(min(window, left))
        if not piece:
            raise TransferError(segment.path, "is shorter than it was written", "run the job again")
        left -= len(piece)
        yield piece
