"""zst files cut at their frames, and gzip files at their members if these record their sizes (BGZF): found by hops.

Damage ends the search: the rest is one range, whose decoder reports it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from streamtools.inputs.random_access import ReadAt

ZSTD_MAGIC = 0xFD2FB528
SKIPPABLE, SKIPPABLE_MASK = 0x184D2A50, 0xFFFFFFF0
LONGEST_HEADER = 18  # magic, descriptor, window, 4 bytes of dictionary, 8 of size
RLE = 1  # the type of a block of one byte, repeated
BGZF = b"\x1f\x8b\x08\x04"
BGZF_FIELD = b"\x06\0BC\x02\0"  # the extra field: its length, its name, the length of the size of the member


class Frame(NamedTuple):
    """Where a frame or member begins and ends in the file, and its decoded bytes if it records them."""

    start: int
    end: int
    size: int | None


def find_zstd_frames(read_at: ReadAt, size: int) -> Iterator[Frame]:
    """Yield the frames of a file of `size` bytes; a skippable one belongs to the one before it.

    Takes one hop for each block, which holds at most 128 KiB: 10 ms for 1 GB of log lines.
    """
    start = at = 0
    decoded: int | None = None
    is_open = False  # whether a frame with data has been found since `start`
    while at < size:
        head = read_at(at, LONGEST_HEADER)
        magic = int.from_bytes(head[:4], "little")
        if magic & SKIPPABLE_MASK == SKIPPABLE and len(head) >= 8:
            at += 8 + int.from_bytes(head[4:8], "little")
            continue
        frame = _read_zstd_frame(read_at, at, head) if magic == ZSTD_MAGIC and len(head) > 5 else None
        if frame is None or frame.end > size:
            break
        if is_open:
            yield Frame(start, at, decoded)
            start = at
        is_open, at, decoded = True, frame.end, frame.size
    yield Frame(start, size, decoded if at == size else None)


def _read_zstd_frame(read_at: ReadAt, start: int, head: bytes) -> Frame | None:
    """Return the frame that begins at byte `start`, None if the file ends before it does."""
    descriptor = head[4]
    size_flag, is_single, has_checksum = descriptor >> 6, descriptor >> 5 & 1, descriptor >> 2 & 1
    size_bytes = (is_single, 2, 4, 8)[size_flag]
    at = 5 + (not is_single) + (0, 1, 2, 4)[descriptor & 3]
    decoded = None
    if size_bytes:
        decoded = int.from_bytes(head[at : at + size_bytes], "little") + (256 if size_flag == 1 else 0)
    at += start + size_bytes
    is_last = False
    while not is_last:
        header = read_at(at, 3)
        if len(header) < 3:
            return None
        number = int.from_bytes(header, "little")
        is_last, kind, length = bool(number & 1), number >> 1 & 3, number >> 3
        at += 3 + (1 if kind == RLE else length)
    return Frame(start, at + 4 * has_checksum, decoded)


def find_bgzf_members(read_at: ReadAt, size: int) -> Iterator[Frame]:
    """Yield the members of a gzip file of `size` bytes; one for all of it if it is not BGZF."""
    at = 0
    while at < size:
        head = read_at(at, 18)
        if head[:4] != BGZF or head[10:16] != BGZF_FIELD:
            break
        end = at + int.from_bytes(head[16:18], "little") + 1
        if end > size or end - at < LONGEST_HEADER:
            break
        yield Frame(at, end, int.from_bytes(read_at(end - 4, 4), "little"))
        at = end
    if at < size or not size:
        yield Frame(at, size, None)
