"""Fields of delimited lines, picked by number as in cut(1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from streamtools.errors import UsageError
from streamtools.records import lines_of
from streamtools.reporter import Reporter


class FieldList(NamedTuple):
    """A choice of fields, numbered from 0.

    closed: fields picked one by one; rest: the first field of an open range at the end, None without such a range.
    """

    closed: tuple[int, ...]
    rest: int | None

    @property
    def is_single(self) -> bool:
        """Whether it is one field."""
        return len(self.closed) == 1 and self.rest is None

    @property
    def needed(self) -> int:
        """Number of fields that a line must have."""
        return max(max(self.closed, default=-1), -1 if self.rest is None else self.rest) + 1


NUMBER = re.compile("0*[1-9][0-9]{0,18}")
MOST = 100_000  # the highest field number in a list, as each field of a range is picked by its number
USER_ID = FieldList((1,), None)  # of an ad log: AuctionID UserID SiteID URL UserAgent Timestamp


def parse_fields(text: str) -> FieldList:
    """Parse a list of fields such as `2`, `1,3`, `2-4`, `-3` or `1,4-` (from 1; an open range comes last).

    Raises UsageError for anything else.
    """
    closed: list[int] = []
    rest: int | None = None
    for item in text.split(","):
        first, dash, last = item.strip().partition("-")
        numbers = [number for number in (first, last) if number]
        if rest is not None or not numbers or not all(map(NUMBER.fullmatch, numbers)):
            raise UsageError(
                text, "invalid list of fields", "write it like 2 or 1,3 or 2-4 or 1,4-; numbers start at 1"
            )
        start, end = int(first or 1), int(last or first)
        if dash and not last:
            rest = start - 1
        elif end > MOST:
            raise UsageError(
                text, f"field numbers above {MOST:,} are not supported", f"use {start}- for all from there on"
            )
        elif end < start:
            raise UsageError(text, f"invalid range {item}: it ends before it starts", f"use {end}-{start}")
        else:
            closed.extend(range(start - 1, end))
    return FieldList(tuple(closed), rest)


def fields(
    blocks: Iterable[bytes],
    reporter: Reporter,
    keys: FieldList = USER_ID,
    values: FieldList | None = None,
    value: bytes = b"1",
    delimiter: bytes = b"\t",
) -> Iterator[bytes]:
    """Yield records of the picked key fields, with the picked value fields or else a constant value.

    Several fields are joined by the delimiter. A line with too few fields is a bad record.
    """
    limit = split_limit(keys, values)
    needed = max(keys.needed, values.needed if values else 0)
    seen = 0
    for block in blocks:
        lines = lines_of(block)
        try:
            yield _records(lines, limit, keys, values, value, delimiter)
        except IndexError:
            good = with_fields(lines, needed, delimiter, reporter, seen)
            yield _records(good, limit, keys, values, value, delimiter)
        seen += len(lines)


def field_keys(
    blocks: Iterable[bytes], reporter: Reporter, field: int = 1, delimiter: bytes = b"\t"
) -> Iterator[list[bytes]]:
    """Yield lists of one field of each line, numbered from 0. A line with too few fields is a bad record."""
    limit = field + 1
    seen = 0
    for block in blocks:
        lines = lines_of(block)
        try:
            yield [line.split(delimiter, limit)[field] for line in lines]
        except IndexError:
            good = with_fields(lines, limit, delimiter, reporter, seen)
            yield [line.split(delimiter, limit)[field] for line in good]
        seen += len(lines)


def _records(
    lines: list[bytes], limit: int, keys: FieldList, values: FieldList | None, value: bytes, delimiter: bytes
) -> bytes:
    """Return the records of lines. Raises IndexError if a line has too few fields."""
    if values is not None:
        rows = [line.split(delimiter, limit) for line in lines]
        return b"".join(
            [b"%b\t%b\n" % record for record in zip(_pick(rows, keys, delimiter), _pick(rows, values, delimiter))]
        )
    if keys.is_single:  # takes half as long as splitting all lines first
        (field,) = keys.closed
        picked = [line.split(delimiter, limit)[field] for line in lines]
    else:
        picked = _pick([line.split(delimiter, limit) for line in lines], keys, delimiter)
    ending = b"\t%b\n" % value
    return ending.join(picked) + ending if picked else b""


def split_limit(*lists: FieldList | None) -> int:
    """Return how often a line has to be split to get all these fields; -1 for as often as possible.

    The fields of an open range stay together as one item, unless another list needs one of them.
    """
    given = [fields for fields in lists if fields]
    last = max(max(fields.closed, default=-1) for fields in given)
    starts = {fields.rest for fields in given if fields.rest is not None}
    if not starts:
        return last + 1
    return starts.pop() if len(starts) == 1 and last < min(starts) else -1


def _pick(rows: list[list[bytes]], fields: FieldList, delimiter: bytes) -> list[bytes]:
    """Return the fields of each row, joined by the delimiter. Raises IndexError if a row is too short."""
    if fields.rest is None:
        picked = map(itemgetter(*fields.closed), rows)
        return list(picked if len(fields.closed) == 1 else map(delimiter.join, picked))
    closed, rest = fields.closed, fields.rest
    short = next((row for row in rows if len(row) <= rest), None)
    if short is not None:
        raise IndexError
    return [delimiter.join(chain([row[index] for index in closed], row[rest:])) for row in rows]


def with_fields(lines: list[bytes], needed: int, delimiter: bytes, reporter: Reporter, seen: int) -> list[bytes]:
    """Return the lines with at least `needed` fields; report the others as bad records."""
    good = []
    for number, line in enumerate(lines, seen + 1):
        found = line.count(delimiter) + 1
        if found >= needed:
            good.append(line)
        else:
            has = f"{found} field{'s' * (found > 1)}"
            reporter.bad_record(number, f"line has {has}, field {needed} is required")
    return good
