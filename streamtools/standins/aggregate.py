"""`-reducer aggregate`: values of keys `TYPE:id`, aggregated by TYPE, first by a combiner, then by the reducer.

The combiner's values stay what the reducer takes; memory is what the aggregate is: a number, the distinct values of a
key for UniqValueCount, and those with their counts for ValueHistogram.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Protocol

from streamtools.errors import DataError
from streamtools.formats.typed_bytes import java_double
from streamtools.formats.writables import TEXT
from streamtools.java.strings import decode, trim

JAVA_LONG = re.compile(r"[+-]?\d+")  # in the digits of any script
JAVA_DOUBLE = re.compile(r"[+-]?(NaN|Infinity|((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)[fFdD]?)", re.ASCII)
JAVA_HEXADECIMAL = re.compile(r"([+-]?0[xX](?:[0-9a-fA-F]+\.?|[0-9a-fA-F]*\.[0-9a-fA-F]+)[pP][+-]?[0-9]+)[fFdD]?")
BOUND = 1 << 63
Groups = Iterable[tuple[bytes, Iterator[bytes]]]


class Aggregator(Protocol):
    """Takes values one by one; `report` is the result, `partial` what another one takes as values in their place."""

    def add(self, value: str) -> None: ...

    def report(self) -> str: ...

    def partial(self) -> list[str]: ...


def long_of(text: str) -> int:
    """Java's Long.parseLong; raises DataError."""
    number = int(text) if JAVA_LONG.fullmatch(text) else BOUND
    if not -BOUND <= number < BOUND:
        raise DataError(
            "aggregate", f'NumberFormatException: For input string: "{text}"', "mend what the mapper writes"
        )
    return number


def double_of(text: str) -> float:
    """Java's Double.parseDouble; raises DataError."""
    text = trim(text)
    if match := JAVA_HEXADECIMAL.fullmatch(text):
        return float.fromhex(match[1])
    if not JAVA_DOUBLE.fullmatch(text):
        raise DataError(
            "aggregate", f'NumberFormatException: For input string: "{text}"', "mend what the mapper writes"
        )
    return float(text.rstrip("fFdD") if not text.endswith(("NaN", "Infinity")) else text)


class LongSum:
    def __init__(self) -> None:
        self.total = 0

    def add(self, value: str) -> None:
        self.total += long_of(value)

    def report(self) -> str:
        return str((self.total + BOUND) % (2 * BOUND) - BOUND)

    def partial(self) -> list[str]:
        return [self.report()]


class LongMax:
    choose = staticmethod(max)

    def __init__(self) -> None:
        self.found: int | None = None

    def add(self, value: str) -> None:
        number = long_of(value)
        self.found = number if self.found is None else self.choose(self.found, number)

    def report(self) -> str:
        return str(self.found)

    def partial(self) -> list[str]:
        return [self.report()]


class LongMin(LongMax):
    choose = staticmethod(min)


class DoubleSum:
    def __init__(self) -> None:
        self.total = 0.0

    def add(self, value: str) -> None:
        self.total += double_of(value)

    def report(self) -> str:
        return java_double(self.total)

    def partial(self) -> list[str]:
        return [self.report()]


class StringMax:
    """The greatest by UTF-16 code units."""

    sign = 1

    def __init__(self) -> None:
        self.found: str | None = None

    def add(self, value: str) -> None:
        if self.found is None or self.sign * _compare(value, self.found) > 0:
            self.found = value

    def report(self) -> str:
        return self.found or ""

    def partial(self) -> list[str]:
        return [self.report()]


class StringMin(StringMax):
    sign = -1


def _compare(one: str, two: str) -> int:
    left, right = one.encode("utf-16-be"), two.encode("utf-16-be")
    return (left > right) - (left < right)


class UniqueCount:
    most = BOUND  # values; Hadoop looks before it takes one more, so that there may be one too many

    def __init__(self) -> None:
        self.values: dict[str, None] = {}

    def add(self, value: str) -> None:
        if len(self.values) <= self.most:
            self.values[value] = None

    def report(self) -> str:
        return str(len(self.values))

    def partial(self) -> list[str]:
        return list(self.values)


class Histogram:
    """Number of values, then least, median, greatest, mean and deviation of how often each occurs."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def add(self, value: str) -> None:
        head, tab, count = value.rpartition("\t")
        if tab:
            self.counts[head] += long_of(count)
        else:
            self.counts[value] += 1

    def report(self) -> str:
        counts = sorted(self.counts.values())
        mean = sum(counts) / len(counts)
        deviation = math.sqrt(sum((count - mean) ** 2 for count in counts) / len(counts))
        whole = (len(counts), counts[0], counts[len(counts) // 2], counts[-1])
        return "\t".join([*map(str, whole), java_double(mean), java_double(deviation)])

    def partial(self) -> list[str]:
        return [f"{value}\t{count}" for value, count in self.counts.items()]


AGGREGATORS: dict[str, type[Aggregator]] = {
    "longvaluesum": LongSum,
    "longvaluemax": LongMax,
    "longvaluemin": LongMin,
    "doublevaluesum": DoubleSum,
    "stringvaluemax": StringMax,
    "stringvaluemin": StringMin,
    "uniqvaluecount": UniqueCount,
    "valuehistogram": Histogram,
}


def aggregated(key: bytes, values: Iterable[bytes], most_unique: int = BOUND) -> tuple[str, Aggregator]:
    """The id of a key and its aggregate; raises DataError for a key without type or a value that does not fit."""
    kind, colon, name = decode(key).partition(":")
    if not colon:
        raise DataError("aggregate", f"the key {kind!r} has no `TYPE:` (StringIndexOutOfBounds)", "write TYPE:id")
    try:
        aggregator = AGGREGATORS[kind.lower()]()
    except KeyError:
        known = "LongValueSum, UniqValueCount, ValueHistogram ..."
        raise DataError("aggregate", f"{kind!r} is no aggregator (NullPointerException)", f"take {known}") from None
    if isinstance(aggregator, UniqueCount):
        aggregator.most = most_unique
    for value in values:
        aggregator.add(decode(value))
    return name, aggregator


class AggregateCombiner:
    """Partial aggregates under the same keys."""

    key_kind = value_kind = TEXT

    def reduce(self, groups: Groups) -> Iterator[tuple[bytes, bytes]]:
        for key, values in groups:
            for value in aggregated(key, values)[1].partial():
                yield key, value.encode("utf-8")


class AggregateReducer:
    """The report of each aggregate under its id. most_unique: bound of UniqValueCount, which the combiner has not."""

    key_kind = value_kind = TEXT

    def __init__(self, most_unique: int) -> None:
        self.most_unique = most_unique

    def reduce(self, groups: Groups) -> Iterator[tuple[bytes, bytes]]:
        for key, values in groups:
            name, aggregator = aggregated(key, values, self.most_unique)
            yield name.encode("utf-8"), aggregator.report().encode("utf-8")
