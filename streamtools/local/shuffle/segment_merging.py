"""The reduce side of the shuffle: the segments of a partition, merged into sorted blocks.

Records are in the order of their keys; those of one key keep the order of map tasks, and in a task that of emission.
"""

import os
from collections.abc import Iterator, Sequence

from streamtools.local.shuffle.segments import Checksums, Segment, read_segment
from streamtools.records import BLOCK, cut, write_all
from streamtools.sort.merging import merge
from streamtools.sort.order import Order

FAN_IN = 512  # streams of one merge: descriptors, and a window of memory each
WINDOW = 1 << 18  # bytes read ahead of a stream in a merge, where memory allows
AS_OBJECTS = 32  # times the bytes of short lines is what it takes to sort them, and to have read half as much again


def merge_segments(segments: Sequence[Segment], order: Order, memory: int, scratch: str) -> Iterator[bytes]:
    """Return the records of the segments in order, as blocks of safe lines; a line may stand for several records.

    Merges in rounds, by files in the directory `scratch`, when there are more than FAN_IN segments.
    """
    number = 0
    while len(segments) > FAN_IN:
        fewer = []
        for start in range(0, len(segments), FAN_IN):
            path = os.path.join(scratch, f"merged-{number}")
            fewer.append(_merge_to_file(path, segments[start : start + FAN_IN], order, memory))
            number += 1
        segments = fewer
    return _merge(segments, order, memory)


def _merge(segments: Sequence[Segment], order: Order, memory: int) -> Iterator[bytes]:
    if len(segments) == 1:
        return read_segment(segments[0], BLOCK)
    blocks = merge(open_streams(segments, order, memory), order)
    return (piece for block in blocks for piece in cut(block))


def open_streams(segments: Sequence[Segment], order: Order, memory: int) -> list[Iterator[bytes]]:
    """Return a stream of sorted blocks for each segment, to be merged within `memory` bytes."""
    window = min(max(memory // (AS_OBJECTS * max(len(segments), 1)), 4096), WINDOW)
    return [_open_stream(segment, window, order, memory) for segment in segments]


def _open_stream(segment: Segment, window: int, order: Order, memory: int) -> Iterator[bytes]:
    blocks = read_segment(segment, window)
    if segment.in_order:
        return blocks
    from streamtools.sort.external import external_sort
    from streamtools.sort.resources import SortOptions

    directories = (os.path.dirname(segment.path),)
    return external_sort(blocks, order, SortOptions(memory=memory // 4, directories=directories))


def _merge_to_file(path: str, segments: Sequence[Segment], order: Order, memory: int) -> Segment:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    checksums = Checksums()
    try:
        for block in _merge(segments, order, memory):
            write_all(block, descriptor)
            checksums.add(block)
    finally:
        os.close(descriptor)
    return Segment(path, 0, checksums.size, checksums.finish())
