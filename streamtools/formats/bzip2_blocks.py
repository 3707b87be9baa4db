"""bzip2 from the middle: a split has the blocks whose mark begins in it.

Each block becomes a little stream of its own, for the standard library to decode. What is not in a block is verified by
the split that comes before it: the header of the file by the first one, and what follows the end of a stream by the one
that has the last block of that stream.
"""

import os
from collections.abc import Iterator

from streamtools.errors import DataError
from streamtools.inputs.cuts.bzip2 import (
    CRC_BITS,
    MARK_BITS,
    build_stream,
    check_header,
    find_marks,
    read_bits,
)


def blocks(path: str, start: int) -> Iterator[tuple[int, bytes]]:
    """The byte position of each block that begins at or after `start`, and its plain bytes.

    Raises DataError for a damaged one, for a file that ends in the middle of one, and for anything that is no stream
    before the first block of the file or after the end of a stream.
    """
    import bz2

    with open(path, "rb", buffering=0) as file:

        def read_at(offset: int, size: int) -> bytes:
            return os.pread(file.fileno(), size, offset)

        size = os.fstat(file.fileno()).st_size
        begun = None
        expected = (
            check_header(read_at, 0, size, path) if start == 0 else 0
        )  # the bit where the first mark of a stream is
        for position, is_block in find_marks(read_at, max(start - 1, 0)):
            if position < expected:  # by chance, in the header or in the checksum of the end of a stream
                continue
            if 0 < expected < position:
                break
            expected = 0
            if begun is not None:
                checksum = read_bits(read_at, begun + MARK_BITS, begun + MARK_BITS + CRC_BITS)
                try:
                    plain = bz2.decompress(
                        build_stream(read_bits(read_at, begun, position), position - begun, checksum)
                    )
                except (OSError, ValueError) as error:
                    raise DataError(path, f"damaged bz2 block at byte {begun // 8:,}: {error}") from None
                yield begun // 8, plain
            begun = position if is_block and position >= start * 8 else None
            if not is_block:
                expected = check_header(read_at, (position + MARK_BITS + CRC_BITS + 7) // 8, size, path)
                if expected < 0:
                    return
        if begun is not None:
            raise DataError(path, f"ends in the middle of the bz2 block that began at byte {begun // 8:,}")
        if expected > 0:
            raise DataError(path, f"damaged bz2 data, or cut short, after byte {expected // 8:,}")
