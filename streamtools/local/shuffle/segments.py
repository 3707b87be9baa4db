"""Segments: the sorted runs that map tasks leave for reducers, as ranges of files with a checksum for each piece."""

import os
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from streamtools.errors import TransferError
from streamtools.records import whole_lines

PIECE = 1 << 14  # bytes with a checksum of their own: a stream of a merge holds as many, though its window be smaller
WORTH_ISAL = 1 << 22  # bytes from which on isal's CRC-32, ten times as fast as zlib's, repays the 1 ms of its import
AGAIN = "run the job again; with --resume only what is damaged is made anew"


class Segment(NamedTuple):
    """A sorted range of a map output file, all of one partition.

    checksums: 4 bytes, a CRC-32, for each PIECE bytes and for the rest.
    in_order: False if a combiner may have written its keys out of order.
    """

    path: str
    start: int
    length: int
    checksums: bytes
    in_order: bool = True


class MapOutput(NamedTuple):
    """Output of a map task: the segments of each partition, in spill order."""

    partitions: list[list[Segment]]


class Checksums:
    """The checksums of a segment, taken as its blocks are written."""

    def __init__(self) -> None:
        self.done = bytearray()
        self.size = self.current = 0

    def add(self, block: bytes) -> None:
        """Take the bytes that come next."""
        view = memoryview(block)
        while view:
            taken = view[: PIECE - self.size % PIECE]
            self.current = _crc32(taken, self.current, self.size)
            self.size += len(taken)
            view = view[len(taken) :]
            if self.size % PIECE == 0:
                self._end_piece()

    def finish(self) -> bytes:
        """Return all of them."""
        if self.size % PIECE:
            self._end_piece()
        return bytes(self.done)

    def _end_piece(self) -> None:
        self.done += self.current.to_bytes(4, "big")
        self.current = 0


def read_segment(segment: Segment, window: int) -> Iterator[bytes]:
    """Yield the blocks of a segment, about `window` bytes at a time.

    Raises TransferError, before it yields any of it, for a piece that is not what was written.
    """
    yield from whole_lines(_read_pieces(segment, window))


def is_intact(segment: Segment) -> bool:
    """Return whether a segment holds what was written; reads all of it."""
    try:
        for _ in read_segment(segment, PIECE):
            pass
    except (OSError, TransferError):
        return False
    return True


def _read_pieces(segment: Segment, window: int) -> Iterator[bytes]:
    """Yield the bytes of a segment. Its file is open only while it is read: a merge may have more than files can be."""
    size = max(window // PIECE, 1) * PIECE
    for position in range(0, segment.length, size):
        wanted = min(size, segment.length - position)
        descriptor = os.open(segment.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            data = os.pread(descriptor, wanted, segment.start + position)
        finally:
            os.close(descriptor)
        _verify(data, segment, position, wanted)
        if len(data) <= window:
            yield data
        else:
            yield from (data[start : start + window] for start in range(0, len(data), window))


def _verify(data: bytes, segment: Segment, position: int, size: int) -> None:
    """Raise TransferError unless these are the `size` bytes that were written at a position of a segment."""
    if len(data) < size:
        raise TransferError(segment.path, "is shorter than it was written", AGAIN)
    view = memoryview(data)
    for start in range(0, size, PIECE):
        found, at = _crc32(view[start : start + PIECE], 0, position), (position + start) // PIECE * 4
        if found.to_bytes(4, "big") != segment.checksums[at : at + 4]:
            problem = f"does not hold what was written from byte {segment.start + position + start:,} on"
            raise TransferError(segment.path, problem, AGAIN)


def _crc32(data: memoryview, before: int, size: int) -> int:
    """Return the CRC-32 of data; size: how many bytes of the segment came before them."""
    if size < WORTH_ISAL:
        return zlib.crc32(data, before)
    from streamtools.inputs.checksums import crc32

    return crc32(data, before)
