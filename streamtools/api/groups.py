"""Blocks of sorted records as groups: pairs of a typed key and an iterator over its typed values.

A block is read by columns; if that fails, line by line, so that each bad one is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any, NamedTuple

from streamtools.api.layout import Group, read_shape
from streamtools.api.lines import Rows, find_good, split_block, split_rows
from streamtools.api.task_context import Counts, Position
from streamtools.api.types import ENCODING, Shape
from streamtools.errors import DataError
from streamtools.records import has_single_tabs
from streamtools.reducers.grouping import run_starts


class Kept(DataError):
    """Values that are read when their key has passed."""

    def __init__(self) -> None:
        remedy = "read them before the function ends, for example values = list(values)"
        super().__init__("", "the values of a key were kept beyond it", remedy)


class GroupedBy(NamedTuple):
    """How sorted records are grouped. group: number of key fields that make a group."""

    key: Shape
    value: Shape
    group: int

    @property
    def head(self) -> Shape:
        """The type of the group's key."""
        return self.key.head(self.group)

    @property
    def rest(self) -> Shape | None:
        """The type of what comes with each value from the key; None if the group's key is all of it."""
        fields = self.key.fields[self.group :]
        return Shape(fields, len(fields) > 1) if fields else None

    @property
    def is_plain(self) -> bool:
        """Whether key and value are one field each."""
        return len(self.key.fields) == 1 and not self.value.is_tuple

    @property
    def is_text(self) -> bool:
        """Whether whole blocks are decoded. Keys alone are not worth it, as they are decoded once for each group."""
        each = [field.name for field in (*self.key.fields[self.group :], *self.value.fields)]
        return not self.has_bytes and ("str" in each or "json" in each)

    @property
    def has_bytes(self) -> bool:
        """Whether a field is bytes."""
        return self.key.has_bytes or self.value.has_bytes


class LazyLines(Sequence[Any]):
    """The lines of a block, which is split when somebody looks at one."""

    def __init__(self, block: bytes, is_text: bool) -> None:
        self._block, self._is_text, self._size = block, is_text, block.count(b"\n")

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, number: Any) -> Any:
        return split_block(self._block, self._is_text)[number]


class _Block(NamedTuple):
    """A block of sorted records. starts: where each group begins; keys: of the groups; values: of all records."""

    heads: list[Any]
    starts: list[int]
    keys: Sequence[Any]
    values: list[Any]
    numbers: Sequence[int]


class Groups:
    """The groups of sorted records: pairs of a key and an iterator over its values, which ends with the group."""

    def __init__(self, blocks: Iterable[bytes], by: GroupedBy, position: Position, counts: Counts) -> None:
        self._by, self._position, self._counts = by, position, counts
        self._blocks = filter(None, map(self._read, blocks))
        self._number = 0  # of the group whose values may be read
        self._next: _Block | None = None  # the block behind a group that went on to the end of its own

    def __iter__(self) -> Iterator[Group]:
        for block in iter(self._take, None):
            starts, values = block.starts, block.values
            numbers = block.numbers if len(block.numbers) == len(starts) else [block.numbers[start] for start in starts]
            left = self._position.follow(starts, numbers)
            for key, start, end in zip(block.keys, left, [*starts[1:], 0]):
                number = self._number = self._number + 1
                if end:
                    part = values[start:end]
                    yield key, chain(part, self._check_kept(number))
                    part.clear()  # whoever reads on is at its end
                else:
                    part = values[start:]
                    yield key, chain.from_iterable(self._open_pieces(part, number, block.heads[-1]))
                    part.clear()
                    self._skip(block.heads[-1])
        self._number += 1

    def _take(self) -> _Block | None:
        """Return the next block, without the records of a group that has been given."""
        block, self._next = self._next, None
        return block or next(self._blocks, None)

    def _check_kept(self, number: int) -> Iterator[object]:
        """Yield nothing, at the end of the values of a group. Raises Kept if the group has passed."""
        if number != self._number:
            raise Kept
        yield from ()

    def _open_pieces(self, part: Iterable[object], number: int, head: object) -> Iterator[Iterable[object]]:
        """Yield the values of the last group of a block, which may go on in the next."""
        yield part
        yield self._check_kept(number)
        while values := self._continue(head):
            yield values
            yield self._check_kept(number)

    def _continue(self, head: object) -> list[object]:
        """Return the values at the beginning of the next block that belong to the group that ended the one before."""
        if self._next is None:
            self._next = next(self._blocks, None)
        block = self._next
        if block is None or block.heads[0] != head:
            return []
        if len(block.starts) == 1:
            self._next = None
            return block.values
        end = block.starts[1]
        self._next = _Block(
            block.heads[end:],
            [start - end for start in block.starts[1:]],
            block.keys[1:],
            block.values[end:],
            block.numbers[end:],
        )
        return block.values[:end]

    def _skip(self, head: object) -> None:
        """Pass over the rest of a group whose values were not all read."""
        while self._continue(head):
            pass

    def _read(self, data: bytes) -> _Block | None:
        key, value, _ = self._by
        is_text = self._by.is_text
        if self._by.is_plain and has_single_tabs(data):
            self._position.begin(LazyLines(data, not self._by.has_bytes))
            with suppress(ValueError):
                return self._read_plain(data.decode(*ENCODING) if is_text else data)
            self._position.again()
        lines = split_block(data, is_text)
        self._position.begin(lines)
        rows = split_rows(lines, len(key.fields), value, "\t" if is_text else b"\t")
        numbers: Sequence[int] = range(len(lines))
        try:
            return self._read_columns(rows, numbers)
        except ValueError:
            numbers = find_good(rows, lines, [key, value], self._position, self._counts)
            return self._read_columns([rows[number] for number in numbers], numbers) if numbers else None

    def _read_plain(self, block: Any) -> _Block:
        """Return a block whose lines are a field, TAB, a field. Raises ValueError if one is invalid."""
        key, value, _ = self._by
        tab, end = ("\t", "\n") if isinstance(block, str) else (b"\t", b"\n")
        parts = block.replace(end, tab).split(tab)  # a third of the time that lists of two fields take
        parts.pop()
        heads, fields = parts[::2], parts[1::2]
        starts = run_starts(heads)
        values = list(read_shape(value, [fields]))
        return _Block(heads, starts, read_shape(key, [[heads[start] for start in starts]]), values, range(len(heads)))

    def _read_columns(self, rows: Rows, numbers: Sequence[int]) -> _Block:
        key, value, group = self._by
        width = len(key.fields)
        if set(map(len, rows)) != {width + len(value.fields)}:
            raise ValueError
        heads = [row[0] for row in rows] if group == 1 else [row[:group] for row in rows]
        starts = run_starts(heads)
        first = [[rows[start][field] for start in starts] for field in range(group)]
        columns = [[row[field] for row in rows] for field in range(group, width + len(value.fields))]
        values = list(read_shape(value, columns[width - group :]))
        if rest := self._by.rest:
            values = list(zip(read_shape(rest, columns), values))
        return _Block(heads, starts, read_shape(self._by.head, first), values, numbers)
