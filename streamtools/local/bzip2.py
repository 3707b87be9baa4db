"""bzip2 from the middle: a split has the blocks whose mark begins in it.

Each block becomes a little stream of its own, for the standard library to decode.
"""

import os
from collections.abc import Iterator

from streamtools.errors import DataError
from streamtools.inputs.splits.bzip2 import CRC_BITS, MARK_BITS, bits, marks, stream


def blocks(path: str, start: int) -> Iterator[tuple[int, bytes]]:
    """The byte position of each block that begins at or after `start`, and its plain bytes.

    Raises DataError for a damaged one, and for a file that ends in the middle of one.
    """
    import bz2

    with open(path, "rb", buffering=0) as file:

        def read_at(offset: int, size: int) -> bytes:
            return os.pread(file.fileno(), size, offset)

        begun = None
        for position, is_block in marks(read_at, max(start - 1, 0)):
            if begun is not None:
                checksum = bits(read_at, begun + MARK_BITS, begun + MARK_BITS + CRC_BITS)
                try:
                    plain = bz2.decompress(stream(bits(read_at, begun, position), position - begun, checksum))
                except (OSError, ValueError) as error:
                    raise DataError(path, f"damaged bz2 block at byte {begun // 8:,}: {error}") from None
                yield begun // 8, plain
            begun = position if is_block and position >= start * 8 else None
        if begun is not None:
            raise DataError(path, f"ends in the middle of the bz2 block that began at byte {begun // 8:,}")
