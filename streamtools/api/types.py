"""The types of lines, keys and values, and how whole columns of them are read and written.

A type is str, bytes, int, float, the module json, or a tuple of these: fields with TAB between them. Text is UTF-8 with
surrogateescape, so that all bytes come back as they were. Columns are in one of two forms: as bytes if a type of the
record is bytes, otherwise as text, which is decoded and encoded once for a whole block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from operator import index
from types import ModuleType
from typing import Any, NamedTuple, SupportsIndex, TypeVar, Union

from streamtools.errors import UsageError

Kind = Union[type, ModuleType, "tuple[Union[type, ModuleType], ...]"]
Values = Sequence[Any]  # of any of the types
Column = Sequence[Any]  # fields of one form: all str, or all bytes
Fields = Iterable[Any]  # the same, to be read once
Form = TypeVar("Form", str, bytes)
T = TypeVar("T")
ENCODING = ("utf-8", "surrogateescape")


class Scalar(NamedTuple):
    """The type of one field.

    read: fields -> values; raises ValueError if one is invalid. write: values -> fields as text; raises TypeError or
    ValueError. convert: a single value that `write` refused to one that it takes; raises TypeError or ValueError.
    """

    name: str
    read: Callable[[Column], Values]
    write: Callable[[Values], Iterable[str]]
    convert: Callable[[Any], Any]


class _Integers(dict[Any, int]):
    """Integers by their fields, kept for the next record that has the same: 13 ns instead of 60."""

    MOST = 4096

    def __missing__(self, field: Any) -> int:
        number = int(_without_underscores([field])[0])
        if len(self) < self.MOST:
            self[field] = number
        return number


INTEGERS = _Integers()


def _read_integers(column: Column) -> list[int]:
    if len(set(column[:64])) < 32:  # they repeat
        return list(map(INTEGERS.__getitem__, column))
    return list(map(int, _without_underscores(column)))


def _read_texts(column: Column) -> Column:
    if not column or isinstance(column[0], str):
        return column
    return b"\n".join(column).decode(*ENCODING).split("\n")  # one `decode` for all: no field holds LF


def _read_floats(column: Column) -> list[float]:
    return list(map(float, _without_underscores(column)))


def _without_underscores(column: Column) -> Column:
    """Return the column. Raises ValueError if a field has an underscore, which int() and float() take in digits."""
    if column and (b"_" if isinstance(column[0], bytes) else "_") in column[0][:0].join(column):
        raise ValueError
    return column


def _read_json(column: Column) -> Values:
    return list(map(_json_coders()[0], map(to_text, column)))


def _write_json(values: Values) -> Iterable[str]:
    return map(_json_coders()[1], values)


def _write_canonical_json(values: Values) -> Iterable[str]:
    return map(_json_coders()[2], values)


@cache
def _json_coders() -> tuple[Callable[[str], object], Callable[[object], str], Callable[[object], str]]:
    """Return a decoder, an encoder, and one that sorts the names in objects: equal keys have to be the same bytes."""
    import json

    plain, canonical = (json.JSONEncoder(sort_keys=sort, separators=(",", ":")) for sort in (False, True))
    return json.JSONDecoder().decode, plain.encode, canonical.encode


def _write_floats(values: Values) -> Iterable[str]:
    return map(float.__repr__, values)


def _write_sortable_floats(values: Values) -> Iterable[str]:
    return map(_write_sortable, values)


def _write_sortable(value: float) -> str:
    """Write a float without exponent, as Hadoop's comparator reads it; -0.0 as 0.0, to which it is equal."""
    text = float.__repr__(value + 0.0)
    if "n" in text:
        raise ValueError(f"{text} has no place in an order of numbers")
    if "e" not in text:
        return text
    from decimal import Decimal

    positional = format(Decimal(text), "f")
    return positional if "." in positional else positional + ".0"


def _as_text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _as_bytes(value: object) -> bytes:
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError
    return bytes(value)


def _as_float(value: Union[float, SupportsIndex]) -> float:
    return value if isinstance(value, float) else float(index(value))


def _same(values: T) -> T:
    return values


STR = Scalar("str", _read_texts, _same, _as_text)
BYTES = Scalar("bytes", _same, _same, _as_bytes)
INT = Scalar("int", _read_integers, lambda values: map(int.__repr__, values), index)
FLOAT = Scalar("float", _read_floats, _write_floats, _as_float)
SORTABLE_FLOAT = FLOAT._replace(write=_write_sortable_floats)
JSON = Scalar("json", _read_json, _write_json, _same)
CANONICAL_JSON = JSON._replace(write=_write_canonical_json)
OF_KEYS = {"float": SORTABLE_FLOAT, "json": CANONICAL_JSON}  # instead of the types of the same names
SCALARS = {str: STR, bytes: BYTES, int: INT, float: FLOAT}


class Shape(NamedTuple):
    """The type of a line, key or value: its fields, and whether they make a tuple."""

    fields: tuple[Scalar, ...]
    is_tuple: bool

    def __str__(self) -> str:
        names = ", ".join(field.name for field in self.fields)
        return f"({names}{',' * (len(self.fields) == 1)})" if self.is_tuple else names

    def head(self, size: int) -> Shape:
        """Return the type of the first fields alone; one of several is no tuple."""
        return Shape(self.fields[:size], self.is_tuple and (size > 1 or len(self.fields) == 1))

    @property
    def has_bytes(self) -> bool:
        """Whether a field is bytes."""
        return BYTES in self.fields

    @property
    def has_numbers(self) -> bool:
        """Whether a field sorts as a number."""
        return any(field.name in ("int", "float") for field in self.fields)


def find_shape(kind: Kind, option: str, is_key: bool = False) -> Shape:
    """Return the shape of a type. option: the parameter of Job that gives it. Raises UsageError for an unknown type."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    fields = tuple(_find_scalar(each, option) for each in kinds)
    if not fields:
        raise UsageError(f"Job({option}=())", "a tuple needs at least one type", "write for example (str, int)")
    if is_key:
        fields = tuple(OF_KEYS.get(field.name, field) for field in fields)
    return Shape(fields, isinstance(kind, tuple))


def _find_scalar(kind: type | ModuleType, option: str) -> Scalar:
    if isinstance(kind, type) and kind in SCALARS:
        return SCALARS[kind]
    if isinstance(kind, ModuleType) and kind.__name__ == "json":
        return JSON
    name = getattr(kind, "__name__", repr(kind))
    remedy = "use str, bytes, int, float, the module json, or a tuple of them"
    raise UsageError(f"Job({option}={name})", "unknown type", remedy)


def to_text(field: Union[str, bytes]) -> str:
    """Return a field of either form as text."""
    return field if isinstance(field, str) else str(field, *ENCODING)


def to_bytes(text: str) -> bytes:
    """Return text as the bytes that it was decoded from. Raises UnicodeEncodeError for a lone surrogate."""
    return text.encode(*ENCODING)


def read_column(scalar: Scalar, column: Column) -> Values:
    """Return the values of a column of fields. Raises ValueError if one is invalid."""
    return scalar.read(column)


def write_column(scalar: Scalar, values: Values, form: type) -> Fields:
    """Return values as a column of fields of a form, str or bytes. Raises TypeError or ValueError for an invalid one.

    Values that are strings already are checked when they are joined.
    """
    if scalar is BYTES or form is str:
        return scalar.write(values)
    if scalar is STR:
        return [str.encode(value, *ENCODING) for value in values]
    return "\n".join(scalar.write(values)).encode().split(b"\n")  # one `encode` for all: no field holds LF
