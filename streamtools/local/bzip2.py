"""bzip2 from the middle: a file is split at its blocks, which begin with a mark at any bit.

A split has the blocks whose mark lies in it. Each block becomes a little stream of its own, shifted to a byte border,
for the standard library to decode.
"""

import re
from collections.abc import Iterator

from streamtools.errors import DataError
from streamtools.records import BLOCK

BLOCK_MARK = 0x314159265359
END_MARK = 0x177245385090
MARK_BITS = 48
HEAD = 4  # bytes of `BZh9` before the first block
LONGEST = 1 << 21  # a compressed block is shorter: 900 kB that do not compress, and a little


def _inner(mark: int, shift: int) -> bytes:
    """The five whole bytes of a mark that begins `shift` bits into a byte."""
    return (((mark << 8) >> shift) & ((1 << 56) - 1)).to_bytes(7, "big")[1:6]


INNER = {_inner(mark, shift): (mark, shift) for mark in (BLOCK_MARK, END_MARK) for shift in range(8)}
ANY_MARK = re.compile(b"(?=(" + b"|".join(map(re.escape, INNER)) + b"))", re.DOTALL)


def marks(path: str, start: int = 0) -> Iterator[tuple[int, bool]]:
    """The bit positions of all marks from byte `start` on, and whether it is a block (True) or the end of a stream."""
    with open(path, "rb") as file:
        file.seek(start)
        window, base = b"", start
        while True:
            piece = file.read(BLOCK)
            window += piece
            for match in ANY_MARK.finditer(window, 1):
                mark, shift = INNER[match[1]]
                byte = match.start() - 1
                if (piece and byte + 7 > len(window)) or byte < 0:
                    continue
                whole = int.from_bytes(window[byte : byte + 7].ljust(7, b"\0"), "big") >> (8 - shift)
                if whole & ((1 << MARK_BITS) - 1) == mark:
                    yield (base + byte) * 8 + shift, mark == BLOCK_MARK
            if not piece:
                return
            base += max(len(window) - 7, 0)
            window = window[-7:] if len(window) > 7 else window


def blocks(path: str, start: int) -> Iterator[tuple[int, bytes]]:
    """The byte position of each block that begins at or after `start`, and its plain bytes."""
    import bz2

    with open(path, "rb") as file:
        begun = None
        for position, is_block in marks(path, max(start - 1, 0)):
            if begun is not None:
                packed = _bits(file, begun, position)
                crc = (packed >> (position - begun - MARK_BITS - 32)) & 0xFFFFFFFF
                size = position - begun
                whole = (((packed << MARK_BITS) | END_MARK) << 32) | crc
                bits = size + MARK_BITS + 32
                padding = -bits % 8
                try:
                    plain = bz2.decompress(b"BZh9" + (whole << padding).to_bytes((bits + padding) // 8, "big"))
                except (OSError, ValueError) as error:
                    raise DataError(path, f"damaged bz2 block at byte {begun // 8:,}: {error}") from None
                yield begun // 8, plain
            begun = position if is_block and position >= start * 8 else None


def _bits(file, start: int, end: int) -> int:  # type: ignore[no-untyped-def]
    """The bits from `start` to `end` as a number."""
    file.seek(start // 8)
    last = -(-end // 8)
    number = int.from_bytes(file.read(last - start // 8), "big") >> (last * 8 - end)
    return number & ((1 << (end - start)) - 1)
