"""Typed bytes: one byte that tells the type, then the value; numbers big-endian."""

import struct
from collections.abc import Iterable, Iterator
from typing import Any

from streamtools.errors import DataError
from streamtools.java import strings as java_strings

BYTES, BYTE, BOOL, INT, LONG, FLOAT, DOUBLE, STRING, VECTOR, LIST, MAP, MARKER = *range(11), 255
WRITABLE = 50
END = bytes([MARKER])
FIXED = {BYTE: 1, BOOL: 1, INT: 4, LONG: 8, FLOAT: 4, DOUBLE: 8}
NUMBERS = {BYTE: ">b", INT: ">i", LONG: ">q", FLOAT: ">f", DOUBLE: ">d"}


class Single(float):
    """A float of four bytes, which has fewer digits."""


def end_of(data: bytes, position: int) -> int:
    """The position after the value that begins at `position`; raises IndexError when the data ends before it does."""
    if position >= len(data):
        raise IndexError
    kind = data[position]
    position += 1
    if kind in FIXED:
        return _within(data, position + FIXED[kind])
    if kind in (VECTOR, MAP):
        count = _length(data, position) * (2 if kind == MAP else 1)
        position += 4
        for _ in range(count):
            position = end_of(data, position)
        return position
    if kind == LIST:
        while data[position] != MARKER:
            position = end_of(data, position)
        return position + 1
    return _within(data, position + 4 + _length(data, position))  # bytes, string and what applications define


def _length(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : _within(data, position + 4)], "big")


def _within(data: bytes, end: int) -> int:
    if end > len(data):
        raise IndexError
    return end


def values(chunks: Iterable[bytes], place: str) -> Iterator[list[bytes]]:
    """The values in any pieces of typed bytes, in lists; raises DataError when the last one is cut short.

    A mark that ends a list ends everything where there is none.
    """
    rest = b""
    for chunk in chunks:
        rest = rest[:1] if rest[:1] == END else rest + chunk
        found, position = [], 0
        try:
            while rest[position : position + 1] != END:
                end = end_of(rest, position)
                found.append(rest[position:end])
                position = end
        except IndexError:
            pass
        rest = rest[position:]
        if found:
            yield found
    if rest and rest[:1] != END:
        raise DataError(place, "ends in the middle of a typed bytes value", "the command must write whole values")


def decoded(data: bytes) -> Any:
    """A value as Python's."""
    kind = data[0]
    if kind in NUMBERS:
        number = struct.unpack(NUMBERS[kind], data[1:])[0]
        return Single(number) if kind == FLOAT else number
    if kind == BOOL:
        return data[1] != 0
    if kind == STRING:
        return java_strings.decode(data[5:])
    if kind in (VECTOR, LIST, MAP):
        items = [decoded(item) for item in _items(data)]
        return dict(zip(items[::2], items[1::2], strict=True)) if kind == MAP else items
    return data[5:]


def _items(data: bytes) -> Iterator[bytes]:
    position, last = (1, len(data) - 1) if data[0] == LIST else (5, len(data))
    while position < last:
        end = end_of(data, position)
        yield data[position:end]
        position = end


def spelled_value(data: bytes) -> bytes:
    """What Java's toString gives for a value."""
    return _spelled(decoded(data)).encode("utf-8") if data else b""


def _spelled(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return java_double(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return f"[{', '.join(map(_spelled, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_spelled(k)}={_spelled(v)}' for k, v in value.items())}}}"
    return str(value)


def java_double(number: float) -> str:
    """A double as Java's Double.toString writes it: always a fraction, an exponent from 1.0E7 and below 1.0E-3."""
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "-0.0" if str(number).startswith("-") else "0.0"
    from decimal import Decimal

    is_single = isinstance(number, Single)
    shortest = Decimal(_shortest_single(number) if is_single else repr(number))
    if not is_single and len(shortest.as_tuple().digits) == 1:  # of two digits it may be closer: 4.9E-324
        shortest = Decimal(f"{number:.1e}")
    sign, digits, exponent = shortest.as_tuple()
    written = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + int(exponent)  # of 0.written * 10 ** point
    minus = "-" if sign else ""
    if 1e-3 <= abs(number) < 1e7:
        whole = written[:point].ljust(point, "0") if point > 0 else "0"
        fraction = written[point:] if point > 0 else "0" * -point + written
        return f"{minus}{whole}.{fraction or '0'}"
    return f"{minus}{written[0]}.{written[1:] or '0'}E{point - 1}"


def _shortest_single(number: float) -> str:
    """The fewest digits that give the same four bytes again."""
    single = struct.Struct(">f")
    data = single.pack(number)
    written = (f"{float(number):.{digits}e}" for digits in range(1, 9))
    return next((text for text in written if _packs_to(single, float(text), data)), repr(float(number)))


def _packs_to(single: struct.Struct, number: float, data: bytes) -> bool:
    try:
        return single.pack(number) == data
    except OverflowError:  # rounded up beyond the greatest
        return False


def number_of(data: bytes) -> Any:
    """The number of a typed value, None for others."""
    return decoded(data) if data and data[0] in NUMBERS else None
