"""Mappers that pass whole lines or leave them out."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterable, Iterator

from streamtools.records import block_of, lines_of


def identity(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Every record as it is."""
    yield from blocks


def grep(blocks: Iterable[bytes], pattern: re.Pattern[bytes], invert: bool = False) -> Iterator[bytes]:
    """The lines in which the pattern is found, or with `invert` the others."""
    search = pattern.search
    for block in blocks:
        lines = lines_of(block)
        kept = [line for line in lines if not search(line)] if invert else [line for line in lines if search(line)]
        if kept:
            yield block_of(kept)


def sample(
    blocks: Iterable[bytes], rate: float, seed: int = 0, field: int | None = 0, delimiter: bytes = b"\t"
) -> Iterator[bytes]:
    """About `rate` (0 to 1) of the records: all records of a sampled key, or with `field` None each by its own draw.

    By key, the same keys are taken from any input, in any task and on any machine that uses the same seed.
    """
    draw = random.Random(seed).random
    bound = rate * 2**32
    for block in blocks:
        lines = lines_of(block)
        if field is None:
            kept = [line for line in lines if draw() < rate]
        else:
            keys = [key_field(line, field, delimiter) for line in lines]
            kept = [line for line, key in zip(lines, keys) if place_of(key, seed) < bound]
        if kept:
            yield block_of(kept)


def key_field(line: bytes, field: int, delimiter: bytes) -> bytes:
    """Field number `field` (from 0) of a line; empty where the line has fewer."""
    parts = line.split(delimiter, field + 1)
    return parts[field] if field < len(parts) else b""


def place_of(key: bytes, seed: int) -> int:
    """Where a key falls between 0 and 2**32; the multiplication (Knuth's) parts keys that differ in the last byte."""
    return (zlib.crc32(key, seed & 0xFFFFFFFF) * 2654435761) & 0xFFFFFFFF
