"""The library of reducers: generators from blocks of records, sorted or at least grouped by key, to blocks of records.

    blocks --> reducer(blocks, reporter, ...) --> pieces of bytes

They stream: memory is a few blocks, also for a key with any number of values, but where a docstring says otherwise.
"""

from streamtools.reducers.gathering import collect, count_distinct, histogram, index
from streamtools.reducers.join import HOW, join
from streamtools.reducers.moments import mean, partial, stats
from streamtools.reducers.numbers import number
from streamtools.reducers.picking import first, identity, last, maximum, minimum, top
from streamtools.reducers.totals import count, distinct, sum_values

__all__ = [
    "HOW",
    "collect",
    "count",
    "count_distinct",
    "distinct",
    "first",
    "histogram",
    "identity",
    "index",
    "join",
    "last",
    "maximum",
    "mean",
    "minimum",
    "number",
    "partial",
    "stats",
    "sum_values",
    "top",
]
