"""Writables: the Java classes of keys and values.

Inside the engine each key and value is bytes in a form of its class whose byte order is the order of the Java class: a
LongWritable is 8 bytes, big-endian, with the sign bit flipped. So keys of all classes are partitioned, sorted, escaped
and merged in the same way. A Writable converts this form to and from the others.
"""

import struct
from collections.abc import Callable
from typing import NamedTuple

from streamtools.errors import DataError
from streamtools.formats import typed_bytes
from streamtools.java import class_names
from streamtools.java.strings import replace_malformed

LENGTH = struct.Struct(">i")
STRING_TYPE, LONG_TYPE = bytes([typed_bytes.STRING]), bytes([typed_bytes.LONG])
INT_TYPE, BYTES_TYPE = bytes([typed_bytes.INT]), bytes([typed_bytes.BYTES])
WRITABLE_TYPE = bytes([typed_bytes.WRITABLE])

Convert = Callable[[bytes], bytes]


class Writable(NamedTuple):
    """A Writable class, with functions that convert its values from the form inside the engine.

    to_string: to what Java's toString gives. to_stream: to text for a command's stdin. to_typed_bytes: to typed bytes.
    serialize: to what the class itself writes; deserialize: from that.
    """

    class_name: str
    to_string: Convert
    to_stream: Convert
    to_typed_bytes: Convert
    serialize: Convert
    deserialize: Convert

    @property
    def is_text(self) -> bool:
        """Whether to_string and to_stream change nothing."""
        return self.class_name == class_names.TEXT

    @property
    def is_null(self) -> bool:
        """Whether there is nothing to write."""
        return self.class_name == class_names.NULL


def encode_vint(number: int) -> bytes:
    """Encode a length as Hadoop's variable-length integer."""
    if number <= 127:
        return bytes([number])
    body = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return bytes([256 - 112 - len(body)]) + body


def read_vint(data: bytes, position: int) -> tuple[int, int]:
    """Return a variable-length integer and the position after it. Raises IndexError if the data ends before."""
    first = data[position]
    if first <= 127:
        return first, position + 1
    if first >= 144:
        return first - 256, position + 1
    is_negative = first < 136
    size = 136 - first if is_negative else 144 - first
    end = position + 1 + size
    number = int.from_bytes(data[position + 1 : end], "big")
    return (~number if is_negative else number), end


def encode_long(number: int, size: int = 8) -> bytes:
    """Return a number in the form that a LongWritable (size 8) or an IntWritable (4) has inside the engine."""
    return (number + (1 << (8 * size - 1))).to_bytes(size, "big")


def decode_long(data: bytes) -> int:
    """Return the number that `encode_long` was given."""
    return int.from_bytes(data, "big") - (1 << (8 * len(data) - 1))


def _keep(data: bytes) -> bytes:
    return data


def _to_hexadecimal(data: bytes) -> bytes:
    return data.hex(" ").encode("ascii")


def _format_number(data: bytes) -> bytes:
    return b"%d" % decode_long(data)


def _flip_sign(data: bytes) -> bytes:
    return bytes([data[0] ^ 0x80]) + data[1:]


def _add_length(data: bytes) -> bytes:
    return LENGTH.pack(len(data)) + data


def _remove_length(data: bytes) -> bytes:
    return data[4:]


def _serialize_text(data: bytes) -> bytes:
    return encode_vint(len(data)) + data


def _deserialize_text(data: bytes) -> bytes:
    return data[read_vint(data, 0)[1] :]


def _text_to_typed_bytes(data: bytes) -> bytes:
    return STRING_TYPE + _add_length(replace_malformed(data))


def _long_to_typed_bytes(data: bytes) -> bytes:
    return LONG_TYPE + _flip_sign(data)


def _int_to_typed_bytes(data: bytes) -> bytes:
    return INT_TYPE + _flip_sign(data)


def _bytes_to_typed_bytes(data: bytes) -> bytes:
    return BYTES_TYPE + _add_length(data)


def _null_to_typed_bytes(_: bytes) -> bytes:
    """Return a Writable by its class name, with no bytes of its own."""
    return WRITABLE_TYPE + _add_length(_add_length(class_names.NULL.encode()))


def _null_to_string(_: bytes) -> bytes:
    return b"(null)"


TEXT = Writable(class_names.TEXT, _keep, _keep, _text_to_typed_bytes, _serialize_text, _deserialize_text)
LONG = Writable(class_names.LONG, _format_number, _format_number, _long_to_typed_bytes, _flip_sign, _flip_sign)
INT = Writable(class_names.INT, _format_number, _format_number, _int_to_typed_bytes, _flip_sign, _flip_sign)
BYTES = Writable(class_names.BYTES, _to_hexadecimal, _keep, _bytes_to_typed_bytes, _add_length, _remove_length)
NULL = Writable(class_names.NULL, _null_to_string, _null_to_string, _null_to_typed_bytes, _keep, _keep)
TYPED_BYTES = Writable(class_names.TYPED_BYTES, typed_bytes.to_string, _keep, _keep, _add_length, _remove_length)

WRITABLES = {writable.class_name: writable for writable in (TEXT, LONG, INT, BYTES, NULL, TYPED_BYTES)}


def find_writable(class_name: str, place: str = "") -> Writable:
    """Return the Writable of a class name. Raises DataError if it has no stand-in here."""
    try:
        return WRITABLES[class_name]
    except KeyError:
        problem = f"holds {class_name}, a Java class without stand-in here"
        raise DataError(place, problem, "run the job with --on hadoop") from None


def type_mismatch(part: str, expected: str, received: str) -> DataError:
    """Return the failure of a task whose mapper emits keys or values (part) of another class than the job says."""
    return DataError(
        "",
        f"Type mismatch in {part} from map: expected {expected}, received {received}",
        f"set -D mapreduce.map.output.{part}.class={received}",
    )
