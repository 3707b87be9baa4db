"""bzip2 cut at its blocks, which begin with a mark of 48 bits at any bit.

    BZh9 | mark crc data | mark crc data | ... | end mark, checksum of the checksums | zero bits up to a byte | BZh9 ...

Some blocks are made a whole stream again: shifted to a byte border, with a header before them and an end behind them
that has the checksum of their checksums, so that the library verifies all of them.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from streamtools.errors import DataError

ReadAt = Callable[[int, int], bytes]

BLOCK_MARK, END_MARK = 0x314159265359, 0x177245385090
MARK_BITS, CRC_BITS = 48, 32
HEADER = re.compile(rb"BZh[1-9]")
HEADER_BITS = 32
WINDOW = 1 << 18  # bytes per read of the search
LARGEST_LEVEL = 9


def _inner(mark: int, shift: int) -> bytes:
    """The five whole bytes of a mark that begins `shift` bits into a byte."""
    return (((mark << 8) >> shift) & ((1 << 56) - 1)).to_bytes(7, "big")[1:6]


INNER = {_inner(mark, shift): (mark, shift) for mark in (BLOCK_MARK, END_MARK) for shift in range(8)}
ANY_MARK = re.compile(b"|".join(map(re.escape, INNER)), re.DOTALL)  # 0.1 s for 25 MB; with a look-ahead 0.5 s


def marks(read_at: ReadAt, start: int = 0) -> Iterator[tuple[int, bool]]:
    """The bit positions of all marks from byte `start` on, and whether it is a block (True) or the end of a stream.

    One in 2^48 is no mark at all.
    """
    window, base = b"", start
    while True:
        piece = read_at(base + len(window), WINDOW)
        window += piece
        at = 1
        while match := ANY_MARK.search(window, at):
            at = match.start() + 1
            mark, shift = INNER[match[0]]
            byte = match.start() - 1
            if piece and byte + 7 > len(window):
                break  # looked at again when what follows is there
            whole = int.from_bytes(window[byte : byte + 7].ljust(7, b"\0"), "big") >> (8 - shift)
            if whole & ((1 << MARK_BITS) - 1) == mark:
                yield (base + byte) * 8 + shift, mark == BLOCK_MARK
        if not piece:
            return
        base += max(len(window) - 6, 0)  # a mark of which the 7th byte is there has been found
        window = window[-6:]


def bits(read_at: ReadAt, start: int, end: int) -> int:
    """The bits from `start` to `end` as a number; those that are not there are zeros."""
    first, last = start // 8, -(-end // 8)
    number = int.from_bytes(read_at(first, last - first).ljust(last - first, b"\0"), "big") >> (last * 8 - end)
    return number & ((1 << (end - start)) - 1)


def combined(checksums: Iterable[int], before: int = 0) -> int:
    """The checksum of a stream, from those of its blocks."""
    for checksum in checksums:
        before = ((before << 1 | before >> 31) & 0xFFFFFFFF) ^ checksum
    return before


def stream(blocks: int, size: int, checksum: int, level: int = LARGEST_LEVEL) -> bytes:
    """A whole stream made of blocks, given as a number of `size` bits, and of the checksum of their checksums."""
    whole = (((blocks << MARK_BITS) | END_MARK) << CRC_BITS) | checksum
    count = size + MARK_BITS + CRC_BITS
    padding = -count % 8
    return b"BZh%d" % level + (whole << padding).to_bytes((count + padding) // 8, "big")


class Run(NamedTuple):
    """Blocks of one stream, one after the other: their bits, and the checksum of their checksums."""

    start: int
    end: int
    checksum: int

    def pieces(self, read_at: ReadAt) -> Iterator[bytes]:
        """The blocks as a stream of their own, for a decoder that verifies all of it."""
        yield stream(bits(read_at, self.start, self.end), self.end - self.start, self.checksum)


def runs(read_at: ReadAt, size: int, least: int, place: str) -> Iterator[Run]:
    """All blocks of a file of `size` bytes, in runs of at least `least` bytes; empty streams have none.

    Everything between the blocks is verified here: headers, ends, the checksums of whole streams, and that nothing
    else is in the file. Raises DataError where it is not so.
    """
    checksum = of_run = 0
    run = -1  # where the run that is being gathered begins
    expected = begun_at(read_at, 0, size, place)
    for position, is_block in marks(read_at):
        if position < expected:  # by chance, in the header or in the checksum of the end of a stream
            continue
        if run < 0 and position > expected:
            break
        if run >= 0 and (position - run >= least * 8 or not is_block):
            yield Run(run, position, of_run)
            run, of_run = -1, 0
        if is_block:
            run = position if run < 0 else run
            own = bits(read_at, position + MARK_BITS, position + MARK_BITS + CRC_BITS)
            of_run, checksum = combined([own], of_run), combined([own], checksum)
            continue
        end = position + MARK_BITS + CRC_BITS
        if bits(read_at, position + MARK_BITS, end) != checksum or (end + 7) // 8 > size:
            raise DataError(place, f"the bz2 stream that ends at byte {end // 8:,} is not the one that was begun")
        checksum, expected = 0, begun_at(read_at, (end + 7) // 8, size, place)
        if expected < 0:
            return
    raise DataError(place, f"damaged bz2 data, or cut short, after byte {max(run, expected) // 8:,}")


def begun_at(read_at: ReadAt, start: int, size: int, place: str) -> int:
    """The bit after the header of the stream that begins at byte `start`; -1 at the end of the file.

    Raises DataError where something else begins, or the file ends before.
    """
    header = read_at(start, HEADER_BITS // 8)
    if start == size:
        return -1
    if start > size:
        raise DataError(place, "cut short: it ends in the checksum of a bz2 stream")
    if not header.startswith(b"BZh") and start == 0:
        raise DataError(place, "is no bz2 file", "name it without .bz2 if it is no packed file at all")
    if not HEADER.fullmatch(header):
        problem = f"has something after the end of a bz2 stream, at byte {start:,}, that is no bz2 stream"
        raise DataError(place, problem, "a damaged stream, or garbage: nothing of it was read")
    return start * 8 + HEADER_BITS
