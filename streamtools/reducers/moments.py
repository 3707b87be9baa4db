"""Mean and spread, exact until the last division, also over the partial results of a combiner.

A partial result is a value of five numbers joined by colons, `records:sum:min:max:sum of squares`. A reducer tells it
from a plain number by the colons, and counts it as that many values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from fractions import Fraction
from typing import NamedTuple

from streamtools.reducers.grouping import Values, groups
from streamtools.reducers.numbers import Number, format_number, parse_all, parse_number, parse_numbers, squares, total
from streamtools.reporter import Reporter

SIGNIFICANT = Context(prec=17, Emax=MAX_EMAX, Emin=MIN_EMIN)  # digits of a quotient or a root, as many as a double has


class Moments(NamedTuple):
    """Count, sum, extremes and sum of squares of some numbers."""

    records: int
    sum: Number
    least: Number
    greatest: Number
    squares: Number


def mean(blocks: Iterable[bytes], reporter: Reporter) -> Iterator[bytes]:
    """Yield `key TAB mean of its values`, to 17 significant digits."""
    for key, found in _moments(blocks, reporter):
        yield b"%b\t%b\n" % (key, format_quotient(Fraction(found.sum) / found.records))


def stats(blocks: Iterable[bytes], reporter: Reporter) -> Iterator[bytes]:
    """Yield `key TAB records TAB sum TAB min TAB max TAB mean TAB standard deviation` (of the population)."""
    for key, found in _moments(blocks, reporter):
        average = Fraction(found.sum) / found.records
        variance = Fraction(found.squares) / found.records - average**2
        columns = [
            *map(format_number, (found.sum, found.least, found.greatest)),
            format_quotient(average),
            root(variance),
        ]
        yield b"%b\t%d\t%b\n" % (key, found.records, b"\t".join(columns))


def partial_moments(blocks: Iterable[bytes], reporter: Reporter) -> Iterator[bytes]:
    """Yield `key TAB records:sum:min:max:sum of squares`, for a combiner before `mean` or `stats`."""
    for key, found in _moments(blocks, reporter):
        yield b"%b\t%b\n" % (key, b":".join(map(format_number, found)))


def _moments(blocks: Iterable[bytes], reporter: Reporter) -> Iterator[tuple[bytes, Moments]]:
    for key, pieces in groups(blocks):
        found: Moments | None = None
        for piece in pieces:
            found = _merge(([found] if found else []) + _of_piece(piece, reporter))
        if found:
            yield key, found


def _of_piece(piece: Values, reporter: Reporter) -> list[Moments]:
    if not any(b":" in value for value in piece.values):
        terms = parse_numbers(piece, reporter)
        return [Moments(len(terms), total(terms), min(terms), max(terms), squares(terms))] if terms else []
    return parse_all(_parse_moments, piece, reporter, "a number or a partial result of a combiner")


def _parse_moments(value: bytes) -> Moments:
    terms = [parse_number(term) for term in value.split(b":")]
    if len(terms) == 1:
        return Moments(1, terms[0], terms[0], terms[0], squares(terms))
    if len(terms) != len(Moments._fields) or not isinstance(terms[0], int) or terms[0] < 1:
        raise ValueError
    return Moments(*terms)  # type: ignore[arg-type]  # the first one was just checked


def _merge(parts: list[Moments]) -> Moments | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    records, sums, least, greatest, of_squares = map(list, zip(*parts))
    return Moments(sum(records), total(sums), min(least), max(greatest), total(of_squares))


def format_quotient(value: Fraction) -> bytes:
    """Return a fraction as a decimal number with at most 17 significant digits."""
    return format_decimal(SIGNIFICANT.divide(Decimal(value.numerator), Decimal(value.denominator)))


def root(value: Fraction) -> bytes:
    """Return the square root of a fraction as a decimal number with at most 17 significant digits."""
    wide = Context(prec=40, Emax=MAX_EMAX, Emin=MIN_EMIN)
    return format_decimal(
        SIGNIFICANT.plus(wide.sqrt(wide.divide(Decimal(value.numerator), Decimal(value.denominator))))
    )


def format_decimal(value: Decimal) -> bytes:
    """Return a decimal without exponent and without zeros at its end."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.encode("ascii")
