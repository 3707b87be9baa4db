"""Kinds of keys and values: what Java's Writable classes are here.

Inside the engine every key and value is bytes in a form whose byte order is the order of the Java class (a
LongWritable is 8 bytes, big-endian, with the sign bit flipped), so that everything is partitioned, sorted, escaped and
merged the same way. A kind knows the other forms: text, typed bytes, serialized.
"""

import struct
from collections.abc import Callable
from typing import NamedTuple

from streamtools.errors import DataError
from streamtools.formats.typed_bytes import number_of, spelled_value
from streamtools.java.strings import replace_malformed

TYPED = "org.apache.hadoop.typedbytes.TypedBytesWritable"
IO = "org.apache.hadoop.io."
SIGN = 1 << 63
LENGTH = struct.Struct(">i")

Form = Callable[[bytes], bytes]


class Kind(NamedTuple):
    """One Writable class.

    shown: what toString gives; piped: what a text wire gives a command; typed: as typed bytes; serialized, restored:
    to and from what the class writes.
    """

    java: str
    shown: Form
    piped: Form
    typed: Form
    serialized: Form
    restored: Form

    @property
    def is_text(self) -> bool:
        """Whether the bytes are what a command sees."""
        return self.java == IO + "Text"

    @property
    def is_null(self) -> bool:
        """Whether there is nothing to write at all."""
        return self.java == IO + "NullWritable"


def vint(number: int) -> bytes:
    """A length as Hadoop's variable-length integer."""
    if number <= 127:
        return bytes([number])
    body = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return bytes([256 - 112 - len(body)]) + body


def read_vint(data: bytes, position: int) -> tuple[int, int]:
    """A variable-length integer and the position after it; raises IndexError where the data ends."""
    first = data[position]
    if first <= 127:
        return first, position + 1
    if first >= 144:
        return first - 256, position + 1
    negative = first < 136
    size = 136 - first if negative else 144 - first
    end = position + 1 + size
    number = int.from_bytes(data[position + 1 : end], "big")
    return (~number if negative else number), end


def of_long(number: int, size: int = 8) -> bytes:
    """The form of a LongWritable (8 bytes) or an IntWritable (4)."""
    return (number + (1 << (8 * size - 1))).to_bytes(size, "big")


def to_long(data: bytes) -> int:
    """The number that `of_long` was given."""
    return int.from_bytes(data, "big") - (1 << (8 * len(data) - 1))


def _same(data: bytes) -> bytes:
    return data


def _hexadecimal(data: bytes) -> bytes:
    return data.hex(" ").encode("ascii")


def _number_shown(data: bytes) -> bytes:
    return b"%d" % to_long(data)


def _flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 0x80]) + data[1:]


def _with_length(data: bytes) -> bytes:
    return LENGTH.pack(len(data)) + data


def _without_length(data: bytes) -> bytes:
    return data[4:]


def _text_restored(data: bytes) -> bytes:
    return data[read_vint(data, 0)[1] :]


def _text_typed(data: bytes) -> bytes:
    return b"\x07" + _with_length(replace_malformed(data))


def _null_typed(_: bytes) -> bytes:
    """As a Writable: the name of its class, and its bytes, which are none."""
    return b"\x32" + _with_length(_with_length(NULL.java.encode()))


TEXT = Kind(IO + "Text", _same, _same, _text_typed, lambda d: vint(len(d)) + d, _text_restored)
LONG = Kind(IO + "LongWritable", _number_shown, _number_shown, lambda d: b"\x04" + _flipped(d), _flipped, _flipped)
INT = Kind(IO + "IntWritable", _number_shown, _number_shown, lambda d: b"\x03" + _flipped(d), _flipped, _flipped)
BYTES = Kind(
    IO + "BytesWritable", _hexadecimal, _same, lambda d: b"\0" + _with_length(d), _with_length, _without_length
)
NULL = Kind(IO + "NullWritable", lambda _: b"(null)", lambda _: b"(null)", _null_typed, _same, _same)
TYPED_BYTES = Kind(TYPED, spelled_value, _same, _same, _with_length, _without_length)

KINDS = {kind.java: kind for kind in (TEXT, LONG, INT, BYTES, NULL, TYPED_BYTES)}


def kind_of(java: str, place: str = "") -> Kind:
    """The kind of a Writable class; raises DataError for one that is not known here."""
    try:
        return KINDS[java]
    except KeyError:
        raise DataError(place, f"holds {java}, a class without stand-in here", "run it with --on hadoop") from None


def mismatch(part: str, expected: str, received: str) -> DataError:
    """The failure of a task whose Java mapper gives other classes than the job says."""
    return DataError(
        "",
        f"Type mismatch in {part} from map: expected {expected}, received {received}",
        f"set -D mapreduce.map.output.{part}.class={received}",
    )


__all__ = ["BYTES", "INT", "KINDS", "LONG", "NULL", "TEXT", "TYPED_BYTES", "Kind", "kind_of", "number_of"]
