"""Java's numbers: their text, and what is taken for one."""

import pytest

from streamtools.java.primitives import format_double, parse_long, wrap_long
from streamtools.standins.aggregate import parse_double

DOUBLES = [
    (0.0, "0.0"), (-0.0, "-0.0"), (1.0, "1.0"), (100.0, "100.0"), (0.1 + 0.2, "0.30000000000000004"), (1e-3, "0.001"),
    (1e-5, "1.0E-5"), (12345678.9, "1.23456789E7"), (1e7, "1.0E7"), (9999999.0, "9999999.0"), (float("nan"), "NaN"),
    (1.5e300, "1.5E300"), (-2.5, "-2.5"), (float("inf"), "Infinity"), (1234.5, "1234.5"), (1e23, "1.0E23"),
]  # fmt: skip


@pytest.mark.parametrize("number, text", DOUBLES)
def test_doubles_are_written_as_java_does(number, text):
    assert format_double(number) == text


@pytest.mark.parametrize("text, number", [("0x1p3", 8.0), ("-0X.8P1d", -1.0), (" 2 ", 2.0), ("3d", 3.0)])
def test_doubles_are_read(text, number):
    assert parse_double(text) == number


def test_the_least_double_is_written_with_two_digits():
    assert format_double(5e-324) == "4.9E-324" and format_double(2e23) == "2.0E23" and format_double(0.001) == "0.001"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("-1", -1),
        ("+\u0663", 3),  # digits of any script
        ("9223372036854775807", (1 << 63) - 1),
        ("9223372036854775808", None),
        (" 1", None),
        ("1.0", None),
        ("", None),
    ],
)
def test_longs_are_read(text, number):
    assert parse_long(text) == number


def test_longs_wrap_at_64_bits():
    assert wrap_long(1 << 63) == -(1 << 63) and wrap_long(-(1 << 63) - 1) == (1 << 63) - 1 and wrap_long(-5) == -5
