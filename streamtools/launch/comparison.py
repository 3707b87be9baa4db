"""Whether two runs of a job gave the same: part files, key by key. The order of a key's values is left open."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest
from typing import NamedTuple

from streamtools.formats.hadoop_codecs import read_decoded
from streamtools.records import lines_of, whole_lines

SHOWN = 60  # bytes of a line
MASK = (1 << 64) - 1


class Group(NamedTuple):
    """The lines of one key in a part file: how many, the least, and a sum of hashes that no order changes."""

    key: bytes
    lines: int
    least: bytes
    mark: int


class Difference(NamedTuple):
    """The first group in which two part files differ; None stands for the end of a file."""

    part: str
    one: Group | None
    other: Group | None


def first_difference(ones: Sequence[str], others: Sequence[str], separator: bytes = b"\t") -> Difference | None:
    """Where the part files of two runs differ first; None when they are the same. separator: ends a key."""
    for one, other in zip_longest(ones, others):
        groups = [_groups(path, separator) if path else iter(()) for path in (one, other)]
        for left, right in zip_longest(*groups):
            if (
                left is None
                or right is None
                or (left.key, left.lines, left.mark) != (right.key, right.lines, right.mark)
            ):
                return Difference(os.path.basename(one or other), left, right)
    return None


def _groups(path: str, separator: bytes) -> Iterator[Group]:
    lines = (line for block in whole_lines(read_decoded(path)) for line in lines_of(block))
    for key, group in groupby(lines, key=lambda line: line.partition(separator)[0]):
        yield _group(key, group)


def _group(key: bytes, lines: Iterator[bytes]) -> Group:
    least = next(lines)
    count, mark = 1, hash(least)
    for line in lines:
        least = min(least, line)
        count += 1
        mark = (mark + hash(line)) & MASK
    return Group(key, count, least, mark & MASK)


def told(group: Group | None) -> str:
    """A group in a message."""
    if group is None:
        return "nothing"
    shown = group.least[:SHOWN].decode("utf-8", "backslashreplace") + ("..." if len(group.least) > SHOWN else "")
    return f"{shown!r}" + (f" and {group.lines - 1:,} more" if group.lines > 1 else "")
