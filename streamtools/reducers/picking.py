"""Reducers that pick records or values: first, last, least, greatest."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from itertools import compress
from operator import itemgetter
from typing import Union

from streamtools.records import lines_of
from streamtools.reducers.grouping import Values, columns, groups
from streamtools.reducers.numbers import Number, format_number, is_number, parse_numbers
from streamtools.reporter import Reporter

Ranked = tuple[Union[Number, bytes], bytes]


def identity(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield all records unchanged."""
    yield from blocks


def first(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield `key TAB first of its values`."""
    for key, pieces in groups(blocks):
        yield b"%b\t%b\n" % (key, next(pieces).values[0])


def last(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield `key TAB last of its values`."""
    for key, pieces in groups(blocks):
        for values, *_ in pieces:
            value = values[-1]
        yield b"%b\t%b\n" % (key, value)


def minimum(blocks: Iterable[bytes], reporter: Reporter, text: bool = False) -> Iterator[bytes]:
    """Yield `key TAB least of its values`, as numbers, or with `text` by their bytes."""
    return _extreme(blocks, reporter, text, min)


def maximum(blocks: Iterable[bytes], reporter: Reporter, text: bool = False) -> Iterator[bytes]:
    """Yield `key TAB greatest of its values`, as numbers, or with `text` by their bytes."""
    return _extreme(blocks, reporter, text, max)


def _extreme(
    blocks: Iterable[bytes], reporter: Reporter, text: bool, choose: Callable[..., Number | bytes]
) -> Iterator[bytes]:
    for key, pieces in groups(blocks):
        ranks = filter(None, (_ranks(piece, reporter, text) for piece in pieces))
        best = choose((choose(some) for some in ranks), default=None)
        if best is not None:
            yield b"%b\t%b\n" % (key, best if isinstance(best, bytes) else format_number(best))


def _ranks(piece: Values, reporter: Reporter, text: bool) -> list[bytes] | list[Number]:
    return piece.values if text else parse_numbers(piece, reporter)


def top(
    blocks: Iterable[bytes],
    reporter: Reporter,
    size: int = 10,
    text: bool = False,
    smallest: bool = False,
    per_key: bool = False,
) -> Iterator[bytes]:
    """Yield the `size` records with the greatest (or smallest) values, of all or of each key.

    The best come first, equal ones in the order of the input. Keeps `size` records in memory.
    """
    choose = heapq.nsmallest if smallest else heapq.nlargest
    if per_key:
        for key, pieces in groups(blocks):
            pairs = (pair for piece in pieces for pair in _ranked(piece.values, piece, reporter, text))
            yield b"".join([b"%b\t%b\n" % (key, value) for _, value in choose(size, pairs, key=itemgetter(0))])
    else:
        ranked = _ranked_lines(blocks, reporter, text)
        yield b"".join([line + b"\n" for _, line in choose(size, ranked, key=itemgetter(0))])


def _ranked_lines(blocks: Iterable[bytes], reporter: Reporter, text: bool) -> Iterator[Ranked]:
    seen = 0
    for block in blocks:
        lines = lines_of(block)
        _, values = columns(lines)
        yield from _ranked(lines, Values(values, seen + 1), reporter, text)
        seen += len(lines)


def _ranked(items: list[bytes], piece: Values, reporter: Reporter, text: bool) -> Iterable[Ranked]:
    """Yield each item with the rank of its value, without the items whose value is not a number."""
    ranks = _ranks(piece, reporter, text)
    if len(ranks) < len(items):  # rare: see one by one which were skipped, without counting them again
        good = [is_number(value) for value in piece.values]
        items = list(compress(items, good))
    return zip(ranks, items)
