"""Values as numbers: integers of any size stay integers, decimals stay decimal, nothing goes through a float."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation, Overflow, localcontext
from operator import mul
from typing import TypeVar, Union

from streamtools.errors import DataError
from streamtools.reporter import Reporter

Number = Union[int, Decimal]
Parsed = TypeVar("Parsed")

INTEGER = re.compile(rb"\s*[+-]?[0-9]+\s*")
DECIMAL = re.compile(rb"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*")

# 10,000 digits are enough to add 1e5000 to 1e-4000 exactly; what would need more is refused, not rounded.
DIGITS = 10_000
EXACT = Context(prec=DIGITS, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact, InvalidOperation, Overflow])
TOO_LONG = DataError("numbers", "an exact result needs more than 10,000 digits", "leave out the extreme ones")

if hasattr(sys, "set_int_max_str_digits"):  # Python 3.10.7 on: otherwise 4,301 digits are no number
    sys.set_int_max_str_digits(0)  # 100,000 digits take 0.04 s to read and 0.12 s to write, on 3.11; on 3.12 less


def number(value: bytes) -> Number:
    """The number that a value spells, blanks around it allowed; raises ValueError when it spells none."""
    if INTEGER.fullmatch(value):
        return int(value)
    if DECIMAL.fullmatch(value):
        try:
            found = Decimal(value.decode("ascii").strip())
        except InvalidOperation:  # an exponent beyond all bounds
            raise ValueError from None
        if abs(found.adjusted()) < DIGITS:  # or a few bytes of input would spell gigabytes of zeros
            return found
    raise ValueError


def spells_number(value: bytes) -> bool:
    """Whether `number` would take the value."""
    try:
        number(value)
    except ValueError:
        return False
    return True


def numbers(values: list[bytes], line: int, reporter: Reporter) -> list[Number]:
    """The numbers that the values spell, without those reported as bad records; `line` is where the first stands."""
    try:
        if b"_" not in b"".join(values):  # int() would take 1_000
            return list(map(int, values))
    except ValueError:
        pass
    return parsed(number, values, line, reporter, "is no number")


def parsed(
    parse: Callable[[bytes], Parsed], values: list[bytes], line: int, reporter: Reporter, problem: str
) -> list[Parsed]:
    """What `parse` makes of the values, without those that give a ValueError: they are reported as bad records."""
    good = []
    for position, value in enumerate(values, line):
        try:
            good.append(parse(value))
        except ValueError:
            reporter.bad_record(position, f"{shown(value)} {problem}")
    return good


def shown(value: bytes) -> str:
    """A value as it can be put in a message: printable, and short."""
    text = ascii(value[:40].decode("utf-8", "backslashreplace"))
    return text if len(value) <= 40 else text + "..."


def total(terms: list[Number]) -> Number:
    """The exact sum; raises DataError where it would need more than 10,000 digits."""
    if all(type(term) is int for term in terms):
        return sum(terms)
    try:
        with localcontext(EXACT):
            return sum(terms)
    except (Inexact, Overflow):
        raise TOO_LONG from None


def squares(terms: list[Number]) -> Number:
    """The exact sum of the squares; raises DataError where it would need more than 10,000 digits."""
    if all(type(term) is int for term in terms):
        return sum(map(mul, terms, terms))
    try:
        with localcontext(EXACT):
            return total([term * term for term in terms])
    except (Inexact, Overflow):
        raise TOO_LONG from None


def bin_of(term: Number, width: Number) -> Number:
    """The lower end of the bin of this width that a number falls into; raises DataError beyond 10,000 digits."""
    if isinstance(term, int) and isinstance(width, int):
        return term // width * width
    try:
        with localcontext(EXACT):
            start = +(Decimal(term) // width) * width  # the + makes 0 of -0
            return start - width if start > term else start  # Decimal's // rounds towards zero
    except (Inexact, InvalidOperation, Overflow):
        raise TOO_LONG from None


def spelled(value: Number) -> bytes:
    """A number as it is written: digits, no exponent."""
    return b"%d" % value if isinstance(value, int) else format(value, "f").encode("ascii")
