"""The wire format: records are lines of bytes that end in LF; key and value are parted by the first TAB.

Everything works on blocks, pieces of bytes that hold whole lines only: one `split` over a block
costs a fraction of a loop that reads, splits and writes line by line.
"""

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from operator import mul
from typing import AnyStr

from streamtools.errors import naming

# Bytes per read. The lines of a block and what is made of them should stay in the cache of a core: picking a field of
# 120-byte lines takes 165 ns a line with 128 or 256 KiB, 170 with 64 KiB or 512 KiB, 250 with 1 MiB.
BLOCK = 1 << 18
ESCAPES = {b"\\": b"\\\\", b"\t": b"\\t", b"\n": b"\\n"}


def chunks(descriptor: int, size: int = BLOCK) -> Iterator[bytes]:
    """The bytes of an open file descriptor, as they come, at most `size` bytes at a time.

    Raises OSError that names the input where reading fails.
    """
    with naming("stdin" if descriptor == 0 else "input"):
        while chunk := os.read(descriptor, size):
            yield chunk


def whole_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Cut any pieces of bytes anew into blocks that end in LF; a missing final LF is added.

    Keeps one unfinished line in memory, however many pieces it spans.
    """
    unfinished: list[bytes] = []
    for piece in pieces:
        cut = piece.rfind(b"\n") + 1
        if cut:
            unfinished.append(piece[:cut])
            yield unfinished[0] if len(unfinished) == 1 else b"".join(unfinished)
            unfinished = [piece[cut:]] if cut < len(piece) else []
        elif piece:
            unfinished.append(piece)
    if unfinished:
        yield b"".join(unfinished) + b"\n"


def cut(block: bytes, size: int = BLOCK) -> Iterator[bytes]:
    """A block of whole lines as blocks of about `size` bytes."""
    start, end = 0, len(block)
    while start < end:
        border = end if start + size >= end else block.find(b"\n", start + size - 1) + 1
        yield block[start:border]
        start = border


def lines_of(block: bytes) -> list[bytes]:
    """The lines of a block of whole lines, without their LF."""
    lines = block.split(b"\n")
    lines.pop()
    return lines


def block_of(lines: list[bytes]) -> bytes:
    """Lines without LF as one block; the inverse of `lines_of`."""
    lines.append(b"")
    block = b"\n".join(lines)
    lines.pop()
    return block


def escaped(field: bytes) -> bytes:
    """A field that may have any bytes, so that a line can hold it: TAB, LF and backslash as ESCAPES says."""
    for byte, escape in ESCAPES.items():
        field = field.replace(byte, escape)
    return field


def write_blocks(blocks: Iterable[bytes], descriptor: int) -> None:
    """Write all blocks to an open file descriptor, unbuffered: nothing is left to fail at exit."""
    for block in blocks:
        write_all(block, descriptor)


def write_all(block: bytes, descriptor: int) -> None:
    """Write one block to an open file descriptor, however often the kernel takes only a part of it."""
    written = os.write(descriptor, block)
    while written < len(block):
        written += os.write(descriptor, memoryview(block)[written:])


def batched(pieces: Iterable[bytes], size: int = 1 << 16) -> Iterator[bytes]:
    """Join small pieces into blocks of at least `size` bytes (the last one may be smaller)."""
    batch: list[bytes] = []
    held = 0
    for piece in pieces:
        batch.append(piece)
        held += len(piece)
        if held >= size:
            yield b"".join(batch)
            batch.clear()
            held = 0
    if batch:
        yield b"".join(batch)


def repeated(lines: Sequence[AnyStr], times: Sequence[int], limit: int) -> Iterator[AnyStr]:
    """Blocks of the lines, each so many times, of at most `limit` bytes, or of one line if that is longer."""
    sizes = list(map(mul, map(len, lines), times))
    for first, end in grouped(sizes, limit):
        if sizes[first] <= limit:
            yield lines[first][:0].join(map(mul, lines[first:end], times[first:end]))
            continue
        line, left = lines[first], times[first]
        at_once = max(1, limit // len(line))
        for start in range(0, left, at_once):
            yield line * min(at_once, left - start)


def grouped(sizes: Iterable[int], limit: int) -> Iterator[tuple[int, int]]:
    """Ranges of consecutive sizes that add up to at most `limit`, or hold one only."""
    ends = list(accumulate(sizes))
    first = 0
    while first < len(ends):
        reach = (ends[first - 1] if first else 0) + limit
        end = max(first + 1, bisect_right(ends, reach, first))
        yield first, end
        first = end
