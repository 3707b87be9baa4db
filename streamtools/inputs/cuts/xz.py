"""xz cut at its blocks, of which the index at the end of each stream tells the sizes.

    header | block | block | ... | index: 0, count, (unpadded size, decoded size) each, padding, crc | footer

Some blocks are made a whole stream again, with an index of their own, so that the library verifies all of it.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from zlib import crc32

ReadAt = Callable[[int, int], bytes]

MAGIC, END_MAGIC = b"\xfd7zXZ\0", b"YZ"
HEADER = FOOTER = 12
PIECE = 1 << 18
LARGEST_INDEX = 1 << 28  # bytes: of 20 million blocks


class Block(NamedTuple):
    """A block: where it begins in the file, its bytes without padding, its decoded bytes, the flags of its stream."""

    start: int
    unpadded: int
    size: int
    flags: bytes

    @property
    def end(self) -> int:
        return self.start + -(-self.unpadded // 4) * 4


class Unclear(Exception):
    """The indexes do not tell the blocks: the decoder of the whole file will say what is wrong."""


def blocks(read_at: ReadAt, size: int) -> list[Block]:
    """All blocks of a file of `size` bytes, from its indexes; raises Unclear when these do not fit the file."""
    found: list[Block] = []
    while size:
        tail = read_at(max(size - PIECE, 0), min(PIECE, size))
        padding = len(tail) - len(tail.rstrip(b"\0"))
        if padding % 4:
            raise Unclear("padding")
        size -= padding
        if padding < len(tail):
            size, of_stream = _stream(read_at, size)
            found[:0] = of_stream
    return found


def _index_size(read_at: ReadAt, end: int) -> int:
    footer = read_at(end - FOOTER, FOOTER) if end >= HEADER + FOOTER else b""
    if footer[10:] != END_MAGIC or crc32(footer[4:10]) != int.from_bytes(footer[:4], "little"):
        raise Unclear("footer")
    return (int.from_bytes(footer[4:8], "little") + 1) * 4


def _stream(read_at: ReadAt, end: int) -> tuple[int, list[Block]]:
    """Where the stream that ends at byte `end` begins, and its blocks."""
    size = _index_size(read_at, end)
    flags = read_at(end - 4, 2)
    index = read_at(end - FOOTER - size, size) if size <= min(end, LARGEST_INDEX) else b""
    if len(index) != size or index[0] or crc32(index[:-4]) != int.from_bytes(index[-4:], "little"):
        raise Unclear("index")
    numbers = _numbers(index)
    count = next(numbers)
    if count > size:
        raise Unclear("count")
    sizes = [(next(numbers), next(numbers)) for _ in range(count)]
    start = end - FOOTER - size - sum(-(-unpadded // 4) * 4 for unpadded, _ in sizes)
    if start < HEADER or read_at(start - HEADER, HEADER) != _header(flags):
        raise Unclear("header")
    begin, found = start - HEADER, []
    for unpadded, decoded in sizes:
        found.append(Block(start, unpadded, decoded, flags))
        start = found[-1].end
    return begin, found


def _numbers(index: bytes) -> Iterator[int]:
    """The numbers of an index: seven bits a byte, the lowest first."""
    number = shift = 0
    for byte in memoryview(index)[1:-4]:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield number
            number = shift = 0
    raise Unclear("index")  # more was asked for than is there


def _coded(number: int) -> bytes:
    coded = bytearray()
    while number >= 0x80:
        coded.append(number & 0x7F | 0x80)
        number >>= 7
    coded.append(number)
    return bytes(coded)


def _header(flags: bytes) -> bytes:
    return MAGIC + flags + crc32(flags).to_bytes(4, "little")


def tail(sizes: Sequence[tuple[int, int]], flags: bytes) -> bytes:
    """What ends a stream of blocks of these sizes, unpadded and decoded: index and footer."""
    index = b"".join([b"\0", _coded(len(sizes)), *(_coded(size) for pair in sizes for size in pair)])
    index += bytes(-len(index) % 4)
    index += crc32(index).to_bytes(4, "little")
    told = (len(index) // 4 - 1).to_bytes(4, "little") + flags
    return index + crc32(told).to_bytes(4, "little") + told + END_MAGIC


def pieces(read_at: ReadAt, chosen: Sequence[Block]) -> Iterator[bytes]:
    """Some blocks, one after the other, as a stream of their own; one for each of the streams that they are from."""
    for flags, group in groupby(chosen, attrgetter("flags")):
        of_stream = list(group)
        yield _header(flags)
        for block in of_stream:
            yield from (read_at(at, min(PIECE, block.end - at)) for at in range(block.start, block.end, PIECE))
        yield tail([(block.unpadded, block.size) for block in of_stream], flags)
