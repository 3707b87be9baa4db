"""The reduce side of the shuffle: the segments of a partition, merged into sorted blocks.

Records are in the order of their keys; those of one key keep the order of map tasks, and in a task that of emission.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from streamtools.local.shuffle.safe_lines import has_equal_values
from streamtools.local.shuffle.segments import Checksums, Segment, read_segment
from streamtools.records import BLOCK, cut, write_all
from streamtools.sort.merging import in_any_order, in_order, merge
from streamtools.sort.order import Order

FAN_IN = 512  # streams of one merge: a window of memory each, but no open file
WINDOW = 1 << 18  # bytes read ahead of a stream in a merge, where memory allows
AS_OBJECTS = 32  # times the bytes of short lines is what it takes to sort them, and to have read half as much again


def merge_segments(
    segments: Sequence[Segment], order: Order, memory: int, scratch: str, *, any_order: bool = False
) -> Iterator[bytes]:
    """Return the records of the segments in order, as blocks of safe lines; a line may stand for several records.

    any_order: the values of a key may come in any order, and not only where they are equal.
    Merges in rounds, by files whose paths begin with `scratch`, when there are more than FAN_IN segments.
    """
    number = 0
    while len(segments) > FAN_IN:
        fewer = []
        for start in range(0, len(segments), FAN_IN):
            path = f"{scratch}-merged-{number}"
            fewer.append(_write(path, _merge(segments[start : start + FAN_IN], order, memory)))
            number += 1
        segments = fewer
    return _merge(segments, order, memory, any_order=any_order)


def _merge(segments: Sequence[Segment], order: Order, memory: int, *, any_order: bool = False) -> Iterator[bytes]:
    if len(segments) == 1:
        return read_segment(segments[0], BLOCK)
    may_come = in_order if order.key else in_any_order if any_order else has_equal_values
    blocks = merge(open_streams(segments, order, memory), order, may_come)
    return (piece for block in blocks for piece in cut(block))


def open_streams(segments: Sequence[Segment], order: Order, memory: int) -> list[Iterator[bytes]]:
    """Return a stream of sorted blocks for each segment, to be merged within `memory` bytes."""
    window = min(max(memory // (AS_OBJECTS * max(len(segments), 1)), 4096), WINDOW)
    return [_open_stream(segment, window, order, memory) for segment in segments]


def _open_stream(segment: Segment, window: int, order: Order, memory: int) -> Iterator[bytes]:
    if segment.in_order:
        return read_segment(segment, window)
    from streamtools.sort.external import external_sort
    from streamtools.sort.resources import SortOptions

    options = SortOptions(memory=memory // 4, directories=(os.path.dirname(segment.path),))
    path = f"{segment.path}-sorted-{segment.start}"  # a sort that waited for the merge would hold memory and files
    return _read_once(_write(path, external_sort(read_segment(segment, window), order, options)), window)


def _read_once(segment: Segment, window: int) -> Iterator[bytes]:
    """Yield the blocks of a segment, and remove its file."""
    try:
        yield from read_segment(segment, window)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(segment.path)


def _write(path: str, blocks: Iterable[bytes]) -> Segment:
    """Write sorted blocks to a new file; return the segment that they make."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    checksums = Checksums()
    try:
        for block in blocks:
            write_all(block, descriptor)
            checksums.add(block)
    finally:
        os.close(descriptor)
    return Segment(path, 0, checksums.size, checksums.finish())
