"""Java's primitive types long and double: parsed, wrapped at 64 bits, and formatted."""

import re
import struct

LONG_BOUND = 1 << 63
DECIMAL = re.compile(r"[+-]?\d+")  # the digits of any script, as Java reads them
DOUBLE = re.compile(r"[+-]?(NaN|Infinity|((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)[fFdD]?)", re.ASCII)
HEXADECIMAL = re.compile(r"([+-]?0[xX](?:[0-9a-fA-F]+\.?|[0-9a-fA-F]*\.[0-9a-fA-F]+)[pP][+-]?[0-9]+)[fFdD]?")
SINGLE = struct.Struct(">f")


class Single(float):
    """A float of four bytes, which is written with fewer digits than a double."""


def parse_long(text: str) -> int | None:
    """Parse a long as Java's Long.parseLong; None if it is invalid."""
    number = int(text) if DECIMAL.fullmatch(text) else LONG_BOUND
    return number if -LONG_BOUND <= number < LONG_BOUND else None


def wrap_long(number: int) -> int:
    """Return what 64 bits hold of a number, as after an overflow in Java."""
    return (number + LONG_BOUND) % (2 * LONG_BOUND) - LONG_BOUND


def parse_double(text: str) -> float | None:
    """Parse a double without blanks around it as Java's Double.parseDouble; None if it is invalid."""
    if match := HEXADECIMAL.fullmatch(text):
        return float.fromhex(match[1])
    if not DOUBLE.fullmatch(text):
        return None
    return float(text.rstrip("fFdD") if not text.endswith(("NaN", "Infinity")) else text)


def format_double(number: float) -> str:
    """Format a double, or a Single, as Java's toString: 0.001, 1234567.0, but 1.0E7 and 9.9E-4."""
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "-0.0" if str(number).startswith("-") else "0.0"
    from decimal import Decimal

    is_single = isinstance(number, Single)
    shortest = Decimal(_shortest_single(number) if is_single else repr(number))
    if not is_single and len(shortest.as_tuple().digits) == 1:  # Java writes two digits if closer: 4.9E-324
        shortest = Decimal(f"{number:.1e}")
    sign, digits, exponent = shortest.as_tuple()
    written = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + int(exponent)  # the number is 0.WRITTEN * 10 ** point
    minus = "-" if sign else ""
    if 1e-3 <= abs(number) < 1e7:
        whole = written[:point].ljust(point, "0") if point > 0 else "0"
        fraction = written[point:] if point > 0 else "0" * -point + written
        return f"{minus}{whole}.{fraction or '0'}"
    return f"{minus}{written[0]}.{written[1:] or '0'}E{point - 1}"


def _shortest_single(number: float) -> str:
    """Return the shortest text that is the same number in four bytes."""
    data = SINGLE.pack(number)
    texts = (f"{float(number):.{digits}e}" for digits in range(1, 9))
    return next((text for text in texts if _packs_to(float(text), data)), repr(float(number)))


def _packs_to(number: float, data: bytes) -> bool:
    try:
        return SINGLE.pack(number) == data
    except OverflowError:  # rounded up beyond the greatest
        return False
