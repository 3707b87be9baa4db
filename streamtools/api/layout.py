"""A record as a line: the fields of the key, TAB, the fields of the value; read and written by the block.

Whole columns go through loops in C. When these meet something wrong, the records are looked at one by one, so that the
message names the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

from streamtools.api.types import (
    BYTES,
    INT,
    STR,
    Column,
    Fields,
    Form,
    Scalar,
    Shape,
    Values,
    read_column,
    to_bytes,
    to_text,
    write_column,
)
from streamtools.errors import DataError

Pair = tuple[Any, Any]
Group = tuple[Any, Iterator[Any]]  # a key, and its values
SHOWN = 200  # characters of a record in a message


class Layout(NamedTuple):
    """How pairs of a key and a value are written. role: "map", "combine" or "reduce", for messages."""

    key: Shape
    value: Shape
    role: str

    @property
    def form(self) -> type:
        """Whether columns are of str or of bytes."""
        return bytes if self.key.has_bytes or self.value.has_bytes else str

    def write(self, pairs: Sequence[Pair]) -> bytes:
        """Return pairs as a block of lines. Raises DataError that names the first pair that cannot be written."""
        try:
            return self._write_columns(pairs)
        except (TypeError, ValueError, AttributeError, OverflowError):
            return b"".join([self._write_one(pair) for pair in pairs])

    def _write_columns(self, pairs: Sequence[Pair]) -> bytes:
        """Return pairs as a block. Raises TypeError or ValueError if anything is wrong, or only unusual."""
        if set(map(type, pairs)) != {tuple}:
            raise TypeError
        keys = [key for key, _ in pairs]
        values = [value for _, value in pairs]
        form = self.form
        tab: Any = "\t" if form is str else b"\t"
        end: Any = "\n" if form is str else b"\n"
        columns = _columns(self.key, keys, form)
        if self._are_same(values):
            (value,) = _columns(self.value, values[:1], form)
            tail = tab + next(iter(value)) + end
            lines = columns[0] if len(columns) == 1 else map(tab.join, zip(*columns))
            block = tail.join(lines) + tail
        else:
            block = end.join(map(tab.join, zip(*columns, *_columns(self.value, values, form)))) + end
        expected = len(columns) + len(self.value.fields) - 1
        if block.count(end) != len(pairs) or block.count(tab) != expected * len(pairs):
            self._check_keys(columns, block.count(end) != len(pairs), tab)
        return to_bytes(block) if isinstance(block, str) else bytes(block)

    def _are_same(self, values: Values) -> bool:
        """Return whether all values are written alike, such as the 1 of each word: then one join writes all lines."""
        if self.value.is_tuple or self.value.fields[0] not in (INT, STR, BYTES):  # 0.0 equals -0.0, [1] equals [True]
            return False
        return bool(values[0] == values[-1]) and values.count(values[0]) == len(values)

    def _check_keys(self, columns: Iterable[Iterable[Form]], has_ends: bool, tab: Form) -> None:
        """Raise ValueError unless TABs are in values only, which are a single field, and no field has a line end."""
        if has_ends or self.value.is_tuple or any(tab in tab[:0].join(column) for column in columns):
            raise ValueError

    def _write_one(self, pair: object) -> bytes:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            remedy = "yield key, value"
            raise DataError(self.role, f"needs pairs of a key and a value, not {show(pair)}", remedy)
        fields = [self._write_fields("key", self.key, pair[0], pair)]
        fields.append(self._write_fields("value", self.value, pair[1], pair))
        return b"\t".join(chain.from_iterable(fields)) + b"\n"

    def _write_fields(self, part: str, shape: Shape, given: object, pair: object) -> list[bytes]:
        fields = given if shape.is_tuple else (given,)
        try:
            if not isinstance(fields, (tuple, list)) or len(fields) != len(shape.fields):
                raise TypeError
            written = [write_field(scalar, field) for scalar, field in zip(shape.fields, fields)]
        except (TypeError, ValueError, OverflowError) as error:
            reason = f" ({error})" if isinstance(error, ValueError) else ""
            problem = f"the {part} {show(given)} is not {article(shape)}{reason}, in the pair {show(pair)}"
            raise DataError(self.role, problem, "convert it, or declare another type in Job(...)") from None
        for field in written:
            if b"\n" in field or (b"\t" in field and (part == "key" or shape.is_tuple)):
                name = "LF" if b"\n" in field else "TAB"
                problem = f"the {part} {show(given)} holds a {name}, in the pair {show(pair)}"
                raise DataError(self.role, problem, "remove it, or use the type json, which escapes it")
        return written


def _columns(shape: Shape, values: Values, form: type) -> list[Fields]:
    """Return values as columns of fields. Raises TypeError or ValueError for values of another shape."""
    if not shape.is_tuple:
        return [write_column(shape.fields[0], values, form)]
    if set(map(type, values)) != {tuple} or sum(map(len, values)) != len(values) * len(shape.fields):
        raise TypeError
    columns = list(zip(*values))
    if len(columns) != len(shape.fields):
        raise ValueError
    return [write_column(scalar, column, form) for scalar, column in zip(shape.fields, columns)]


def write_field(scalar: Scalar, value: object) -> bytes:
    """Return one value as a field. Raises TypeError or ValueError if it is not of the type."""
    converted = scalar.convert(value)
    if scalar is BYTES:
        return bytes(converted)
    return to_bytes(next(iter(scalar.write([converted]))))


def read_shape(shape: Shape, columns: Sequence[Column]) -> Values:
    """Return the values whose fields are in these columns. Raises ValueError if a field is invalid."""
    if not shape.is_tuple:
        return read_column(shape.fields[0], columns[0])
    return list(zip(*(read_column(scalar, column) for scalar, column in zip(shape.fields, columns))))


def find_bad(shape: Shape, fields: Column) -> str:
    """Return what is wrong with the fields of one line, or "" if nothing is."""
    for scalar, field in zip(shape.fields, fields):
        try:
            read_column(scalar, [field])
        except ValueError:
            return f"{show(field if scalar is BYTES else to_text(field))} is not {article(Shape((scalar,), False))}"
    return ""


def article(shape: Shape) -> str:
    """Return the name of a type with its article."""
    name = str(shape)
    return name if shape.is_tuple else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def show(value: object) -> str:
    """Return a value as Python writes it, shortened if it is long."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
