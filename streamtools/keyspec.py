"""Hadoop's -k options: which fields of a key KeyFieldBasedComparator and KeyFieldBasedPartitioner use, and how."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from streamtools.errors import UsageError

if TYPE_CHECKING:
    from decimal import Decimal

INVERTED = bytes(range(255, -1, -1))  # a table for bytes.translate that reverses the order of bytes
MISSING, MISSING_REVERSED = (-1,), (2,)  # before and after all that begin with 0 or 1
DIGITS = re.compile(rb"(-?)0*([0-9]*)(\.[0-9]*)?")
SPEC = re.compile(rb"\+?(\d+)(?:\.\+?(\d+))?([nr]*)(?:,\+?(\d+)(?:\.\+?(\d+))?([nr]*))?")
INTEGERS = 1 << 31  # the first number that is too large for Java's int
DIGITS_OF_INT = 640  # digits that int() takes whatever Python's limit is set to
NUMBER = re.compile(rb"[ \t]*(-?[0-9]*)(\.[0-9]+)?")
GLOBAL_FLAGS = {b"-n": (True, False), b"-r": (False, True), b"-nr": (True, True)}


@dataclass(frozen=True)
class Spec:
    """One -k option: from a character of a field to a character of a field, counted from 1, both included.

    first_char 0 means the separator before the field, last_field 0 the end of the key, last_char 0 the end of the last
    field.
    """

    first_field: int = 1
    first_char: int = 1
    last_field: int = 0
    last_char: int = 0
    numeric: bool = False
    reverse: bool = False


def parse(options: bytes | str, strict: bool = False) -> list[Spec]:
    """Return the specifications in `options`, in order; without any -k, one for the whole key.

    As in Hadoop, the words -n, -r and -nr (not -rn) apply to every -k without flags of its own. As in Hadoop, unknown
    words and a -k at the end are ignored, unless `strict`. Raises UsageError for an invalid -k.
    """
    if not options:
        return []
    words = iter((options.encode() if isinstance(options, str) else options).split())
    numeric = reverse = False
    parsed: list[tuple[Spec, bool]] = []
    for word in words:
        if word in GLOBAL_FLAGS:
            flags = GLOBAL_FLAGS[word]
            numeric, reverse = numeric or flags[0], reverse or flags[1]
        elif word.startswith(b"-k"):
            text = word[2:] or next(words, b"")
            if text or strict:
                parsed.append(_parse_one(text))
        elif strict:
            name = word.decode("utf-8", "backslashreplace")
            raise UsageError(name, "unknown key option", "use -k2,2 for a key; -n, -r or -nr for all keys")
    if not parsed:
        return [Spec(numeric=numeric, reverse=reverse)]
    return [
        spec if has_own_flags else replace(spec, numeric=numeric, reverse=reverse) for spec, has_own_flags in parsed
    ]


def _parse_one(text: bytes) -> tuple[Spec, bool]:
    """Return the specification and whether it has flags of its own."""
    match = SPEC.fullmatch(text)
    if not match or int(match[1]) < 1 or any(int(number) >= INTEGERS for number in match.group(1, 2, 4, 5) if number):
        name = text.decode("utf-8", "backslashreplace")
        remedy = "write it like -k2,2 or -k1.3,1.5, with n and r at its end"
        raise UsageError(f"-k {name}".rstrip(), "invalid key", remedy)
    first_field, first_char, last_field, last_char = (int(match[group] or 0) for group in (1, 2, 4, 5))
    flags = match[3] + (match[6] or b"")
    if match[2] is None:
        first_char = 1
    return Spec(first_field, first_char, last_field, last_char, b"n" in flags, b"r" in flags), bool(flags)


def ranges(spec: Spec, key: bytes, separator: bytes = b"\t") -> tuple[int, int]:
    """Return (start, end) of the bytes of a key that are compared; (-1, -1) if the first field or character is missing.

    As in Hadoop, the first character may lie beyond its field, in one that follows.
    """
    field = _field_start(key, separator, spec.first_field)
    start = field + spec.first_char - 1
    if field < 0 or not 0 <= start < len(key):
        return -1, -1
    if not spec.last_field:
        return start, len(key)
    last = _field_start(key, separator, spec.last_field)
    if last < 0:
        return start, len(key)
    if spec.last_char:
        end = min(last + spec.last_char, len(key))
    else:
        end = key.find(separator, last)
        end = len(key) if end < 0 else end
    return start, max(start, end)


def _field_start(key: bytes, separator: bytes, number: int) -> int:
    """Return where field `number` (from 1) begins; -1 if the key has fewer fields."""
    start = 0
    for _ in range(number - 1):
        found = key.find(separator, start)
        if found < 0:
            return -1
        start = found + len(separator)
    return start


def sort_key(options: bytes | str | Sequence[Spec], separator: bytes = b"\t") -> Callable[[bytes], Any] | None:
    """Return a function that makes of a key what sorts in KeyFieldBasedComparator's order; None for plain byte order.

    Hadoop's comparison of values that are not plain numbers contradicts itself; there, values of the same digits sort
    as equal. Keys without the field sort first, all alike. Raises UsageError as `parse` does.
    """
    specs = parse(options) if isinstance(options, bytes | str) else list(options)
    specs = [replace(spec, first_char=max(spec.first_char, 1)) for spec in specs]
    if specs in ([], [Spec()]):
        return None
    functions = [partial(_comparable_number if spec.numeric else _comparable_bytes, spec, separator) for spec in specs]
    if len(functions) == 1:
        return functions[0]
    return lambda key: [comparable(key) for comparable in functions]


def _comparable_bytes(spec: Spec, separator: bytes, key: bytes) -> tuple[object, ...]:
    """Return what sorts like the bytes of the key that the specification covers."""
    start, end = ranges(spec, key, separator)
    if start < 0:
        return MISSING_REVERSED if spec.reverse else MISSING
    covered = key[start:end]
    if not spec.reverse:
        return (1, covered)
    # In reverse a prefix sorts after what it is a prefix of, so it ends in a character above all bytes.
    return (1, covered.translate(INVERTED).decode("latin-1") + "\u0100")


def _comparable_number(spec: Spec, separator: bytes, key: bytes) -> tuple[object, ...]:
    """Return what sorts like the number that the specification covers: sign, digits, fraction, next byte."""
    start, end = ranges(spec, key, separator)
    if start < 0:
        return MISSING_REVERSED if spec.reverse else MISSING
    match = DIGITS.match(key, start, end)
    assert match  # the pattern matches the empty string too
    digits, fraction = match[2], (match[3] or b".").rstrip(b"0")[1:]
    negative = bool(match[1]) and bool(digits or fraction)
    after = 0x30 if match[1] and not negative else 0  # -0 equals 0
    if not fraction and not after:
        # In Hadoop numbers of the same digits compare by the byte behind them, as a signed one; a number at the end of
        # the field by its first byte, so that 010 sorts before 10.
        after = key[match.end()] if match.end() < end and not match[3] else key[start]
        after -= 256 * (after > 127)
    if negative == spec.reverse:
        return (1, len(digits), digits, fraction, after)
    return (0, -len(digits), digits.translate(INVERTED), fraction.translate(INVERTED) + b"\xff", -after)


def leading_number(key: bytes) -> "int | Decimal":
    """Return the number at the beginning of a key, after blanks, as `sort -n` does.

    An int or an exact Decimal; 0 if there is none.
    """
    match = NUMBER.match(key)
    assert match  # the pattern matches the empty string too
    if not match[2] and len(match[1]) <= DIGITS_OF_INT:
        return int(match[1] or 0) if match[1] != b"-" else 0
    from decimal import Decimal

    return Decimal(match[0].decode())
