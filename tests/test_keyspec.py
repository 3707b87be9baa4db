"""Hadoop's -k specifications: how they are written, which bytes they mean, and how keys compare by them."""

import functools
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools import keyspec
from streamtools.errors import UsageError
from streamtools.keyspec import Spec


@pytest.mark.parametrize(
    ("options", "specs"),
    [
        ("", []),
        ("-k1,1", [Spec(1, 1, 1, 0)]),
        ("-k 1,1", [Spec(1, 1, 1, 0)]),
        ("-k2", [Spec(2, 1, 0, 0)]),
        ("-k1.3,2.5", [Spec(1, 3, 2, 5)]),
        ("-k1,1 -k2,2nr", [Spec(1, 1, 1), Spec(2, 1, 2, numeric=True, reverse=True)]),
        ("-k2n,2r", [Spec(2, 1, 2, numeric=True, reverse=True)]),
        ("-n", [Spec(numeric=True)]),
        ("-nr", [Spec(numeric=True, reverse=True)]),
        ("-rn", [Spec()]),  # Hadoop ignores it, but for it the key is bytes
        ("-x", [Spec()]),
        ("-k", [Spec()]),  # nothing follows
        ("-k+2", [Spec(2)]),
        ("-k2.0,2", [Spec(2, 0, 2)]),
        ("-k1,1 -r", [Spec(1, 1, 1, reverse=True)]),  # global flags, wherever they stand
        ("-n -k1,1 -k2,2r", [Spec(1, 1, 1, numeric=True), Spec(2, 1, 2, reverse=True)]),
        ("-x -k1,1 what", [Spec(1, 1, 1)]),
        (b"-k3,3", [Spec(3, 1, 3)]),
    ],
)
def test_parse(options, specs):
    assert keyspec.parse(options) == specs


TOO_GREAT = [f"-k{spec}" for spec in ("2147483648", "1.2147483648", "1,2147483648", "1,1.2147483648")]


@pytest.mark.parametrize("options", ["-k0,1", "-kx", "-k1,", "-k1,1z", "-k1.,2", "-k-1", "-k99999999999", *TOO_GREAT])
def test_what_is_no_key_is_named(options):
    with pytest.raises(UsageError, match="invalid key"):
        keyspec.parse(options)


@pytest.mark.parametrize(
    ("option", "key", "meant"),
    [
        ("-k1,1", b"a.b.c", b"a"),
        ("-k2,2", b"a.b.c", b"b"),
        ("-k2", b"a.b.c", b"b.c"),
        ("-k1,2", b"a.b.c", b"a.b"),
        ("-k4,4", b"a.b.c", None),
        ("-k2,1", b"a.b.c", b""),
        ("-k1.2,1.3", b"abc.def.ghi", b"bc"),
        ("-k1.2,2.1", b"abc.def.ghi", b"bc.d"),
        ("-k1.9,2", b"abc.def.ghi", b""),  # the first character may lie in a later field, here behind the last
        ("-k2.2,9", b"abc.def.ghi", b"ef.ghi"),
        ("-k1.2,1.99", b"abc.def", b"bc.def"),
        ("-k2,2", b"a.", None),  # begins where the key ends
        ("-k1,1", b"", None),
        ("-k1,1", b".a", b""),
        ("-k2,2", b".a", b"a"),
        ("-k2,2", b"a..c", b""),
        ("-k4.5", b"a.b.c", None),
        ("-k1,9.2", b"abc.def", b"abc.def"),
        ("-k1.0,1", b"abc.def", None),
        ("-k2.0,2", b"abc.def", b".def"),
    ],
)
def test_ranges(option, key, meant):
    start, end = keyspec.ranges(keyspec.parse(option)[0], key, b".")
    if meant is None:
        assert (start, end) == (-1, -1)
    else:
        assert start >= 0 and key[start:end] == meant


@pytest.mark.parametrize(
    ("options", "ordered"),
    [
        ("-k1,1", [b"a", b"ab", b"b"]),
        ("-k1,1r", [b"b", b"ab", b"a"]),
        ("-k2,2", [b"z", b"b.a", b"a.b"]),  # what lacks the field comes first
        ("-k2,2r", [b"a.b", b"b.a", b"z"]),
        ("-k1,1n", [b"-10", b"-9", b"-0", b"7", b"9", b"10", b"11"]),
        ("-k1,1nr", [b"11", b"10", b"9", b"0", b"-9", b"-10"]),
        ("-k2,2n", [b"x.-1", b"x.0", b"x.010", b"x.10"]),  # quirk: 010 before 10
        ("-k1,1n", [b"+5", b"3"]),  # quirk: no sign but -, and no number is 0 digits
        ("-k1,1n", [b"x", b"3"]),
        ("-k1,1n", [b"1e3", b"2"]),
        ("-k1,1 -k2,2nr", [b"a.9", b"a.1", b"b.100", b"b.20"]),
    ],
)
def test_order(options, ordered):
    key = keyspec.sort_key(options, b".")
    backwards = ordered[::-1]
    assert sorted(backwards, key=key) == ordered
    assert sorted(ordered, key=key) == ordered


