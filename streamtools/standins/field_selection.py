"""FieldSelectionMapReduce: selects fields of records as keys and values, by number."""

import re
from typing import NamedTuple

from streamtools.errors import DataError
from streamtools.formats.batch import Pairs
from streamtools.formats.writables import NULL, TEXT, Writable
from streamtools.java import class_names
from streamtools.java.strings import decode
from streamtools.job import Job
from streamtools.standins.stand_in import Groups, Records


class Spec(NamedTuple):
    """Fields, counted from 0, of the key and of the value; all fields from `rest` on end the value, -1 for none."""

    keys: list[int]
    values: list[int]
    rest: int


def parse_spec(text: str) -> Spec:
    """Parse KEYS:VALUES, in which an open range counts only in VALUES. Raises DataError if it is invalid."""
    key_part, _, value_part = text.partition(":")
    try:
        keys, _ = _parse_fields(key_part)
        values, rest = _parse_fields(value_part)
    except ValueError:
        raise DataError("fieldsel", f"invalid list of fields {text!r}", "write it like 2,0:3-") from None
    return Spec(keys, values, rest)


def _parse_fields(text: str) -> tuple[list[int], int]:
    found: list[int] = []
    rest = -1
    for item in filter(None, text.split(",")):
        first, dash, last = item.strip().partition("-")
        if dash and not last:
            rest = int(first)
        else:
            found.extend(range(int(first), int(last or first) + 1))
    return found, rest


class _Selection:
    """Selects by a specification from lines split at a separator, which is a regular expression."""

    key_type = value_type = TEXT

    def __init__(self, job: Job, spec: str) -> None:
        self.separator = job.properties.stand_ins.field_separator
        try:
            self.pattern = re.compile(self.separator)
        except re.error as error:
            raise DataError("mapreduce.fieldsel.data.field.separator", f"{self.separator!r}: {error}") from None
        self.spec = parse_spec(spec)

    def split(self, line: bytes) -> list[str]:
        """Split a line as Java's split does: without empty fields at the end, so that a line of separators has none."""
        parts = self.pattern.split(decode(line))
        if len(parts) > 1:
            while parts and not parts[-1]:
                parts.pop()
        return parts

    def pick(self, parts: list[str], fields: list[int], rest: int = -1) -> bytes:
        """Join the selected fields with the separator after each, and drop the last character as Hadoop does."""
        chosen = [parts[field] if field < len(parts) else "" for field in fields]
        chosen += parts[rest:] if rest >= 0 else []
        return "".join(field + self.separator for field in chosen)[:-1].encode("utf-8", "surrogateescape")


class FieldSelectionMapper(_Selection):
    """Selects from the value alone with TextInputFormat, else from key and value joined."""

    def __init__(self, job: Job, key: Writable, value: Writable) -> None:
        super().__init__(job, job.properties.stand_ins.map_fields)
        self.ignores_key = job.input_format == class_names.TEXT_INPUT
        self.key, self.value = key, value

    def map(self, pairs: Pairs) -> Pairs:
        """Return the selected fields; a key that is not asked for is the value, with an empty value."""
        values = map(self.value.to_string, pairs.values)
        lines = values if self.ignores_key else map(bytes.__add__, map(self.key.to_string, pairs.keys), values)
        keys, kept = [], []
        for parts in map(self.split, lines):
            key, value = self.pick(parts, self.spec.keys), self.pick(parts, self.spec.values, self.spec.rest)
            keys.append(key if self.spec.keys else value)
            kept.append(value if self.spec.keys else b"")
        return Pairs(keys, kept)


class FieldSelectionReducer(_Selection):
    """Selects from key, separator and value; a key or value without fields is null, not empty."""

    def __init__(self, job: Job, key: Writable, value: Writable) -> None:
        super().__init__(job, job.properties.stand_ins.reduce_fields)
        self.key, self.value = key, value
        self.key_type = TEXT if self.spec.keys else NULL
        self.value_type = TEXT if self.spec.values or self.spec.rest >= 0 else NULL

    def reduce(self, groups: Groups) -> Records:
        """Yield the selected fields of all records."""
        separator = self.separator.encode("utf-8", "surrogateescape")
        for key, values in groups:
            for value in values:
                parts = self.split(self.key.to_string(key) + separator + self.value.to_string(value))
                yield self.pick(parts, self.spec.keys), self.pick(parts, self.spec.values, self.spec.rest)
