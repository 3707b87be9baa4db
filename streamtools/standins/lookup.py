"""The stand-in of a Java class by its name, and reducing with it."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

from streamtools.formats.batch import Batch, Pairs, batch_pairs, to_pairs
from streamtools.formats.writables import Writable
from streamtools.java import class_names
from streamtools.job import Job
from streamtools.standins.aggregate import AggregateCombiner, AggregateReducer, parse_long
from streamtools.standins.field_selection import FieldSelectionMapper, FieldSelectionReducer
from streamtools.standins.simple import Identity, Inverse, LongSum, Regex, TokenCount
from streamtools.standins.stand_in import Groups, Mapper, Reducer


def make_mapper(name: str, job: Job, key: Writable, value: Writable) -> Mapper:
    """Return the stand-in of a mapper class, for input of these Writables."""
    if name == class_names.INVERSE_MAPPER:
        return Inverse(key, value)
    if name == class_names.TOKEN_COUNT_MAPPER:
        return TokenCount(value)
    if name == class_names.REGEX_MAPPER:
        return Regex(job, value)
    if name == class_names.FIELD_SELECTION:
        return FieldSelectionMapper(job, key, value)
    return Identity(key, value)


def make_reducer(name: str, job: Job, key: Writable, value: Writable) -> Reducer:
    """Return the stand-in of a reducer or combiner class, for input of these Writables."""
    if name == class_names.LONG_SUM_REDUCER:
        return LongSum(key, value)
    if name == class_names.FIELD_SELECTION:
        return FieldSelectionReducer(job, key, value)
    if name == class_names.AGGREGATE_REDUCER:
        return AggregateReducer(parse_long(job.properties.stand_ins.most_unique_values))
    if name == class_names.AGGREGATE_COMBINER:
        return AggregateCombiner()
    return Identity(key, value)


def reduce_batches(reducer: Reducer, batches: Iterable[Batch]) -> Iterator[Pairs]:
    """Yield what a reducer emits for batches of sorted records."""
    return batch_pairs(reducer.reduce(_group(batches)))


def _group(batches: Iterable[Batch]) -> Groups:
    """Yield each key of sorted records with its values; keys are equal if their bytes are."""
    records = (record for pairs in map(to_pairs, batches) for record in zip(pairs.keys, pairs.values, strict=True))
    for key, run in groupby(records, key=itemgetter(0)):
        yield key, map(itemgetter(1), run)
