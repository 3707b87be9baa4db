"""Blocks of bytes as typed values: the lines of a map task, the groups of a reduce task.

A block is read by columns; if that fails, line by line, so that each bad one is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

from streamtools.api.layout import Pair, article, find_bad, read_shape, show
from streamtools.api.task import Counts, Position
from streamtools.api.types import ENCODING, Shape, to_text
from streamtools.errors import DataError
from streamtools.reducers.grouping import run_starts

Rows = list[Any]  # of each line its fields


class Kept(DataError):
    """Values that are read when their key has passed."""

    def __init__(self) -> None:
        remedy = "read them before the function ends, for example values = list(values)"
        super().__init__("", "the values of a key were kept beyond it", remedy)


def typed_lines(blocks: Iterable[bytes], shape: Shape, position: Position, counts: Counts) -> Iterator[Any]:
    """Yield the typed lines of blocks."""
    return chain.from_iterable(_lines_of_blocks(blocks, shape, position, counts))


def _lines_of_blocks(
    blocks: Iterable[bytes], shape: Shape, position: Position, counts: Counts
) -> Iterator[Iterator[Any]]:
    is_plain = not shape.is_tuple and shape.fields[0].name in ("str", "bytes")
    tab: Any = b"\t" if shape.has_bytes else "\t"
    for block in blocks:
        lines = _split(block, not shape.has_bytes)
        position.begin(lines)
        numbers: Sequence[int] = range(len(lines))
        if is_plain:
            yield position.follow(lines, numbers)
            continue
        rows = [line.split(tab) for line in lines] if shape.is_tuple else [[line] for line in lines]
        try:
            values = _read_rows(shape, rows)
        except ValueError:
            numbers = _find_good(rows, lines, [shape], position, counts)
            values = _read_rows(shape, [rows[number] for number in numbers])
        yield position.follow(values, numbers)


def read_pairs(blocks: Iterable[bytes], key: Shape, value: Shape) -> Iterator[Pair]:
    """Yield the typed keys and values of the output of a job. Raises DataError for a line of other types."""
    is_text = not (key.has_bytes or value.has_bytes)
    width, position = len(key.fields), Position("output")
    for block in blocks:
        lines = _split(block, is_text)
        position.begin(lines)
        rows = _split_rows(lines, width, value, "\t" if is_text else b"\t")
        try:
            yield from _read_pairs(rows, key, value)
        except ValueError:
            number, problem = next(
                (number, problem)
                for number, row in enumerate(rows)
                if (problem := _find_problem(row, [key, value], ("key", "value")))
            )
            remedy = "declare the types of the output with Job(out=(KEY, VALUE))"
            raise DataError(position.place(number), f"{problem}, in {show(to_text(lines[number]))}", remedy) from None


def _read_pairs(rows: Rows, key: Shape, value: Shape) -> list[Pair]:
    """Return the keys and values of rows of fields. Raises ValueError if one is invalid."""
    if not rows:
        return []
    if set(map(len, rows)) != {len(key.fields) + len(value.fields)}:
        raise ValueError
    columns = list(zip(*rows))
    return list(zip(read_shape(key, columns), read_shape(value, columns[len(key.fields) :])))


def _split(block: bytes, is_text: bool) -> list[Any]:
    lines: list[Any] = block.decode(*ENCODING).split("\n") if is_text else block.split(b"\n")
    lines.pop()
    return lines


def _read_rows(shape: Shape, rows: Rows) -> list[Any]:
    """Return the values of rows of fields. Raises ValueError if one is invalid."""
    if not rows:
        return []
    if set(map(len, rows)) != {len(shape.fields)}:
        raise ValueError
    return list(read_shape(shape, list(zip(*rows))))


def _find_good(
    rows: Rows, lines: Sequence[Any], shapes: Sequence[Shape], position: Position, counts: Counts
) -> list[int]:
    """Return the numbers of the rows whose fields are valid; report the others. shapes: of parts of a row, in order."""
    names = ("line",) if len(shapes) == 1 else ("key", "value")
    has_bytes = any(shape.has_bytes for shape in shapes)
    good = []
    for number, row in enumerate(rows):
        if problem := _find_problem(row, shapes, names):
            counts.bad_record(
                position.place(number), f"{problem}, in {show(lines[number] if has_bytes else to_text(lines[number]))}"
            )
        else:
            good.append(number)
    return good


def _find_problem(row: Sequence[Any], shapes: Sequence[Shape], names: Sequence[str]) -> str:
    start = 0
    for name, shape in zip(names, shapes):
        is_last = name == names[-1]
        fields = row[start:] if is_last else row[start : start + len(shape.fields)]
        if len(fields) != len(shape.fields):
            number = f"{len(fields)} field{'s' * (len(fields) != 1)}"
            return f"the {name} has {number} instead of {article(shape)}"
        if problem := find_bad(shape, fields):
            return f"the {name} {problem}"
        start += len(shape.fields)
    return ""


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
    def is_text(self) -> bool:
        """Whether whole blocks are decoded. Keys alone are not worth it, as they are decoded once for each group."""
        each = [field.name for field in (*self.key.fields[self.group :], *self.value.fields)]
        return not (self.key.has_bytes or self.value.has_bytes) and ("str" in each or "json" in each)


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

    def __iter__(self) -> Iterator[tuple[Any, Iterator[Any]]]:
        for block in iter(self._take, None):
            starts = block.starts
            numbers = block.numbers if len(block.numbers) == len(starts) else [block.numbers[start] for start in starts]
            left = self._position.follow(starts, numbers)
            for key, start, end in zip(block.keys, left, [*starts[1:], 0]):
                number = self._number = self._number + 1
                part = iter(block.values[start : end or None])
                pieces = self._pieces(part, number) if end else self._open_pieces(part, number, block.heads[-1])
                yield key, chain.from_iterable(pieces)
                part.__setstate__(1 << 60)  # type: ignore[attr-defined]  # a list's: it is at its end
                if not end:
                    self._skip(block.heads[-1])
        self._number += 1

    def _take(self) -> _Block | None:
        """Return the next block, without the records of a group that has been given."""
        block, self._next = self._next, None
        return block or next(self._blocks, None)

    def _pieces(self, part: Iterator[Any], number: int) -> Iterator[Iterator[Any]]:
        yield part
        if number != self._number:
            raise Kept

    def _open_pieces(self, part: Iterator[Any], number: int, head: Any) -> Iterator[Iterator[Any]]:
        """Yield the values of the last group of a block, which may go on in the next."""
        yield from self._pieces(part, number)
        while values := self._continue(head):
            left = iter(values)
            yield from self._pieces(left, number)

    def _continue(self, head: Any) -> list[Any]:
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

    def _skip(self, head: Any) -> None:
        """Pass over the rest of a group whose values were not all read."""
        while self._continue(head):
            pass

    def _read(self, data: bytes) -> _Block | None:
        key, value, _ = self._by
        is_text = self._by.is_text
        lines = _split(data, is_text)
        self._position.begin(lines)
        rows = _split_rows(lines, len(key.fields), value, "\t" if is_text else b"\t")
        numbers: Sequence[int] = range(len(lines))
        try:
            return self._read_columns(rows, numbers)
        except ValueError:
            numbers = _find_good(rows, lines, [key, value], self._position, self._counts)
            return self._read_columns([rows[number] for number in numbers], numbers) if numbers else None

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


def _split_rows(lines: list[Any], width: int, value: Shape, tab: Any) -> Rows:
    """Return the fields of key and value of each line; a line that ends with its key has an empty value."""
    empty = tab[:0]
    if value.is_tuple:
        return [line.split(tab) for line in lines]
    rows = [line.split(tab, width) for line in lines]
    if width in set(map(len, rows)):
        rows = [[*row, empty] if len(row) == width else row for row in rows]
    return rows
