"""Hadoop's -k field specifications, as KeyFieldBasedComparator and KeyFieldBasedPartitioner read them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from streamtools.errors import UsageError

TURNED = bytes(range(255, -1, -1))
LACKING, LACKING_REVERSED = (-1,), (2,)  # before and after everything that begins with 0 or 1
DIGITS = re.compile(rb"(-?)0*([0-9]*)(\.[0-9]*)?")
SPEC = re.compile(rb"\+?(\d+)(?:\.\+?(\d+))?([nr]*)(?:,\+?(\d+)(?:\.\+?(\d+))?([nr]*))?")
INTEGERS = 1 << 31  # the bound of Java's int
DIGITS_OF_INT = 640  # that int() takes under any of Python's limits
NUMBER = re.compile(rb"[ \t]*(-?[0-9]*)(\.[0-9]+)?")
GLOBAL_FLAGS = {b"-n": (True, False), b"-r": (False, True), b"-nr": (True, True)}


@dataclass(frozen=True)
class Spec:
    """One -k: from a character of a field to a character of a field, both counted from 1 and both inclusive.

    first_char 0: the separator before the field; last_field 0: to the end of the key; last_char 0: to the end of that
    field.
    """

    first_field: int = 1
    first_char: int = 1
    last_field: int = 0
    last_char: int = 0
    numeric: bool = False
    reverse: bool = False


def parse(options: bytes | str, strict: bool = False) -> list[Spec]:
    """The specifications in `options`, in order; options without any -k give one that spans the whole key.

    As Hadoop has it: global flags are the words -n, -r and -nr (not -rn) and serve every -k without flags of its own,
    words it does not know are ignored, and a -k at the end, unless `strict`. Raises UsageError for a -k that is none.
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
            told = word[2:] or next(words, b"")
            if told or strict:
                parsed.append(_parse_one(told))
        elif strict:
            name = word.decode("utf-8", "backslashreplace")
            raise UsageError(name, "is no key option", "write -k2,2 for a key, -n, -r or -nr for all keys")
    if not parsed:
        return [Spec(numeric=numeric, reverse=reverse)]
    return [
        spec
        if own_flags
        else Spec(spec.first_field, spec.first_char, spec.last_field, spec.last_char, numeric, reverse)
        for spec, own_flags in parsed
    ]


def _parse_one(text: bytes) -> tuple[Spec, bool]:
    """One specification, and whether it has flags of its own."""
    match = SPEC.fullmatch(text)
    if not match or int(match[1]) < 1 or any(int(number) >= INTEGERS for number in match.group(1, 2, 4, 5) if number):
        told = text.decode("utf-8", "backslashreplace")
        raise UsageError(f"-k {told}".rstrip(), "is no key", "write it like -k2,2 or -k1.3,1.5 with n and r behind it")
    first_field, first_char, last_field, last_char = (int(match[group] or 0) for group in (1, 2, 4, 5))
    flags = match[3] + (match[6] or b"")
    if match[2] is None:
        first_char = 1
    return Spec(first_field, first_char, last_field, last_char, b"n" in flags, b"r" in flags), bool(flags)


def ranges(spec: Spec, key: bytes, separator: bytes = b"\t") -> tuple[int, int]:
    """The bytes key[start:end] that the specification means; (-1, -1) when the key lacks its first field or character.

    As Hadoop has it, the first character may lie beyond its field, in the ones that follow.
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
    """Where a field begins, counted from 1; -1 when the key has fewer fields."""
    start = 0
    for _ in range(number - 1):
        found = key.find(separator, start)
        if found < 0:
            return -1
        start = found + len(separator)
    return start


def sort_key(options: bytes | str | Sequence[Spec], separator: bytes = b"\t") -> Callable[[bytes], Any] | None:
    """A function from the bytes of a key to what sorts in KeyFieldBasedComparator's order; None for plain byte order.

    Hadoop's comparison of numbers is no order where values are not plain numbers; where it contradicts itself, values
    of the same digits sort as equal here. Keys that lack a field sort first, all alike. Raises UsageError as `parse`.
    """
    specs = parse(options) if isinstance(options, bytes | str) else list(options)
    specs = [replace(spec, first_char=max(spec.first_char, 1)) for spec in specs]
    if specs in ([], [Spec()]):
        return None
    parts = [partial(_comparable_number if spec.numeric else _comparable_bytes, spec, separator) for spec in specs]
    if len(parts) == 1:
        return parts[0]
    return lambda key: [part(key) for part in parts]


def _comparable_bytes(spec: Spec, separator: bytes, key: bytes) -> tuple[Any, ...]:
    """What sorts like the bytes that the specification means."""
    start, end = ranges(spec, key, separator)
    if start < 0:
        return LACKING_REVERSED if spec.reverse else LACKING
    part = key[start:end]
    # turned round, a prefix has to sort after what it is a prefix of: it ends in what no byte is above
    return (1, part.translate(TURNED).decode("latin-1") + "\u0100") if spec.reverse else (1, part)


def _comparable_number(spec: Spec, separator: bytes, key: bytes) -> tuple[Any, ...]:
    """What sorts like the number that the specification means: sign, count of digits, digits, fraction, next byte."""
    start, end = ranges(spec, key, separator)
    if start < 0:
        return LACKING_REVERSED if spec.reverse else LACKING
    match = DIGITS.match(key, start, end)
    assert match  # it matches nothing, too
    digits, fraction = match[2], (match[3] or b".").rstrip(b"0")[1:]
    negative = bool(match[1]) and bool(digits or fraction)
    after = 0x30 if match[1] and not negative else 0  # -0 is as much as 0
    if not fraction and not after:
        # Hadoop's quirk: numbers of the same digits compare by the byte behind them, which has a sign, and one that
        # ends there by its first byte, so that 010 sorts before 10
        after = key[match.end()] if match.end() < end and not match[3] else key[start]
        after -= 256 * (after > 127)
    if negative == spec.reverse:
        return (1, len(digits), digits, fraction, after)
    turned = (digits.translate(TURNED), fraction.translate(TURNED) + b"\xff")
    return (0, -len(digits), *turned, -after)


def number(key: bytes) -> Any:
    """The number that a key begins with, after blanks, as `sort -n` has it: an int or an exact Decimal; 0 if none."""
    match = NUMBER.match(key)
    if not match:
        return 0
    if not match[2] and len(match[1]) <= DIGITS_OF_INT:
        return int(match[1] or 0) if match[1] != b"-" else 0
    from decimal import Decimal

    return Decimal(match[0].decode())
