"""The loops of a stage: typed values -> the user's function -> pairs -> blocks of records. They run in C."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice, starmap

from streamtools.api.layout import Group, Layout, Pair, show
from streamtools.api.types import Fields
from streamtools.errors import DataError
from streamtools.records import BLOCK

Pairs = Iterable[Pair]
OfGroup = Callable[..., Pairs]  # of a key and an iterator over its values
FIRST, MOST = 64, 1 << 13  # pairs that are written at once, at first and at most; fewer if they are long


def map_each(function: Callable[..., Pairs], lines: Fields, spread: bool) -> Pairs:
    """Return what a function makes of each line. spread: its parameters are the fields of the line."""
    return chain.from_iterable(starmap(function, lines) if spread else map(function, lines))


def reduce_each(function: OfGroup, groups: Iterable[Group]) -> Pairs:
    """Return what a function makes of each group."""
    return chain.from_iterable(starmap(function, groups))


def combine_each(function: OfGroup, groups: Iterable[Group]) -> Pairs:
    """Yield what a combiner makes of each group.

    Raises DataError if it changes a key, as its output is not sorted again.
    """
    for key, values in groups:
        for pair in function(key, values):
            if isinstance(pair, (tuple, list)) and pair[0] != key:  # what is no pair is refused where it is written
                problem = f"changes the key {show(key)} to {show(pair[0])}"
                raise DataError("combine", problem, "yield the key as it came; only a reducer can give another")
            yield pair


def write_pairs(pairs: Pairs, layout: Layout) -> Iterator[bytes]:
    """Yield pairs as blocks of lines, about as large as those that are read."""
    waiting = iter(pairs)
    size = FIRST
    while batch := list(islice(waiting, size)):
        block = layout.write(batch)
        yield block
        size = max(1, min(MOST, 2 * size, BLOCK * len(batch) // len(block)))
