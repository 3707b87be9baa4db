"""FieldSelectionMapReduce: keys and values picked by number of field."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from streamtools.errors import DataError
from streamtools.formats.batch import Pairs
from streamtools.formats.writables import NULL, TEXT, Kind
from streamtools.java import class_names
from streamtools.java.strings import decode
from streamtools.job import Job

Groups = Iterable[tuple[bytes, Iterator[bytes]]]


class Spec(NamedTuple):
    """Fields from 0 of the key and of the value; `rest`: all fields from there on end the value, -1 for none."""

    keys: list[int]
    values: list[int]
    rest: int


def parse(text: str) -> Spec:
    """What `KEYS:VALUES` says; an open range counts only in VALUES. Raises DataError for anything else."""
    key_part, _, value_part = text.partition(":")
    try:
        keys, _ = _fields(key_part)
        values, rest = _fields(value_part)
    except ValueError:
        raise DataError("fieldsel", f"{text!r} is no list of fields", "write it like 2,0:3-") from None
    return Spec(keys, values, rest)


def _fields(text: str) -> tuple[list[int], int]:
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
    """Picks by a specification out of lines parted at a separator, which is a Java regular expression."""

    key_kind = value_kind = TEXT

    def __init__(self, job: Job, spec: str) -> None:
        self.separator = job.properties.stand_ins.field_separator
        try:
            self.pattern = re.compile(self.separator)
        except re.error as error:
            raise DataError("mapreduce.fieldsel.data.field.separator", f"{self.separator!r}: {error}") from None
        self.spec = parse(spec)

    def split(self, line: bytes) -> list[str]:
        """The fields, as Java's split has them: no empty ones at the end, so that of separators alone none is left."""
        parts = self.pattern.split(decode(line))
        if len(parts) > 1:
            while parts and not parts[-1]:
                parts.pop()
        return parts

    def pick(self, parts: list[str], fields: list[int], rest: int = -1) -> bytes:
        """The fields with the separator behind each, without the last character."""
        chosen = [parts[field] if field < len(parts) else "" for field in fields]
        chosen += parts[rest:] if rest >= 0 else []
        return "".join(field + self.separator for field in chosen)[:-1].encode("utf-8", "surrogateescape")


class FieldSelectionMapper(_Selection):
    """Of the value alone with TextInputFormat, else of key and value put together."""

    def __init__(self, job: Job, key: Kind, value: Kind) -> None:
        super().__init__(job, job.properties.stand_ins.map_fields)
        self.ignores_key = job.input_format == class_names.TEXT_INPUT
        self.key, self.value = key, value

    def map(self, pairs: Pairs) -> Pairs:
        values = map(self.value.shown, pairs.values)
        lines = values if self.ignores_key else map(bytes.__add__, map(self.key.shown, pairs.keys), values)
        keys, kept = [], []
        for parts in map(self.split, lines):
            key, value = self.pick(parts, self.spec.keys), self.pick(parts, self.spec.values, self.spec.rest)
            keys.append(key if self.spec.keys else value)
            kept.append(value if self.spec.keys else b"")
        return Pairs(keys, kept)


class FieldSelectionReducer(_Selection):
    """Of key, separator and value. Where no fields are asked for there is nothing, not an empty key or value."""

    def __init__(self, job: Job, key: Kind, value: Kind) -> None:
        super().__init__(job, job.properties.stand_ins.reduce_fields)
        self.key, self.value = key, value
        self.key_kind = TEXT if self.spec.keys else NULL
        self.value_kind = TEXT if self.spec.values or self.spec.rest >= 0 else NULL

    def reduce(self, groups: Groups) -> Iterator[tuple[bytes, bytes]]:
        separator = self.separator.encode("utf-8", "surrogateescape")
        for key, values in groups:
            for value in values:
                parts = self.split(self.key.shown(key) + separator + self.value.shown(value))
                yield self.pick(parts, self.spec.keys), self.pick(parts, self.spec.values, self.spec.rest)
