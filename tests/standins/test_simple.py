"""streamtools.standins.simple and streamtools.standins.lookup: stand-ins by the names of their classes."""

import pytest

from streamtools.errors import DataError
from streamtools.formats.batch import Pairs
from streamtools.formats.writables import LONG, TEXT, encode_long
from streamtools.job import build_job, parse
from streamtools.standins import lookup

BASIC = ["-input", "in", "-output", "out", "-mapper", "cat"]
LIB = "org.apache.hadoop.mapred.lib."
ONE = encode_long(1)


def mapper(name, *options, key=LONG, value=TEXT):
    words = [word for option in options for word in ("-D", option)]
    return lookup.make_mapper(LIB + name, build_job(parse([*words, *BASIC])), key, value)


def reduced(name, blocks, key=TEXT, value=TEXT):
    reducer = lookup.make_reducer(LIB + name, build_job(parse(BASIC)), key, value)
    batches = lookup.reduce_batches(reducer, iter(blocks))
    return [pair for batch in batches for pair in zip(batch.keys, batch.values, strict=True)]


def test_inverse_swaps_keys_and_values_with_their_classes():
    inverse = mapper("InverseMapper")
    assert (inverse.key_type, inverse.value_type) == (TEXT, LONG)
    assert inverse.map(Pairs([b"a", b"b"], [b"1", b"2"])) == Pairs([b"1", b"2"], [b"a", b"b"])


def test_identity_passes_records_on():
    pairs = Pairs([b"a"], [b"1"])
    assert mapper("IdentityMapper").map(pairs) == pairs
    assert reduced("IdentityReducer", [Pairs([b"a", b"a"], [b"2", b"1"])]) == [(b"a", b"2"), (b"a", b"1")]


def test_words_are_counted_as_java_splits_them():
    words = mapper("TokenCountMapper").map(Pairs([b"", b""], [b" a\tb\r\n", b"c\x0bd\x0ce\xff"]))
    assert words.keys == [b"a", b"b", b"c\x0bd", "e\ufffd".encode()]
    assert words.values == [ONE] * 4


@pytest.mark.parametrize(("group", "found"), [("0", [b"a1", b"a22"]), ("1", [b"1", b"22"])])
def test_matches_of_a_pattern(group, found):
    options = "mapreduce.mapper.regex=a(\\d+)", f"mapreduce.mapper.regexmapper..group={group}"
    assert mapper("RegexMapper", *options).map(Pairs([b""], [b"a1 b a22"])) == Pairs(found, [ONE] * 2)


@pytest.mark.parametrize(("options", "problem"), [([], "is not set"), (["mapreduce.mapper.regex=("], "'\\('")])
def test_a_pattern_that_is_missing_or_invalid(options, problem):
    with pytest.raises(DataError, match=problem):
        mapper("RegexMapper", *options)


def test_sums_have_64_bits_and_keys_go_on_over_batches():
    most = encode_long((1 << 63) - 1)
    batches = [Pairs([b"a", b"b"], [ONE, most]), Pairs([b"b", b"c"], [ONE, ONE])]
    summed = reduced("LongSumReducer", batches, value=LONG)
    assert summed == [(b"a", ONE), (b"b", encode_long(-(1 << 63))), (b"c", ONE)]


def test_sums_are_of_longs_only():
    with pytest.raises(DataError, match="cannot be cast"):
        reduced("LongSumReducer", [], value=TEXT)
