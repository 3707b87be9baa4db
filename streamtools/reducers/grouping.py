"""Grouping of records by key, for all reducers.

Each key is compared with the one before it only. Equal keys that do not follow each other are two groups, whatever the
size of the blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import compress, count, groupby
from operator import itemgetter, ne
from typing import NamedTuple

from streamtools.records import LONG, has_one_value, has_single_tabs, lines_of, split_alternating, split_at_value


class GroupedBlock(bytes):
    """A block of lines that remembers its columns and groups: whoever counts them finds them for the reducer, too.

    It is a copy, and so is what it remembers, so that it is not for a block longer than LONG.
    """

    @cached_property
    def is_plain(self) -> bool:
        """Whether each line has exactly one TAB."""
        return has_single_tabs(self)

    @cached_property
    def keys(self) -> list[bytes]:
        """The key of each line; a line without TAB is a key."""
        return self._columns[0]

    @cached_property
    def values(self) -> list[bytes]:
        """The value of each line, b"" without TAB; if all have the same one, that value alone."""
        return self._columns[1]

    @cached_property
    def starts(self) -> list[int]:
        """The positions of the lines with which a group begins, see `run_starts`."""
        return run_starts(self.keys)

    @cached_property
    def _columns(self) -> tuple[list[bytes], list[bytes]]:
        if not self.is_plain:
            return columns(lines_of(self))
        if has_one_value(self, self.count(b"\t")):
            keys, value = split_at_value(self)
            return keys, [value]
        return split_alternating(self)


def remembering(block: bytes) -> bytes:
    """Return a block as one that remembers; as it is if it is too long."""
    return block if isinstance(block, GroupedBlock) or len(block) > LONG else GroupedBlock(block)


def find_groups(block: bytes) -> tuple[list[bytes], list[int]]:
    """Return the key of each line of a block, and where groups begin."""
    if isinstance(block, GroupedBlock):
        return block.keys, block.starts
    keys, _ = columns(lines_of(block))
    return keys, run_starts(keys)


class Values(NamedTuple):
    """Values of one key that follow each other in a block; line: number of the first one's record, from 1.

    key: None for values of several keys.
    """

    values: list[bytes]
    line: int
    key: bytes | None = None


Group = tuple[bytes, Iterator[Values]]


def groups(blocks: Iterable[bytes]) -> Iterator[Group]:
    """Yield the key of each group with an iterator over its values, to be read before the next group.

    However many values a key has, only those of one block are in memory.
    """
    for key, pieces in groupby(_pieces(blocks), key=itemgetter(0)):
        yield key, map(itemgetter(1), pieces)


def _pieces(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, Values]]:
    seen = 0
    for block in blocks:
        lines = lines_of(block)
        keys, values = columns(lines)
        starts = run_starts(keys)
        for start, end in zip(starts, [*starts[1:], len(keys)]):
            yield keys[start], Values(values[start:end], seen + start + 1, keys[start])
        seen += len(lines)


def columns(lines: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Return the keys and the values of lines; a line without TAB is a key with an empty value."""
    pairs = [line.partition(b"\t") for line in lines]
    return [key for key, _, _ in pairs], [value for _, _, value in pairs]


def run_starts(items: list[bytes]) -> list[int]:
    """Return the positions at which an item differs from the one before it, beginning with 0.

    Three loops in C at about 40 ns an item; itertools.groupby with a sum takes 150, a Counter 60.
    """
    if not items:
        return []
    starts = [0]
    starts.extend(compress(count(1), map(ne, items[1:], items)))
    return starts
