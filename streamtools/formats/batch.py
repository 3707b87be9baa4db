"""Records in bulk, as they pass from stage to stage.

A batch is either a block of lines, `key TAB value LF` of Text keys and values, where a line without TAB is a key with
an empty value; or, where lines will not do, a list of keys and one of values in the forms of `kinds`.
"""

from collections.abc import Iterable, Iterator
from itertools import repeat
from operator import contains
from typing import NamedTuple

from streamtools.records import lines_of


class Pairs(NamedTuple):
    """Keys and values of equal number."""

    keys: list[bytes]
    values: list[bytes]


Batch = bytes | Pairs


def count_of(batch: Batch) -> int:
    """The number of records."""
    return batch.count(b"\n") if isinstance(batch, bytes) else len(batch.keys)


def pairs_of(batch: Batch) -> Pairs:
    """A batch as keys and values."""
    return split_lines(lines_of(batch)) if isinstance(batch, bytes) else batch


def split_lines(lines: list[bytes], separator: bytes = b"\t", fields: int = 1) -> Pairs:
    """Keys and values parted at the `fields`th separator; a line with fewer is a key with an empty value."""
    if fields <= 1:
        parted = [line.partition(separator) for line in lines]
        return Pairs([key for key, _, _ in parted], [value for _, _, value in parted])
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


def keys_of(block: bytes) -> list[bytes]:
    """The keys of a block in which each line has a TAB."""
    if block.count(b"\t") == block.count(b"\n"):  # one each: half the time of parting line by line
        keys = block.replace(b"\n", b"\t").split(b"\t")[::2]
        keys.pop()
        return keys
    return split_lines(lines_of(block)).keys


def with_separator(block: bytes) -> bytes:
    """A block of lines in which each line has a TAB."""
    if has_one_value(block, block.count(b"\n")):
        return block
    lines = lines_of(block)
    if all(map(contains, lines, repeat(b"\t"))):
        return block
    return b"\n".join([line if b"\t" in line else line + b"\t" for line in lines]) + b"\n"


def has_one_value(block: bytes, lines: int) -> bool:
    """Whether all lines of a block have the value of the first, without another TAB; told without a look at each."""
    value = block[block.find(b"\t") : block.find(b"\n") + 1]
    return lines == block.count(b"\t") == block.count(value) and value.startswith(b"\t")


def joined_lines(pairs: Pairs, separator: bytes = b"\t") -> bytes:
    """Keys and values as lines."""
    lines = list(map(separator.join, zip(pairs.keys, pairs.values, strict=True)))
    lines.append(b"")
    return b"\n".join(lines)


def batched_pairs(records: Iterable[tuple[bytes, bytes]], size: int = 2000) -> Iterator[Pairs]:
    """Single records gathered into batches."""
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
