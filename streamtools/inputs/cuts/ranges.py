"""Ranges of an encoded file, and where those that decode on their own begin and end."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from streamtools.inputs.random_access import ReadAt
from streamtools.inputs.sevenzip.folder_ranges import FolderRange

CHUNK = 1 << 18  # bytes per read
SLOP = 1.1  # a rest of up to this many times the size asked for is not cut


class DecodableRange(NamedTuple):
    """Bytes of a file that decode on their own; `chunks` yields them as a complete file of their format."""

    start: int
    end: int
    chunks: Callable[[ReadAt], Iterator[bytes]]


class EncodedRange(NamedTuple):
    """Bytes of an encoded file for one task, the folders of an archive in them, and whether its ends cut a line."""

    start: int
    end: int
    folder_ranges: tuple[FolderRange, ...] = ()
    begins_line: bool = True
    ends_line: bool = True


def group_sizes(sizes: Iterable[int], size: int, total: int) -> Iterator[int]:
    """Yield how many items, in order, form each group of at least `size`.

    total: the sum of all sizes. If a tenth of `size` or less would be left, it joins the last group.
    """
    count = held = 0
    for item in sizes:
        count, held, total = count + 1, held + item, total - item
        if held >= size and total > size * (SLOP - 1):
            yield count
            count = held = 0
    if count:
        yield count


def find_decodable_ranges(format: str, read_at: ReadAt, size: int, least: int, place: str) -> Iterator[DecodableRange]:
    """Cut a file of `size` bytes into ranges of at least `least` bytes, in order and without gaps.

    Damage ends the search: the rest is the last range, whose decoder reports it. For bz2 this raises DataError.
    """
    if format == "bz2":
        from streamtools.inputs.cuts.bzip2 import group_blocks

        for group in group_blocks(read_at, size, least, place):
            yield DecodableRange(group.start // 8, group.end // 8, group.chunks)
    elif format == "xz":
        yield from _find_xz_ranges(read_at, size, least)
    elif format in ("zst", "gz"):
        from streamtools.inputs.cuts.frames import find_bgzf_members, find_zstd_frames

        found = find_zstd_frames(read_at, size) if format == "zst" else find_bgzf_members(read_at, size)
        start = 0
        for frame in found:
            if frame.end - start >= least or frame.end == size:
                yield copy_range(start, frame.end)
                start = frame.end
    else:
        yield copy_range(0, size)


def _find_xz_ranges(read_at: ReadAt, size: int, least: int) -> Iterator[DecodableRange]:
    from streamtools.inputs.cuts.xz import InvalidIndex, build_streams, read_blocks

    try:
        blocks = read_blocks(read_at, size)
    except InvalidIndex:
        blocks = []
    if len(blocks) < 2:
        yield copy_range(0, size)
        return
    begin = start = 0
    for count in group_sizes((block.end - block.start for block in blocks), least, size):
        chosen, begin = blocks[begin : begin + count], begin + count
        end = blocks[begin].start if begin < len(blocks) else size
        yield DecodableRange(start, end, partial(build_streams, blocks=chosen))
        start = end


def copy_range(start: int, end: int) -> DecodableRange:
    """Return a range whose bytes are a complete file as they are."""

    def chunks(read_at: ReadAt) -> Iterator[bytes]:
        at = start
        while at < end and (chunk := read_at(at, min(CHUNK, end - at))):
            yield chunk
            at += len(chunk)

    return DecodableRange(start, end, chunks)
