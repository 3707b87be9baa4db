"""xz files cut at their blocks, whose sizes are in the index at the end of each stream.

    header | block | block | ... | index: 0, count, (unpadded size, decoded size) each, padding, crc | footer

Some of the blocks are made a complete stream again, with an index of their own, so that the library verifies all of it.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from zlib import crc32

from streamtools.inputs.random_access import ReadAt

MAGIC, END_MAGIC = b"\xfd7zXZ\0", b"YZ"
HEADER = FOOTER = 12
CHUNK = 1 << 18  # bytes per read
LARGEST_INDEX = 1 << 28  # bytes: the index of 20 million blocks


class Block(NamedTuple):
    """A block: where it begins in the file, its bytes without padding, its decoded bytes, the flags of its stream."""

    start: int
    unpadded: int
    size: int
    flags: bytes

    @property
    def end(self) -> int:
        return self.start + -(-self.unpadded // 4) * 4


class InvalidIndex(Exception):
    """The indexes do not fit the file; the decoder of the whole file reports the damage."""


def read_blocks(read_at: ReadAt, size: int) -> list[Block]:
    """Return all blocks of a file of `size` bytes from its indexes. Raises InvalidIndex if these do not fit it."""
    found: list[Block] = []
    while size:
        tail = read_at(max(size - CHUNK, 0), min(CHUNK, size))
        padding = len(tail) - len(tail.rstrip(b"\0"))
        if padding % 4:
            raise InvalidIndex("padding")
        size -= padding
        if padding < len(tail):
            size, of_stream = _read_stream(read_at, size)
            found[:0] = of_stream
    return found


def _read_index_size(read_at: ReadAt, end: int) -> int:
    footer = read_at(end - FOOTER, FOOTER) if end >= HEADER + FOOTER else b""
    if footer[10:] != END_MAGIC or crc32(footer[4:10]) != int.from_bytes(footer[:4], "little"):
        raise InvalidIndex("footer")
    return (int.from_bytes(footer[4:8], "little") + 1) * 4


def _read_stream(read_at: ReadAt, end: int) -> tuple[int, list[Block]]:
    """Return where the stream that ends at byte `end` begins, and its blocks."""
    size = _read_index_size(read_at, end)
    flags = read_at(end - 4, 2)
    index = read_at(end - FOOTER - size, size) if size <= min(end, LARGEST_INDEX) else b""
    if len(index) != size or index[0] or crc32(index[:-4]) != int.from_bytes(index[-4:], "little"):
        raise InvalidIndex("index")
    numbers = _decode_numbers(index)
    count = next(numbers)
    if count > size:
        raise InvalidIndex("count")
    sizes = [(next(numbers), next(numbers)) for _ in range(count)]
    start = end - FOOTER - size - sum(-(-unpadded // 4) * 4 for unpadded, _ in sizes)
    if start < HEADER or read_at(start - HEADER, HEADER) != _build_header(flags):
        raise InvalidIndex("header")
    begin, found = start - HEADER, []
    for unpadded, decoded in sizes:
        found.append(Block(start, unpadded, decoded, flags))
        start = found[-1].end
    return begin, found


def _decode_numbers(index: bytes) -> Iterator[int]:
    """Yield the numbers of an index, stored as seven bits per byte, the lowest first."""
    number = shift = 0
    for byte in memoryview(index)[1:-4]:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield number
            number = shift = 0
    raise InvalidIndex("index")  # the caller asked for more numbers than there are


def _encode_number(number: int) -> bytes:
    encoded = bytearray()
    while number >= 0x80:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _build_header(flags: bytes) -> bytes:
    return MAGIC + flags + crc32(flags).to_bytes(4, "little")


def build_tail(sizes: Sequence[tuple[int, int]], flags: bytes) -> bytes:
    """Build the index and footer of a stream from the unpadded and decoded size of each of its blocks."""
    index = b"".join([b"\0", _encode_number(len(sizes)), *(_encode_number(size) for pair in sizes for size in pair)])
    index += bytes(-len(index) % 4)
    index += crc32(index).to_bytes(4, "little")
    footer = (len(index) // 4 - 1).to_bytes(4, "little") + flags
    return index + crc32(footer).to_bytes(4, "little") + footer + END_MAGIC


def build_streams(read_at: ReadAt, blocks: Sequence[Block]) -> Iterator[bytes]:
    """Yield adjacent blocks as a file of their own, with one stream for each of the streams that they come from."""
    for flags, group in groupby(blocks, attrgetter("flags")):
        of_stream = list(group)
        yield _build_header(flags)
        for block in of_stream:
            yield from (read_at(at, min(CHUNK, block.end - at)) for at in range(block.start, block.end, CHUNK))
        yield build_tail([(block.unpadded, block.size) for block in of_stream], flags)
