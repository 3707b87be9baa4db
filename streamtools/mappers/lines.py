"""Mappers that keep or drop whole lines."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterable, Iterator

from streamtools.mappers.fields import with_fields
from streamtools.records import block_of, lines_of
from streamtools.reporter import Reporter


def identity(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield all records unchanged."""
    yield from blocks


def grep(blocks: Iterable[bytes], pattern: re.Pattern[bytes], invert: bool = False) -> Iterator[bytes]:
    """Yield the lines in which the pattern is found, or with `invert` the others."""
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
    """Yield about `rate` (0 to 1) of the records: all records of a sampled key, or if `field` is None, single records.

    The same seed selects the same keys in any input, task and machine. field: number of the key, from 0; a line
    without it is a bad record.
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
            kept = [line for line, key in zip(good, keys) if hash_key(key, seed) < bound]
            seen += len(lines)
        if kept:
            yield block_of(kept)


def hash_key(key: bytes, seed: int) -> int:
    """Return a number from 0 to 2**32 - 1 for a key; Knuth's multiplication spreads keys that differ in one byte."""
    return (zlib.crc32(key, seed & 0xFFFFFFFF) * 2654435761) & 0xFFFFFFFF
