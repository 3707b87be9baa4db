"""Blocks of bytes as typed values: the lines of a map task, the pairs of a result.

A block is read by columns; if that fails, line by line, so that each bad one is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Union

from streamtools.api.layout import Pair, article, find_bad, read_shape, show
from streamtools.api.task_context import Counts, Position
from streamtools.api.types import ENCODING, Column, Form, Shape, to_text

Rows = list[Any]  # of each line its fields
Lines = list[Any]  # all str, or all bytes


def typed_lines(blocks: Iterable[bytes], shape: Shape, position: Position, counts: Counts) -> Iterator[object]:
    """Yield the typed lines of blocks."""
    return chain.from_iterable(_lines_of_blocks(blocks, shape, position, counts))


def _lines_of_blocks(
    blocks: Iterable[bytes], shape: Shape, position: Position, counts: Counts
) -> Iterator[Iterator[object]]:
    is_plain = not shape.is_tuple and shape.fields[0].name in ("str", "bytes")
    tab: Any = b"\t" if shape.has_bytes else "\t"
    for block in blocks:
        lines = split_block(block, not shape.has_bytes)
        position.begin(lines)
        numbers: Sequence[int] = range(len(lines))
        if is_plain:
            yield position.follow(lines, numbers)
            continue
        rows = [line.split(tab) for line in lines] if shape.is_tuple else [[line] for line in lines]
        try:
            values = _read_rows(shape, rows)
        except ValueError:
            numbers = find_good(rows, lines, [shape], position, counts)
            values = _read_rows(shape, [rows[number] for number in numbers])
        yield position.follow(values, numbers)


def typed_pairs(
    blocks: Iterable[bytes], key: Shape, value: Shape, position: Position, counts: Counts
) -> Iterator[Iterator[Pair]]:
    """Yield the records of each block as typed pairs."""
    is_text = not (key.has_bytes or value.has_bytes)
    width = len(key.fields)
    for block in blocks:
        lines = split_block(block, is_text)
        position.begin(lines)
        rows = split_rows(lines, width, value, "\t" if is_text else b"\t")
        try:
            yield _read_pairs(rows, key, value)
        except ValueError:
            numbers = find_good(rows, lines, [key, value], position, counts)
            yield _read_pairs([rows[number] for number in numbers], key, value)


def _read_pairs(rows: Rows, key: Shape, value: Shape) -> Iterator[Pair]:
    """Return rows of fields as pairs. Raises ValueError if a field is invalid."""
    width = len(key.fields)
    if set(map(len, rows)) - {width + len(value.fields)}:
        raise ValueError
    columns = list(zip(*rows)) or [()] * (width + len(value.fields))
    return zip(read_shape(key, columns[:width]), read_shape(value, columns[width:]))


def split_block(block: bytes, is_text: bool) -> Lines:
    lines: Lines = block.decode(*ENCODING).split("\n") if is_text else block.split(b"\n")
    lines.pop()
    return lines


def _read_rows(shape: Shape, rows: Rows) -> list[object]:
    """Return the values of rows of fields. Raises ValueError if one is invalid."""
    if not rows:
        return []
    if set(map(len, rows)) != {len(shape.fields)}:
        raise ValueError
    return list(read_shape(shape, list(zip(*rows))))


def find_good(
    rows: Rows, lines: Sequence[Union[str, bytes]], shapes: Sequence[Shape], position: Position, counts: Counts
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


def _find_problem(row: Column, shapes: Sequence[Shape], names: Sequence[str]) -> str:
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


def split_rows(lines: list[Form], width: int, value: Shape, tab: Form) -> list[list[Form]]:
    """Return the fields of key and value of each line; a line that ends with its key has an empty value."""
    empty = tab[:0]
    if value.is_tuple:
        return [line.split(tab) for line in lines]
    rows = [line.split(tab, width) for line in lines]
    if width in set(map(len, rows)):
        for row in rows:
            if len(row) == width:
                row.append(empty)
    return rows
