"""The blocks of a bzip2 file from any byte on, decoded one by one, as Hadoop reads a split: those that begin in it.

What is not in a block is verified by the split before it: the header of the file by the first split, and what follows
the end of a stream by the split that has the last block of that stream.
"""

import os
from collections.abc import Iterator

from streamtools.errors import DataError
from streamtools.inputs.cuts.bzip2 import CRC_BITS, MARK_BITS, build_stream, check_header, find_marks, read_bits
from streamtools.inputs.random_access import ReadAt


def decode_blocks(path: str, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield the byte position of each block that begins at or after byte `start`, and its decoded bytes.

    Raises DataError for a damaged block, for a file that ends inside one, and for anything but a stream before the
    first block of the file or after the end of a stream.
    """
    with open(path, "rb", buffering=0) as file:

        def read_at(offset: int, size: int) -> bytes:
            return os.pread(file.fileno(), size, offset)

        size = os.fstat(file.fileno()).st_size
        begun = None  # the bit where the block begins that ends at the next mark
        # the bit where a stream's first mark must be
        expected = check_header(read_at, 0, size, path) if start == 0 else 0
        for position, is_block in find_marks(read_at, max(start - 1, 0)):
            if position < expected:  # by chance, in the header or in the checksum of the end of a stream
                continue
            if 0 < expected < position:
                break
            expected = 0
            if begun is not None:
                yield begun // 8, _decode(read_at, begun, position, path)
            begun = position if is_block and position >= start * 8 else None
            if not is_block:
                expected = check_header(read_at, (position + MARK_BITS + CRC_BITS + 7) // 8, size, path)
                if expected < 0:
                    return
        if begun is not None:
            raise DataError(path, f"ends in the middle of the bz2 block that began at byte {begun // 8:,}")
        if expected > 0:
            raise DataError(path, f"damaged bz2 data, or cut short, after byte {expected // 8:,}")


def _decode(read_at: ReadAt, start: int, end: int, place: str) -> bytes:
    """Decode the block between two bits, made a stream of its own for the library."""
    import bz2

    checksum = read_bits(read_at, start + MARK_BITS, start + MARK_BITS + CRC_BITS)
    try:
        return bz2.decompress(build_stream(read_bits(read_at, start, end), end - start, checksum))
    except (OSError, ValueError) as error:
        raise DataError(place, f"damaged bz2 block at byte {start // 8:,}: {error}") from None
