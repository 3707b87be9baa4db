"""`-reducer aggregate`: values of keys `TYPE:id`, aggregated by TYPE, first by a combiner, then by the reducer.

The combiner emits values that the reducer takes. Memory: one number per key, but for UniqValueCount the distinct values
of a key, and for ValueHistogram the distinct values with their counts.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Protocol

from streamtools.errors import DataError
from streamtools.formats.writables import TEXT
from streamtools.java import primitives
from streamtools.java.strings import decode, trim
from streamtools.standins.stand_in import Groups, Records


class Aggregator(Protocol):
    """Aggregates the values of one key."""

    def add(self, value: str) -> None:
        """Add a value. Raises DataError if it is not one for this type."""

    def report(self) -> str:
        """Return the result."""

    def partial(self) -> list[str]:
        """Return values that another aggregator can be given instead of all those added here."""


def parse_long(text: str) -> int:
    """Parse a long. Raises DataError if it is invalid."""
    if (number := primitives.parse_long(text)) is None:
        raise _invalid_number(text)
    return number


def parse_double(text: str) -> float:
    """Parse a double. Raises DataError if it is invalid."""
    text = trim(text)
    if (number := primitives.parse_double(text)) is None:
        raise _invalid_number(text)
    return number


def _invalid_number(text: str) -> DataError:
    problem = f'NumberFormatException: For input string: "{text}"'
    return DataError("aggregate", problem, "correct what the mapper writes")


class LongSum:
    """Sum of whole numbers, in 64 bits."""

    def __init__(self) -> None:
        self.total = 0

    def add(self, value: str) -> None:
        self.total += parse_long(value)

    def report(self) -> str:
        return str(primitives.wrap_long(self.total))

    def partial(self) -> list[str]:
        return [self.report()]


class LongMax:
    """Greatest whole number."""

    choose = staticmethod(max)

    def __init__(self) -> None:
        self.found: int | None = None

    def add(self, value: str) -> None:
        number = parse_long(value)
        self.found = number if self.found is None else self.choose(self.found, number)

    def report(self) -> str:
        return str(self.found)

    def partial(self) -> list[str]:
        return [self.report()]


class LongMin(LongMax):
    """Least whole number."""

    choose = staticmethod(min)


class DoubleSum:
    """Sum of doubles."""

    def __init__(self) -> None:
        self.total = 0.0

    def add(self, value: str) -> None:
        self.total += parse_double(value)

    def report(self) -> str:
        return primitives.format_double(self.total)

    def partial(self) -> list[str]:
        return [self.report()]


class StringMax:
    """Greatest string, compared by UTF-16 code units."""

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
    """Least string, compared by UTF-16 code units."""

    sign = -1


def _compare(one: str, two: str) -> int:
    left, right = one.encode("utf-16-be"), two.encode("utf-16-be")
    return (left > right) - (left < right)


class UniqueCount:
    """Number of distinct values; no more are counted than `most` and one more, as Hadoop checks before it adds."""

    def __init__(self, most: int = primitives.LONG_BOUND) -> None:
        self.most = most
        self.values: dict[str, None] = {}

    def add(self, value: str) -> None:
        if len(self.values) <= self.most:
            self.values[value] = None

    def report(self) -> str:
        return str(len(self.values))

    def partial(self) -> list[str]:
        return list(self.values)


class Histogram:
    """Number of distinct values; then least, median, greatest, mean and deviation of how often each occurs."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def add(self, value: str) -> None:
        head, tab, count = value.rpartition("\t")
        if tab:
            self.counts[head] += parse_long(count)
        else:
            self.counts[value] += 1

    def report(self) -> str:
        counts = sorted(self.counts.values())
        mean = sum(counts) / len(counts)
        deviation = math.sqrt(sum((count - mean) ** 2 for count in counts) / len(counts))
        whole = (len(counts), counts[0], counts[len(counts) // 2], counts[-1])
        return "\t".join([*map(str, whole), primitives.format_double(mean), primitives.format_double(deviation)])

    def partial(self) -> list[str]:
        return [f"{value}\t{count}" for value, count in self.counts.items()]


Make = Callable[[], Aggregator]

AGGREGATORS: Mapping[str, Make] = {  # by TYPE in lower case
    "longvaluesum": LongSum,
    "longvaluemax": LongMax,
    "longvaluemin": LongMin,
    "doublevaluesum": DoubleSum,
    "stringvaluemax": StringMax,
    "stringvaluemin": StringMin,
    "uniqvaluecount": UniqueCount,
    "valuehistogram": Histogram,
}


def aggregate(key: bytes, values: Iterable[bytes], aggregators: Mapping[str, Make]) -> tuple[str, Aggregator]:
    """Return the id of a key and its aggregated values. Raises DataError for an unknown TYPE or a value of another."""
    type_, colon, name = decode(key).partition(":")
    if not colon:
        raise DataError("aggregate", f"the key {type_!r} has no `TYPE:` (StringIndexOutOfBounds)", "write TYPE:id")
    if type_.lower() not in aggregators:
        known = "LongValueSum, UniqValueCount, ValueHistogram ..."
        raise DataError("aggregate", f"unknown aggregator {type_!r} (NullPointerException)", f"use {known}")
    aggregator = aggregators[type_.lower()]()
    for value in values:
        aggregator.add(decode(value))
    return name, aggregator


class AggregateCombiner:
    """Emits partial aggregates under the same keys (ValueAggregatorCombiner)."""

    key_type = value_type = TEXT

    def reduce(self, groups: Groups) -> Records:
        """Yield each key with values that stand for all of its values."""
        for key, values in groups:
            for value in aggregate(key, values, AGGREGATORS)[1].partial():
                yield key, value.encode("utf-8")


class AggregateReducer:
    """Emits the result of each aggregate under its id (ValueAggregatorReducer).

    most_unique: number of values that UniqValueCount counts; a combiner has no such limit.
    """

    key_type = value_type = TEXT

    def __init__(self, most_unique: int) -> None:
        self.aggregators: dict[str, Make] = {**AGGREGATORS, "uniqvaluecount": partial(UniqueCount, most_unique)}

    def reduce(self, groups: Groups) -> Records:
        """Yield each id with its result."""
        for key, values in groups:
            name, aggregator = aggregate(key, values, self.aggregators)
            yield name.encode("utf-8"), aggregator.report().encode("utf-8")