def test_the_greatest_numbers_of_fields_and_characters_are_those_of_java():
    assert keyspec.parse("-k2147483647.2147483647,2147483647.2147483647") == [Spec(*[2147483647] * 4)]
    assert Spec() == Spec(1, 1, 0, 0, False, False)


@pytest.mark.parametrize(
    ("options", "ordered"),
    [
        ("-k2,2", [b"a", b"a..c", b"a.b"]),  # a missing field, an empty one
        ("-k2,2r", [b"a.b", b"a..c", b"a"]),
        ("-k2,2n", [b"z", b"a.-5", b"a.1"]),
        ("-k2,2nr", [b"a.9", b"a.1", b"a.-1", b"z"]),
        ("-k1.0,1", [b"a", b"b"]),  # sorted as from character 1
        ("-n", [b"-1", b"-.5", b"0", b"0x"]),
        ("-k1,1nr", [b"1", b"0", b"-2"]),
        ("-n", [b"10\x80", b"10\xff", b"10\0", b"10!", b"10", b"10x", b"10~", b"10\x7f"]),  # by the signed byte behind
    ],
)
def test_order_of_corner_cases(options, ordered):
    key = keyspec.sort_key(options, b".")
    ranks = [key(each) for each in ordered]
    assert all(before < after for before, after in itertools.pairwise(ranks))


def test_fractions_and_zeros():
    ordered = [b"-2.5", b"-2.25", b"0.5", b"1", b"1.05", b"1.5", b"12", b"12.01"]
    key = keyspec.sort_key("-n", b"\t")
    backwards = ordered[::-1]
    assert sorted(backwards, key=key) == ordered
    assert key(b"-0") == key(b"0") and key(b"1.0") == key(b"1")


def test_no_options_mean_plain_bytes():
    assert keyspec.sort_key("") is None


fields = st.one_of(
    st.integers(-999, 999).map(b"%d".__mod__), st.binary(max_size=3).filter(lambda field: b"." not in field)
)
keys = st.lists(fields, min_size=1, max_size=3).map(b".".join)
options = st.sampled_from(["-k1,1", "-k2,2r", "-k1,1 -k2,2r", "-k1.2,2", "-k2r", "-k1,1r -k3,3", "-r"])


@given(keys, keys, options)
def test_without_numbers_the_order_is_that_of_the_bytes_meant(one, two, option):
    def compare(one, two):
        for spec in keyspec.parse(option):
            parts = [
                key[start:end] if start >= 0 else None
                for key in (one, two)
                for start, end in [keyspec.ranges(spec, key, b".")]
            ]
            if parts[0] != parts[1]:
                before = parts[0] is None or (parts[1] is not None and parts[0] < parts[1])
                return -1 if before != spec.reverse else 1
        return 0

    key = keyspec.sort_key(option, b".")
    order = (key(one) > key(two)) - (key(one) < key(two))
    assert order == compare(one, two)
    assert sorted([two, one], key=key) == sorted([two, one], key=functools.cmp_to_key(compare))


@given(st.integers(-(10**20), 10**20), st.integers(-(10**20), 10**20), st.booleans())
def test_plain_numbers_sort_as_numbers(one, two, reverse):
    key = keyspec.sort_key("-nr" if reverse else "-n")
    assert (key(b"%d" % one) < key(b"%d" % two)) == (one > two if reverse else one < two)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"12", 12),
        (b" -3x", -3),
        (b"", 0),
        (b"x", 0),
        (b"-", 0),
        (b"1.50", 1.5),
        (b"-.5", -0.5),
        (b"  ", 0),
        (b"\t-", 0),
        (b" .", 0),
    ],
)
def test_number(text, value):
    assert keyspec.leading_number(text) == value


def test_numbers_of_any_length():
    assert keyspec.leading_number(b"9" * 10_000) < keyspec.leading_number(b"1" + b"0" * 10_000)
    assert keyspec.leading_number(b"1" * 5000) > 1
