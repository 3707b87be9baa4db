"""Stand-ins for the Java mappers and reducers that streaming jobs name."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Protocol

from streamtools.errors import DataError
from streamtools.formats.batch import Batch, Pairs, batched_pairs, pairs_of
from streamtools.formats.writables import LONG, TEXT, Kind, of_long, to_long
from streamtools.java import class_names
from streamtools.java.strings import decode, replace_malformed
from streamtools.job import Job
from streamtools.standins.aggregate import AggregateCombiner, AggregateReducer, long_of
from streamtools.standins.field_selection import FieldSelectionMapper, FieldSelectionReducer

Groups = Iterable[tuple[bytes, Iterator[bytes]]]
BLANKS = re.compile(rb"[ \t\n\r\f]+")  # what Java's StringTokenizer parts words at


class Mapper(Protocol):
    """A Java mapper: pairs to pairs, of the kinds it says."""

    key_kind: Kind
    value_kind: Kind

    def map(self, pairs: Pairs) -> Pairs: ...


class Reducer(Protocol):
    """A Java reducer or combiner: keys with their values, to be read in order, to records."""

    key_kind: Kind
    value_kind: Kind

    def reduce(self, groups: Groups) -> Iterator[tuple[bytes, bytes]]: ...


def mapper(name: str, job: Job, key: Kind, value: Kind) -> Mapper:
    """The mapper of a class for input of these kinds."""
    if name == class_names.INVERSE_MAPPER:
        return Inverse(key, value)
    if name == class_names.TOKEN_COUNT_MAPPER:
        return TokenCount(value)
    if name == class_names.REGEX_MAPPER:
        return Regex(job, value)
    if name == class_names.FIELD_SELECTION:
        return FieldSelectionMapper(job, key, value)
    return Identity(key, value)


def reducer(name: str, job: Job, key: Kind, value: Kind) -> Reducer:
    """The reducer or combiner of a class for input of these kinds."""
    if name == class_names.LONG_SUM_REDUCER:
        return LongSum(key, value)
    if name == class_names.FIELD_SELECTION:
        return FieldSelectionReducer(job, key, value)
    if name == class_names.AGGREGATE_REDUCER:
        return AggregateReducer(long_of(job.properties.stand_ins.most_unique_values))
    if name == class_names.AGGREGATE_COMBINER:
        return AggregateCombiner()
    return Identity(key, value)


class Identity:
    """Every record as it is."""

    def __init__(self, key: Kind, value: Kind) -> None:
        self.key_kind, self.value_kind = key, value

    def map(self, pairs: Pairs) -> Pairs:
        return pairs

    def reduce(self, groups: Groups) -> Iterator[tuple[bytes, bytes]]:
        for key, values in groups:
            for value in values:
                yield key, value


class Inverse:
    """Key and value change places."""

    def __init__(self, key: Kind, value: Kind) -> None:
        self.key_kind, self.value_kind = value, key

    def map(self, pairs: Pairs) -> Pairs:
        return Pairs(pairs.values, pairs.keys)


ONE = of_long(1)


class TokenCount:
    """Each word of a value with the number 1."""

    key_kind, value_kind = TEXT, LONG

    def __init__(self, value: Kind) -> None:
        self.value = value

    def _shown(self, value: bytes) -> bytes:
        return replace_malformed(self.value.shown(value))

    def map(self, pairs: Pairs) -> Pairs:
        words = [word for text in map(self._shown, pairs.values) for word in BLANKS.split(text) if word]
        return Pairs(words, [ONE] * len(words))


class Regex:
    """Each match of mapreduce.mapper.regex in a value, or the group asked for, with the number 1."""

    key_kind, value_kind = TEXT, LONG

    def __init__(self, job: Job, value: Kind) -> None:
        self.value = value
        text = job.properties.stand_ins.pattern
        if not text:
            raise DataError("mapreduce.mapper.regex", "is not set (NullPointerException)", "set it to an expression")
        try:
            self.pattern = re.compile(text)
        except re.error as error:
            raise DataError("mapreduce.mapper.regex", f"{text!r}: {error}", "mend the expression") from None
        self.group = job.properties.stand_ins.pattern_group

    def map(self, pairs: Pairs) -> Pairs:
        texts = (decode(text) for text in map(self.value.shown, pairs.values))
        found = [match[self.group] or "" for text in texts for match in self.pattern.finditer(text)]
        return Pairs([text.encode("utf-8") for text in found], [ONE] * len(found))


class LongSum:
    """The sum of the values of each key, in 64 bits as Java's."""

    def __init__(self, key: Kind, value: Kind) -> None:
        if value.java != LONG.java:
            raise DataError(
                "LongSumReducer",
                f"class {value.java} cannot be cast to class {LONG.java}",
                "set -D mapreduce.map.output.value.class=org.apache.hadoop.io.LongWritable, with a Java mapper",
            )
        self.key_kind, self.value_kind = key, value

    def reduce(self, groups: Groups) -> Iterator[tuple[bytes, bytes]]:
        for key, values in groups:
            total = sum(map(to_long, values))
            yield key, of_long((total + (1 << 63)) % (1 << 64) - (1 << 63))


def groups_of(batches: Iterable[Batch]) -> Groups:
    """Sorted records as keys with their values; keys are equal when their bytes are."""
    records = (record for pairs in map(pairs_of, batches) for record in zip(pairs.keys, pairs.values, strict=True))
    for key, run in groupby(records, key=itemgetter(0)):
        yield key, map(itemgetter(1), run)


def reduced(stand_in: Reducer, batches: Iterable[Batch]) -> Iterator[Pairs]:
    """What a Java reducer makes of sorted records."""
    return batched_pairs(stand_in.reduce(groups_of(batches)))
