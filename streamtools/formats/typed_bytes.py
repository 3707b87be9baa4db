"""Typed bytes: one byte for the type, then the value; numbers are big-endian."""

import struct
from collections.abc import Iterable, Iterator

from streamtools.errors import DataError
from streamtools.java import strings as java_strings
from streamtools.java.primitives import Single, format_double

BYTES, BYTE, BOOL, INT, LONG, FLOAT, DOUBLE, STRING, VECTOR, LIST, MAP, END_OF_LIST = *range(11), 255
WRITABLE = 50  # a Writable by class name and bytes
END = bytes([END_OF_LIST])
FIXED_SIZES = {BYTE: 1, BOOL: 1, INT: 4, LONG: 8, FLOAT: 4, DOUBLE: 8}
NUMBERS = {BYTE: ">b", INT: ">i", LONG: ">q", FLOAT: ">f", DOUBLE: ">d"}

Value = bool | int | float | str | bytes | list["Value"] | dict["Value", "Value"]


def find_end(data: bytes, position: int) -> int:
    """Return the position after the value that begins at `position`. Raises IndexError if the data ends before."""
    if position >= len(data):
        raise IndexError
    type_ = data[position]
    position += 1
    if type_ in FIXED_SIZES:
        return _check_end(data, position + FIXED_SIZES[type_])
    if type_ in (VECTOR, MAP):
        count = _read_length(data, position) * (2 if type_ == MAP else 1)
        position += 4
        for _ in range(count):
            position = find_end(data, position)
        return position
    if type_ == LIST:
        while data[position] != END_OF_LIST:
            position = find_end(data, position)
        return position + 1
    return _check_end(data, position + 4 + _read_length(data, position))  # bytes, string, types of applications


def _read_length(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : _check_end(data, position + 4)], "big")


def _check_end(data: bytes, end: int) -> int:
    if end > len(data):
        raise IndexError
    return end


def split_values(chunks: Iterable[bytes], place: str) -> Iterator[list[bytes]]:
    """Yield lists of the values in chunks of typed bytes. Raises DataError if the last value is cut short.

    The byte that ends a list, outside a list, ends everything.
    """
    rest = b""
    for chunk in chunks:
        rest = rest[:1] if rest[:1] == END else rest + chunk
        found, position = [], 0
        try:
            while rest[position : position + 1] != END:
                end = find_end(rest, position)
                found.append(rest[position:end])
                position = end
        except IndexError:
            pass
        rest = rest[position:]
        if found:
            yield found
    if rest and rest[:1] != END:
        raise DataError(place, "ends in the middle of a typed bytes value", "the command must write whole values")


def to_string(data: bytes) -> bytes:
    """Return the text that Java's toString gives for a value."""
    return _spell(_decode(data)).encode("utf-8") if data else b""


def _decode(data: bytes) -> Value:
    """Decode a value to Python's types."""
    type_ = data[0]
    if type_ in NUMBERS:
        number: float = struct.unpack(NUMBERS[type_], data[1:])[0]
        return Single(number) if type_ == FLOAT else number
    if type_ == BOOL:
        return data[1] != 0
    if type_ == STRING:
        return java_strings.decode(data[5:])
    if type_ in (VECTOR, LIST, MAP):
        items = [_decode(item) for item in _split_items(data)]
        return dict(zip(items[::2], items[1::2], strict=True)) if type_ == MAP else items
    return data[5:]


def _split_items(data: bytes) -> Iterator[bytes]:
    """Yield the items of a vector, list or map."""
    position, last = (1, len(data) - 1) if data[0] == LIST else (5, len(data))
    while position < last:
        end = find_end(data, position)
        yield data[position:end]
        position = end


def _spell(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return format_double(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return f"[{', '.join(map(_spell, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_spell(key)}={_spell(item)}' for key, item in value.items())}}}"
    return str(value)
