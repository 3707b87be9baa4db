"""Where the decoding of one LZMA2 stream can begin: at its dictionary resets.

A writer with several threads (7zz does so by default) starts its dictionary afresh every four dictionary sizes, at
most 256 MiB; each such segment decodes on its own. Only the headers of the chunks are read: 7,187 of them, 0.2 s, for
1 GB of log lines.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

LIMIT = 1 << 29  # decoded bytes to search for the next reset; beyond it the rest of a stream is one segment
UNPACKED_RESET, UNPACKED = 1, 2  # control bytes of chunks that are stored as they are
PACKED, PACKED_RESET = 0x80, 0xE0  # and the least ones of LZMA chunks


class Segment(NamedTuple):
    """A part of an LZMA2 stream that can be decoded on its own; the offsets count from the start of the stream."""

    packed_offset: int
    packed: int
    offset: int
    size: int


def segments(read_at: Callable[[int, int], bytes], start: int, packed: int, size: int) -> Iterator[Segment]:
    """The segments of the LZMA2 stream of `packed` bytes at `start`, `size` bytes decoded, found as they are asked for.

    What makes no sense ends the search: the decoder of the last segment, the rest, will say what is wrong.
    """
    begun_packed = begun = 0
    for at, offset in _resets(read_at, start, packed, size):
        if at:
            yield Segment(begun_packed, at - begun_packed, begun, offset - begun)
            begun_packed, begun = at, offset
    yield Segment(begun_packed, packed - begun_packed, begun, size - begun)


def _resets(read_at: Callable[[int, int], bytes], start: int, packed: int, size: int) -> Iterator[tuple[int, int]]:
    """(packed offset, offset) of each chunk that resets the dictionary."""
    at = offset = last = 0
    while at < packed and offset < size and offset - last < LIMIT:
        header = read_at(start + at, 6)
        if len(header) < 6:
            return
        control = header[0]
        if control in (UNPACKED_RESET, UNPACKED):
            made = int.from_bytes(header[1:3], "big") + 1
            taken = made + 3
        elif control >= PACKED:
            made = ((control & 0x1F) << 16) + int.from_bytes(header[1:3], "big") + 1
            taken = int.from_bytes(header[3:5], "big") + 1 + (6 if control >= 0xC0 else 5)
        else:
            return
        if control == UNPACKED_RESET or control >= PACKED_RESET:
            last = offset
            yield at, offset
        at, offset = at + taken, offset + made
