"""Numeric keys are compared as KeyFieldBasedComparator compares them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools import keyspec


class Field:
    """A field as numericalCompare of KeyFieldBasedComparator walks over it: at a byte, up to its end."""

    def __init__(self, key: bytes, end: int) -> None:
        self.key, self.end, self.at, self.byte = key, end, 0, key[0]
        self.negative = key[0] == 0x2D

    def is_digit(self, byte: int | None = None) -> bool:
        return 48 <= (self.key[self.at] if byte is None else byte) <= 57

    @property
    def over(self) -> bool:
        return self.at >= self.end

    def skip_zeros(self) -> None:
        self.at += self.negative
        while not self.over and self.key[self.at] == 0x30:
            self.at += 1

    def look(self) -> int:
        """The byte it stands at, as Java has it, or the first one at the end."""
        self.byte = self.key[0] if self.over else self.key[self.at]
        return self.byte - 256 * (self.byte > 127)

    def digits_left(self) -> int:
        tail = self.key[self.at : self.end]
        return next((index for index, byte in enumerate(tail) if not self.is_digit(byte)), len(tail))

    def is_zero(self) -> bool:
        head, dot, tail = self.key[self.negative : self.end].partition(b".")
        head = head.lstrip(b"0")
        if head:
            return not self.is_digit(head[0])
        tail = tail.lstrip(b"0")
        return not (dot and tail and self.is_digit(tail[0]))

    def fraction(self) -> bytes:
        tail = self.key[self.at : self.end]
        if not tail.startswith(b"."):
            return b""
        return tail[1 : 1 + next((i for i, byte in enumerate(tail[1:]) if not self.is_digit(byte)), len(tail))].rstrip(
            b"0"
        )


def literal(one: bytes, two: bytes) -> int:
    """The comparison step by step, by Hadoop's rules; each key is a field with a TAB behind it."""
    a, b = Field(one, len(one) - 1), Field(two, len(two) - 1)
    if a.negative != b.negative:
        sign = -1 if a.negative else 1
        return 0 if a.is_zero() and b.is_zero() else sign
    sign = -1 if a.negative else 1
    a.skip_zeros()
    b.skip_zeros()
    while not a.over and not b.over and a.is_digit() and one[a.at] == two[b.at]:
        a.at += 1
        b.at += 1
    difference = a.look() - b.look()
    a_ends, b_ends = (field.over or not field.is_digit(field.byte) for field in (a, b))
    if (a.byte == 0x2E and b_ends) or (b.byte == 0x2E and a_ends):
        return sign * ((a.fraction() > b.fraction()) - (a.fraction() < b.fraction()))
    return sign * (a.digits_left() - b.digits_left() or difference)


def sign(number: int) -> int:
    return (number > 0) - (number < 0)


def plain(whole: int, fraction: str, negative: bool) -> bytes:
    return f"{'-' * negative}{whole}{fraction}\t".encode()


zeros = st.tuples(st.integers(0, 3), st.integers(1, 120)).map(lambda told: b"0" * told[0] + b"%d\t" % told[1])
plains = st.builds(
    plain, st.integers(0, 120), st.sampled_from(["", ".", ".0", ".5", ".50", ".25", ".05"]), st.booleans()
)
words = st.text(alphabet="0123x e+\xff", max_size=5).map(lambda text: text.encode("latin-1") + b"\t")


@pytest.mark.parametrize("keys", [zeros, plains, words], ids=["zeros", "plain", "words"])
def test_numeric_order_is_hadoops_where_that_is_one(keys):
    key = keyspec.sort_key("-k1,1n")
    reverse = keyspec.sort_key("-k1,1nr")

    @given(keys, keys)
    def holds(one, two):
        if min(len(one), len(two)) > 1:
            assert sign(literal(one, two)) == (key(one) > key(two)) - (key(one) < key(two))
            assert sign(literal(two, one)) == (reverse(one) > reverse(two)) - (reverse(one) < reverse(two))

    holds()


def test_minus_zero_is_zero():
    key = keyspec.sort_key("-n")
    assert key(b"-0") == key(b"0") == key(b"-0.0") and key(b"-0") > key(b"-1")
    assert key(b"05.5") == key(b"5.50") and key(b"\xff") < key(b"a")
