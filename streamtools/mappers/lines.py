"""Mappers that pass whole lines or leave them out."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterable, Iterator

from streamtools.mappers.fields import with_fields
from streamtools.records import block_of, lines_of
from streamtools.reporter import Reporter


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
    blocks: Iterable[bytes],
    reporter: Reporter,
    rate: float,
    seed: int = 0,
    field: int | None = 0,
    delimiter: bytes = b"\t",
) -> Iterator[bytes]:
    """About `rate` (0 to 1) of the records: all records of a sampled key, or with `field` None each by its own draw.

    By key, the same keys are taken from any input, in any task and on any machine that uses the same seed; a line
    without the field is a bad record.
    """
    draw = random.Random(seed).random
    bound = rate * 2**32
    seen = 0
    for block in blocks:
        lines = lines_of(block)
        if field is None:
            kept = [line for line in lines if draw() < rate]
        else:
            good = with_fields(lines, field + 1, delimiter, reporter, seen)
            keys = [line.split(delimiter, field + 1)[field] for line in good]
            kept = [line for line, key in zip(good, keys) if place_of(key, seed) < bound]
            seen += len(lines)
        if kept:
            yield block_of(kept)


def place_of(key: bytes, seed: int) -> int:
    """Where a key falls between 0 and 2**32; the multiplication (Knuth's) parts keys that differ in the last byte."""
    return (zlib.crc32(key, seed & 0xFFFFFFFF) * 2654435761) & 0xFFFFFFFF
