"""The bytes that records take in Hadoop's files, which its counters tell."""

from collections.abc import Sequence
from operator import mul

from streamtools.formats.writables import Writable
from streamtools.local.shuffle.safe_lines import ESCAPE, unescape

ONE_BYTE = 127  # the greatest length that a variable-length integer holds in one byte
SHORT = 120  # a line of up to this length has serialized keys and values within ONE_BYTE


def serialized_size(block: bytes, lines: Sequence[bytes], key: Writable, value: Writable) -> int:
    """Return the bytes of these records as Hadoop serializes them: each length as an integer, then the bytes.

    `block` holds the lines. With keys and values of up to 127 bytes this is its size: the length of the key stands for
    TAB, that of the value for LF.
    """
    longest = max(map(len, lines), default=0)
    if longest <= ONE_BYTE + 1 and ESCAPE not in block and key.is_text and value.is_text:
        return len(block)
    return sum(sum(serialized_sizes(line, key, value)) for line in lines)


def framed_size(
    lines: Sequence[bytes], key: Writable, value: Writable, times: Sequence[int] | None, *, has_escapes: bool
) -> int:
    """Return the bytes of these records, each so many times, in a map output file of Hadoop's.

    There the lengths of the serialized key and value stand before each record. has_escapes: a line may hold some.
    """
    if times is not None:
        return sum(map(mul, (_framed_size(line, key, value) for line in lines), times))
    if max(map(len, lines), default=0) <= SHORT and key.is_text and value.is_text and not has_escapes:
        return sum(map(len, lines)) + 3 * len(lines)  # lengths for TAB and LF, and two more before them
    return sum(_framed_size(line, key, value) for line in lines)


def _framed_size(line: bytes, key: Writable, value: Writable) -> int:
    sizes = serialized_sizes(line, key, value)
    return sum(sizes) + sum(map(_vint_size, sizes))


def serialized_sizes(line: bytes, key: Writable, value: Writable) -> tuple[int, int]:
    """Return the bytes of the key and of the value of a safe line, as Hadoop serializes them."""
    head, _, tail = line.partition(b"\t")
    return len(key.serialize(unescape(head))), len(value.serialize(unescape(tail)))


def _vint_size(number: int) -> int:
    return 1 if number <= ONE_BYTE else 1 + (number.bit_length() + 7) // 8
