"""bzip2 files cut at their blocks, which begin with a mark of 48 bits at any bit.

    BZh9 | mark crc data | mark crc data | ... | end mark, checksum of the checksums | zero bits up to a byte | BZh9 ...

A group of blocks is made a complete stream again: shifted to a byte boundary, with a header before it, and after it an
end that holds the checksum of its checksums, so that the library verifies all of it.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from streamtools.errors import DataError
from streamtools.inputs.random_access import ReadAt

BLOCK_MARK, END_MARK = 0x314159265359, 0x177245385090
MARK_BITS, CRC_BITS = 48, 32
HEADER = re.compile(rb"BZh[1-9]")
HEADER_BITS = 32
WINDOW = 1 << 18  # bytes per read of the search
LARGEST_LEVEL = 9


def _inner_bytes(mark: int, shift: int) -> bytes:
    """Return the five whole bytes of a mark that begins `shift` bits into a byte."""
    return (((mark << 8) >> shift) & ((1 << 56) - 1)).to_bytes(7, "big")[1:6]


INNER = {_inner_bytes(mark, shift): (mark, shift) for mark in (BLOCK_MARK, END_MARK) for shift in range(8)}
ANY_MARK = re.compile(b"|".join(map(re.escape, INNER)), re.DOTALL)  # 0.1 s for 25 MB; with a look-ahead 0.5 s


def find_marks(read_at: ReadAt, start: int = 0) -> Iterator[tuple[int, bool]]:
    """Yield the bit position of each mark from byte `start` on, and whether it is that of a block.

    The other marks end a stream. One mark in 2^48 is found by chance in compressed data.
    """
    window, base = b"", start
    while True:
        chunk = read_at(base + len(window), WINDOW)
        window += chunk
        at = 1
        while match := ANY_MARK.search(window, at):
            at = match.start() + 1
            mark, shift = INNER[match[0]]
            byte = match.start() - 1
            if chunk and byte + 7 > len(window):
                break  # found again once the bytes after it are in the window
            whole = int.from_bytes(window[byte : byte + 7].ljust(7, b"\0"), "big") >> (8 - shift)
            if whole & ((1 << MARK_BITS) - 1) == mark:
                yield (base + byte) * 8 + shift, mark == BLOCK_MARK
        if not chunk:
            return
        base += max(len(window) - 6, 0)  # a mark whose 7th byte is in the window has been found
        window = window[-6:]


def read_bits(read_at: ReadAt, start: int, end: int) -> int:
    """Return the bits from `start` to `end` as a number; bits after the end of the file are zeros."""
    first, last = start // 8, -(-end // 8)
    number = int.from_bytes(read_at(first, last - first).ljust(last - first, b"\0"), "big") >> (last * 8 - end)
    return number & ((1 << (end - start)) - 1)


def combine_checksums(checksums: Iterable[int], before: int = 0) -> int:
    """Return the checksum of a stream from those of its blocks; `before` is that of the blocks before these."""
    for checksum in checksums:
        before = ((before << 1 | before >> 31) & 0xFFFFFFFF) ^ checksum
    return before


def build_stream(blocks: int, size: int, checksum: int, level: int = LARGEST_LEVEL) -> bytes:
    """Return a complete stream of blocks, passed as a number of `size` bits, and the checksum of them all."""
    whole = (((blocks << MARK_BITS) | END_MARK) << CRC_BITS) | checksum
    count = size + MARK_BITS + CRC_BITS
    padding = -count % 8
    return b"BZh%d" % level + (whole << padding).to_bytes((count + padding) // 8, "big")


class BlockGroup(NamedTuple):
    """Adjacent blocks of one stream: their first bit and the bit after them, and the checksum of their checksums."""

    start: int
    end: int
    checksum: int

    def chunks(self, read_at: ReadAt) -> Iterator[bytes]:
        """Yield the blocks as a stream of their own, for a decoder that verifies all of it."""
        yield build_stream(read_bits(read_at, self.start, self.end), self.end - self.start, self.checksum)


def group_blocks(read_at: ReadAt, size: int, least: int, place: str) -> Iterator[BlockGroup]:
    """Yield all blocks of a file of `size` bytes, in groups of at least `least` bytes; empty streams have none.

    Verifies everything between the blocks: headers, ends, the checksums of whole streams, and that nothing else is in
    the file. Raises DataError if that fails.
    """
    checksum = of_group = 0
    begun = -1  # where the group that is being gathered begins
    expected = check_header(read_at, 0, size, place)
    for position, is_block in find_marks(read_at):
        if position < expected:  # by chance, in the header or in the checksum of the end of a stream
            continue
        if begun < 0 and position > expected:
            break
        if begun >= 0 and (position - begun >= least * 8 or not is_block):
            yield BlockGroup(begun, position, of_group)
            begun, of_group = -1, 0
        if is_block:
            begun = position if begun < 0 else begun
            own = read_bits(read_at, position + MARK_BITS, position + MARK_BITS + CRC_BITS)
            of_group, checksum = combine_checksums([own], of_group), combine_checksums([own], checksum)
            continue
        end = position + MARK_BITS + CRC_BITS
        if read_bits(read_at, position + MARK_BITS, end) != checksum or (end + 7) // 8 > size:
            raise DataError(place, f"wrong checksum of the bz2 stream that ends at byte {end // 8:,}")
        checksum, expected = 0, check_header(read_at, (end + 7) // 8, size, place)
        if expected < 0:
            return
    raise DataError(place, f"damaged or truncated bz2 data after byte {max(begun, expected) // 8:,}")


def check_header(read_at: ReadAt, start: int, size: int, place: str) -> int:
    """Return the bit after the header of the stream that begins at byte `start`, -1 at the end of the file.

    Raises DataError if something else begins there, or if the file ends before.
    """
    header = read_at(start, HEADER_BITS // 8)
    if start == size:
        return -1
    if start > size:
        raise DataError(place, "truncated: it ends in the checksum of a bz2 stream")
    if not header.startswith(b"BZh") and start == 0:
        raise DataError(place, "not a bz2 file", "rename it without .bz2 if it is not compressed")
    if not HEADER.fullmatch(header):
        problem = f"the data after the end of a bz2 stream, at byte {start:,}, are not one"
        raise DataError(place, problem, "remove them if they are garbage; nothing of them was read")
    return start * 8 + HEADER_BITS
