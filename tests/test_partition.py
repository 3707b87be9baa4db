"""Partitions are Java's: hashes worked out by hand and by the definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools.java.strings import decode
from streamtools.partition import (
    LANES,
    LONGEST_KEPT,
    LONGEST_LANE,
    MASK,
    PIECE,
    SHORT,
    Partitions,
    field_hash,
    hash_bytes,
    hash_many,
    hash_string,
    powers,
    remember,
)


def by_definition(data: bytes, start: int = 1) -> int:
    total = start
    for byte in data:
        total = (31 * total + (byte - 256 if byte > 127 else byte)) & 0xFFFFFFFF
    return total


def signed(number: int) -> int:
    return number - (1 << 32) if number >> 31 else number


@pytest.mark.parametrize(
    "key, hashed",
    [(b"", 1), (b"a", 128), (b"ab", 4066), (b"\xff", 30), (b"\x80", -97), (b"\0", 31), (b"2026-11-21", -634362046)],
)
def test_hash_of_text(key, hashed):
    assert signed(hash_bytes(key)) == hashed


@pytest.mark.parametrize("unit", [b"a", b"\xff\0", "é".encode()])
@pytest.mark.parametrize("size", [PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 5])
def test_long_keys_are_hashed_in_pieces(unit, size):
    key = (unit * size)[:size]
    assert hash_bytes(key) == by_definition(key)
    total = 0
    for unit_of_java in memoryview(decode(key).encode("utf-16-le")).cast("H"):
        total = (31 * total + unit_of_java) & 0xFFFFFFFF
    assert hash_string(key) == total
    assert len(powers(PIECE)) == PIECE


def without_sign(keys: list[bytes]) -> list[int]:
    return [by_definition(key) & MASK for key in keys]


@given(st.lists(st.binary(max_size=40)))
def test_many_hashes_are_those_of_the_definition(keys):
    assert hash_many(keys) == without_sign(keys) == [hash_bytes(key) & MASK for key in keys]


@given(st.lists(st.text(alphabet=st.characters(max_codepoint=127), max_size=32).map(str.encode), max_size=50))
def test_many_hashes_of_ascii(keys):
    assert hash_many(keys) == without_sign(keys)


@given(st.integers(0, 40).flatmap(lambda size: st.lists(st.binary(min_size=size, max_size=size))))
def test_many_hashes_of_keys_of_one_length(keys):
    assert hash_many(keys) == without_sign(keys)


@pytest.mark.parametrize("others", [0, 1, 50])
@pytest.mark.parametrize("unit", [b"a", b"\xff", b"\0\x80\x7f"])
@pytest.mark.parametrize("size", [1, 7, 8, 9, SHORT, SHORT + 1, LONGEST_LANE, LONGEST_LANE + 1, 1000])
def test_many_hashes_of_long_keys(size, unit, others):
    keys = [*[b"k%d" % number for number in range(others)], (unit * size)[:size], b""]
    assert hash_many(keys) == without_sign(keys)


def test_hashes_of_more_keys_than_are_hashed_at_once():
    keys = [b"\xe9%d" % number for number in range(2 * LANES + 1)]
    assert hash_many(keys) == without_sign(keys)


FIELDS = [  # key, options with separator `.`, hash
    (b"a.b.c", "-k1,1", 97),
    (b"a.b.c", "-k2,2", 98),
    (b"a.b.c", "-k2", 95703),
    (b"a.b.c", "-k 1,2", 94741),
    (b"a.b.c", "-k1,1 -k3,3", 97 * 31 + 99),
    (b"a.b.c", "-k4,4", 0),
    (b"abc.def.ghi", "-k1.2,1.3", 98 * 31 + 99),
    (b"abc.def.ghi", "-k1.9,2", 0),
    ("é.x".encode(), "-k1,1", -1978),
    (b"", "-k1,1", 0),
    (b"ab", "-n", 97 * 31 + 98),
    ("é".encode(), "-x", -61 * 31 - 87),  # any option has the bytes hashed, not the characters
    (b"ab", "-k1.0", 0),
    (b"ab.c", "-k2.0", 46 * 31 + 99),
]


@pytest.mark.parametrize("key, options, hashed", FIELDS)
def test_hash_of_fields(key, options, hashed):
    assert signed(field_hash(options, ".")(key)) == hashed


def test_without_options_a_key_is_hashed_as_a_java_string():
    assert field_hash("")(b"ab") == hash_string(b"ab") == 97 * 31 + 98
    assert hash_string("é".encode()) == 0xE9
    assert hash_string("\U0001f600".encode()) == (0xD83D * 31 + 0xDE00) & 0xFFFFFFFF


def test_the_old_number_of_fields_wins():
    assert field_hash("-k2,2", ".", fields=1)(b"a.b") == 97


def test_partitions_are_those_of_the_hashes():
    keys = [b"%d" % (number * number % 1000) for number in range(3 * LANES)]
    assert Partitions(3).of_keys(keys) == [(hash_bytes(key) & MASK) % 3 for key in keys]
    assert Partitions(7, without_sign).of_keys([b"ab", b"\xff"]) == [
        4066 % 7,
        30 % 7,
    ]


def test_hashes_of_repeated_keys_are_remembered():
    asked = []

    def hash_key(key: bytes) -> int:
        asked.append(key)
        return len(key)

    long = b"x" * (LONGEST_KEPT + 1)
    remembering = remember(hash_key)
    assert [remembering(key) for key in (b"a", b"bc", b"a", long, long)] == [1, 2, 1, len(long), len(long)]
    assert asked == [b"a", b"bc", long, long]  # what is kept is bounded


def test_the_first_keys_of_a_process(monkeypatch):
    """The powers of 31 are computed as far as they are needed."""
    monkeypatch.setattr("streamtools.partition._powers", [1])
    assert hash_many([b"abc", b""]) == [by_definition(b"abc"), 1]
    monkeypatch.setattr("streamtools.partition._powers", [1])
    assert hash_bytes(b"ab\xff") == by_definition(b"ab\xff")


def test_lines_are_parted_in_order():
    lines = [b"a\t1", b"b\t2", b"a\t3", b"c"]
    assert Partitions(2).distribute_lines(lines) == [[b"a\t1", b"a\t3", b"c"], [b"b\t2"]]
