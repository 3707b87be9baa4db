"""Reducers to one number or one line per key: sum, count, distinct.

Most jobs end with these, so they run over whole blocks with loops in C only (map, compress, accumulate).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate
from operator import itemgetter, sub
from typing import cast

from streamtools.records import Endings, add_endings, lines_of
from streamtools.reducers.grouping import GroupedBlock, columns, groups, remembering, run_starts
from streamtools.reducers.numbers import Number, format_number, parse_numbers, total
from streamtools.reporter import Reporter

Totals = tuple[list[bytes], list[Number]]


def sum_values(blocks: Iterable[bytes], reporter: Reporter) -> Iterator[bytes]:
    """Yield `key TAB sum of its values`; a value that is not a number is a bad record."""
    return _join_blocks(_sums(blocks, reporter))


def count(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield `key TAB number of its records`."""
    return _join_blocks(map(_counts, map(lines_of, blocks)))


def distinct(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield each key once, alone in its line."""
    previous = None
    for block in blocks:
        heads, _ = _run_lengths(lines_of(block))
        keys, _ = columns(heads)
        found = [keys[start] for start in run_starts(keys)]
        kept = found[1:] if found[0] == previous else found
        previous = found[-1]
        if kept:
            yield b"\n".join(kept) + b"\n"


def _sums(blocks: Iterable[bytes], reporter: Reporter) -> Iterator[Totals]:
    seen = 0
    for block in blocks:
        yield _fast_sums(block) or _careful_sums(block, seen, reporter)
        seen += block.count(b"\n")


def _fast_sums(block: bytes) -> Totals | None:
    """Return the sum of each run of a key, or None if there is a value that is not a plain integer."""
    block = remembering(block)
    if not (isinstance(block, GroupedBlock) and block.is_plain):
        return None
    keys, starts = block.keys, block.starts
    terms = _plain_integers(block.values)
    if terms is None:
        return None
    if len(terms) < len(keys):
        return [keys[start] for start in starts], [terms[0] * length for length in _lengths(starts, len(keys))]
    return (list(keys), terms) if len(starts) == len(keys) else _add_up(keys, terms, starts)


def _plain_integers(values: list[bytes]) -> list[Number] | None:
    """Return the integers that values stand for; None if one of them is anything else.

    Counts are most often small numbers that come again and again: looked up they take 35 ns each, by int() 115.
    """
    different = set(values)
    try:
        if len(different) > len(values) // 4:
            terms: list[Number] = list(map(int, values))
        else:
            terms = list(map({value: int(value) for value in different}.__getitem__, values))
    except ValueError:
        return None
    return None if b"_" in b"".join(different) else terms  # int() has accepted 1_000


def _add_up(keys: list[bytes], terms: Iterable[Number], starts: list[int]) -> Totals:
    """Return the keys that start at these positions, and the sums of the terms from each up to the next."""
    sums_before = list(accumulate(terms, initial=0))
    borders = itemgetter(*starts, len(keys))(sums_before)
    return [keys[start] for start in starts], list(map(sub, borders[1:], borders))


def _careful_sums(block: bytes, seen: int, reporter: Reporter) -> Totals:
    keys, sums = [], []
    for key, pieces in groups([block]):
        terms = [term for piece in pieces for term in parse_numbers(piece._replace(line=seen + piece.line), reporter)]
        if terms:
            keys.append(key)
            sums.append(total(terms))
    return keys, sums


def _counts(lines: list[bytes]) -> Totals:
    heads, lengths = _run_lengths(lines)
    keys, _ = columns(heads)
    starts = run_starts(keys)
    return _add_up(keys, lengths, starts)


def _run_lengths(lines: list[bytes]) -> tuple[list[bytes], list[int]]:
    """Return lines without repetitions of the line before, and how often each of them stood there."""
    starts = run_starts(lines)
    return [lines[start] for start in starts], _lengths(starts, len(lines))


def _lengths(starts: list[int], end: int) -> list[int]:
    """Return the numbers of items from each start to the next, from the last one to the end."""
    return list(map(sub, [*starts[1:], end], starts))


def _join_blocks(per_block: Iterable[Totals]) -> Iterator[bytes]:
    """Yield records of the totals of all blocks; a key that continues in the next block is one record."""
    key: bytes | None = None
    amount: Number = 0
    for keys, totals in per_block:
        if not keys:
            continue
        if keys[0] == key:
            totals[0] = total([amount, totals[0]])
        elif key is not None:
            yield b"%b\t%b\n" % (key, format_number(amount))
        key, amount = keys.pop(), totals.pop()
        if keys:
            yield _records(keys, totals)
    if key is not None:
        yield b"%b\t%b\n" % (key, format_number(amount))


def _records(keys: list[bytes], totals: list[Number]) -> bytes:
    """Return records as a block."""
    if set(map(type, totals)) == {int}:
        endings = Endings(b"\t%d\n".__mod__)
        return add_endings(keys, map(endings.__getitem__, cast("list[int]", totals)))
    return add_endings(keys, [b"\t%b\n" % format_number(amount) for amount in totals])
