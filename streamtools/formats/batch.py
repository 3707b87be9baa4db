"""Batches: records in bulk, as they pass from stage to stage.

A batch is a block of lines, `key TAB value LF` of Text keys and values, where a line without TAB is a key with an empty
value; or a list of keys that all have one value, as counts have; or a list of keys and one of values, in the forms that
`writables` has for their classes. A stage passes on what it has, so that no other stage has to split what it joined.
"""

from collections.abc import Iterable, Iterator
from itertools import repeat
from operator import contains
from typing import NamedTuple

from streamtools.records import block_of, has_single_tabs, lines_of

TAB = 9  # as a number it is found in a line in 20 ns, as bytes in 220


class Pairs(NamedTuple):
    """A list of keys and one of their values, of equal length."""

    keys: list[bytes]
    values: list[bytes]


class SameValue:
    """Text records that all have one value: their keys, which have no TAB, CR or LF, and the value."""

    __slots__ = ("_text", "keys", "value")

    def __init__(self, keys: list[bytes], value: bytes) -> None:
        self.keys, self.value = keys, value
        self._text: bytes | None = None

    @property
    def text(self) -> bytes:
        """The keys, joined by LF; made on first use."""
        if self._text is None:
            self._text = b"\n".join(self.keys)
        return self._text

    def to_block(self) -> bytes:
        """Return the records as a block of lines."""
        ending = b"\t%b\n" % self.value
        return ending.join(self.keys) + ending if self.keys else b""


Batch = bytes | Pairs | SameValue


def count_records(batch: Batch) -> int:
    """Return the number of records in a batch."""
    return batch.count(b"\n") if isinstance(batch, bytes) else len(batch.keys)


def to_pairs(batch: Batch) -> Pairs:
    """Return a batch as keys and values."""
    if isinstance(batch, SameValue):
        return Pairs(batch.keys, [batch.value] * len(batch.keys))
    return split_lines(lines_of(batch)) if isinstance(batch, bytes) else batch


def split_lines(lines: list[bytes], separator: bytes = b"\t", fields: int = 1) -> Pairs:
    """Split lines into keys of `fields` fields and values; a line with fewer separators is a key with empty value."""
    if fields <= 1:
        parts_of_lines = [line.partition(separator) for line in lines]
        return Pairs([key for key, _, _ in parts_of_lines], [value for _, _, value in parts_of_lines])
    keys, values = [], []
    for line in lines:
        parts = line.split(separator, fields)
        if len(parts) > fields:
            values.append(parts.pop())
            keys.append(separator.join(parts))
        else:
            keys.append(line)
            values.append(b"")
    return Pairs(keys, values)


def add_separators(block: bytes) -> bytes:
    """Add a TAB to each line of a block that has none."""
    if has_single_tabs(block):
        return block
    lines = lines_of(block)
    if all(map(contains, lines, repeat(TAB))):
        return block
    return block_of([line if TAB in line else line + b"\t" for line in lines])


def join_lines(pairs: Pairs, separator: bytes = b"\t") -> bytes:
    """Return keys and values as a block of lines."""
    lines = list(map(separator.join, zip(pairs.keys, pairs.values, strict=True)))
    lines.append(b"")
    return b"\n".join(lines)


def batch_pairs(records: Iterable[tuple[bytes, bytes]], size: int = 2000) -> Iterator[Pairs]:
    """Gather single records into batches of `size`, the last one smaller."""
    keys: list[bytes] = []
    values: list[bytes] = []
    for key, value in records:
        keys.append(key)
        values.append(value)
        if len(keys) >= size:
            yield Pairs(keys, values)
            keys, values = [], []
    if keys:
        yield Pairs(keys, values)
