"""Where Java shows through: its strings, its numbers, its comparison of numeric keys, its option parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools import keyspec
from streamtools.java.numbers import format_double
from streamtools.java.strings import decode, replace_malformed, trim
from streamtools.job import build_job, parse
from streamtools.local.counters import counter_of, wrapped
from streamtools.standins.aggregate import parse_double

BASIC = ["-input", "in", "-output", "out", "-mapper", "cat"]

STRINGS = [
    (b"caf\xc3\xa9", "caf\xe9"),
    (b"a\xffb", "a\ufffdb"),
    (b"\xed\xa0\x80", "\ufffd"),  # an encoded surrogate is one mistake
    (b"\xed\xa0x", "\ufffdx"),
    (b"\xed\xbf", "\ufffd"),
    (b"\xe0\x80\x80", "\ufffd" * 3),
    (b"\xf0\x9f\x98", "\ufffd"),
    (b"\xc3", "\ufffd"),
    (b"\xed\x9f\xbf", "\ud7ff"),
]


@pytest.mark.parametrize("data, text", STRINGS)
def test_malformed_text_is_replaced_as_java_does(data, text):
    assert decode(data) == text
    assert replace_malformed(data) == text.encode()


def test_trim_takes_control_characters_too():
    assert trim("\x00 a b\t\x1f") == "a b" and trim("\x7f\xa0") == "\x7f\xa0"


@pytest.mark.parametrize(
    "line, amount",
    [
        ("G,c,\u0663", 3),  # digits of any script
        ("G,c,\uff11\uff12", 12),
        ("\x01G,c,1\x01", 1),
        ("G,c,\xb2", None),
        ("G,c,9223372036854775807", (1 << 63) - 1),
        ("G,c,9223372036854775808", None),
    ],
)
def test_amounts_of_counters(line, amount):
    told = counter_of(b"reporter:counter:" + line.encode(), b"reporter:")
    assert (told and told.amount) == amount


def test_counters_have_64_bits():
    assert wrapped({("G", "c"): 2 * ((1 << 63) - 1), ("G", "d"): -(1 << 63)}) == {
        ("G", "c"): -2,
        ("G", "d"): -(1 << 63),
    }


@pytest.mark.parametrize("text, number", [("0x1p3", 8.0), ("-0X.8P1d", -1.0), (" 2 ", 2.0), ("3d", 3.0)])
def test_doubles_are_read(text, number):
    assert parse_double(text) == number


def test_the_least_double_is_written_with_two_digits():
    assert format_double(5e-324) == "4.9E-324" and format_double(2e23) == "2.0E23" and format_double(0.001) == "0.001"


@pytest.mark.parametrize(
    "words",
    [
        ["--", *BASIC],
        ["-", *BASIC],
        ["-input", "--", "in", "-output", "out", "-mapper", "--", "cat"],
        ["-D", "mapreduce.job.name=x", "--", *BASIC, "--"],
    ],
)
def test_two_dashes_fall_away(words):
    assert parse(words).streaming == parse(BASIC).streaming


@pytest.mark.parametrize(
    "words, reduces",
    [
        (["-D", "mapreduce.job.reduces=0x2"], 2),
        (["-D", "mapreduce.job.reduces= 3 "], 3),
        (["-D", "=x"], 1),
        (["-D", "mapreduce.job.maps=x"], 1),
        (["-D", "stream.map.output=TEXT"], 1),
        (["-D", "stream.map.output=nosuch"], 1),  # is text
    ],
)
def test_properties_are_read_as_java_reads_them(words, reduces):
    job = build_job(parse([*words, *BASIC]))
    assert job.reduces == reduces and "" not in job.properties.given and job.properties.map_output.io_format == "text"


@pytest.mark.parametrize("option", ["reducer", "combiner"])
def test_an_empty_command_passes_records_on(option):
    stage = getattr(build_job(parse([*BASIC, f"-{option}", ""])), option)
    assert not stage.is_command and stage.text.endswith(".IdentityReducer")


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
