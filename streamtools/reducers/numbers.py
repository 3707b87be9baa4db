"""Exact numbers: integers of any size stay integers, decimals stay decimal, no float in between."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation, Overflow, localcontext
from operator import mul
from typing import TypeVar, Union

from streamtools.errors import DataError
from streamtools.reducers.grouping import Values
from streamtools.reporter import Reporter

Number = Union[int, Decimal]
Parsed = TypeVar("Parsed")

INTEGER = re.compile(rb"\s*[+-]?[0-9]+\s*")
DECIMAL = re.compile(rb"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*")

# 10,000 digits are enough to add 1e5000 to 1e-4000 exactly. A result that needs more is an error, and is not rounded.
DIGITS = 10_000
EXACT = Context(prec=DIGITS, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact, InvalidOperation, Overflow])
TOO_LONG = DataError("numbers", "an exact result needs more than 10,000 digits", "leave out extreme values")

if hasattr(sys, "set_int_max_str_digits"):  # since Python 3.10.7; otherwise int() refuses 4,301 digits
    sys.set_int_max_str_digits(0)  # 100,000 digits take 0.04 s to read and 0.12 s to write, on 3.11; on 3.12 less


def parse_number(value: bytes) -> Number:
    """Return the number in a value, which may have blanks around it. Raises ValueError if it is not a number."""
    if INTEGER.fullmatch(value):
        return int(value)
    if DECIMAL.fullmatch(value):
        try:
            found = Decimal(value.decode("ascii").strip())
        except InvalidOperation:  # the exponent is out of bounds
            raise ValueError from None
        if abs(found.adjusted()) < DIGITS:  # a few bytes of input could ask for gigabytes of zeros
            return found
    raise ValueError


def is_number(value: bytes) -> bool:
    """Return whether `parse_number` takes the value."""
    try:
        parse_number(value)
    except ValueError:
        return False
    return True


def parse_numbers(piece: Values, reporter: Reporter) -> list[Number]:
    """Return the numbers in values; report others as bad records."""
    try:
        if b"_" not in b"".join(piece.values):  # int() would accept 1_000
            return list(map(int, piece.values))
    except ValueError:
        pass
    return parse_all(parse_number, piece, reporter, "a number")


def parse_all(parse: Callable[[bytes], Parsed], piece: Values, reporter: Reporter, expected: str) -> list[Parsed]:
    """Return what `parse` makes of values; report those for which it raises ValueError as bad records."""
    good = []
    for position, value in enumerate(piece.values, piece.line):
        try:
            good.append(parse(value))
        except ValueError:
            of_key = "" if piece.key is None else f" of key {quote(piece.key)}"
            doubt = "does the mapper print something else?"
            reporter.bad_record(position, f"{quote(value)}{of_key} is not {expected} ({doubt})")
    return good


def quote(value: bytes) -> str:
    """Return a value in quotes for a message: printable, and shortened to 40 bytes."""
    text = ascii(value[:40].decode("utf-8", "backslashreplace"))
    return text if len(value) <= 40 else text + "..."


def total(terms: list[Number]) -> Number:
    """Return the exact sum. Raises DataError if it needs more than 10,000 digits."""
    if all(type(term) is int for term in terms):
        return sum(terms)
    try:
        with localcontext(EXACT):
            return sum(terms)
    except (Inexact, Overflow):
        raise TOO_LONG from None


def squares(terms: list[Number]) -> Number:
    """Return the exact sum of the squares. Raises DataError if it needs more than 10,000 digits."""
    if all(type(term) is int for term in terms):
        found: Number = sum(map(mul, terms, terms))
        return found
    try:
        with localcontext(EXACT):
            return total([term * term for term in terms])
    except (Inexact, Overflow):
        raise TOO_LONG from None


def bin_of(term: Number, width: Number) -> Number:
    """Return the lower end of the number's bin of this width. Raises DataError if it needs more than 10,000 digits."""
    if isinstance(term, int) and isinstance(width, int):
        return term // width * width
    try:
        with localcontext(EXACT):
            start = +(Decimal(term) // width) * width  # the + turns -0 into 0
            return start - width if start > term else start  # Decimal's // rounds towards zero
    except (Inexact, InvalidOperation, Overflow):
        raise TOO_LONG from None


def format_number(value: Number) -> bytes:
    """Return a number as digits, without exponent."""
    return b"%d" % value if isinstance(value, int) else format(value, "f").encode("ascii")
