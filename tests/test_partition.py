"""Partitions are Java's: hashes worked out by hand and by the definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools.java.strings import decode
from streamtools.partition import KEPT, PIECE, Partitions, field_hash, hash_bytes, hash_many, hash_string, powers


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


@given(st.lists(st.binary(max_size=40)))
def test_many_hashes_are_those_of_the_definition(keys):
    assert hash_many(keys) == [by_definition(key) for key in keys] == [hash_bytes(key) for key in keys]


@given(st.lists(st.text(alphabet=st.characters(max_codepoint=127), max_size=32).map(str.encode), max_size=50))
def test_many_hashes_of_ascii(keys):
    assert hash_many(keys) == [by_definition(key) for key in keys]


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


@pytest.mark.parametrize("different", [100, 3 * KEPT])
def test_partitions_do_not_depend_on_what_is_remembered(different):
    keys = [b"%d" % (number * number % different) for number in range(5 * KEPT)]
    partitions = Partitions(3)
    found = [number for start in range(0, len(keys), 5000) for number in partitions.of_keys(keys[start : start + 5000])]
    assert found == [(hash_bytes(key) & 0x7FFFFFFF) % 3 for key in keys]
    assert len(partitions.known) <= 2 * KEPT


class Spy:
    """Hashes keys and notes which."""

    def __init__(self) -> None:
        self.asked: list[list[bytes]] = []

    def __call__(self, keys):
        self.asked.append(sorted(keys))
        return hash_many(keys)


def ask(partitions: Partitions, spy: Spy, keys: str) -> str:
    """Return which keys are hashed to answer for these."""
    spy.asked.clear()
    wanted = [key.encode() for key in keys]
    assert partitions.of_keys(wanted) == [(hash_bytes(key) & 0x7FFFFFFF) % 2 for key in wanted]
    return b" ".join(b"".join(some) for some in spy.asked).decode()


def test_keys_are_hashed_once():
    spy = Spy()
    partitions = Partitions(2, spy)
    assert ask(partitions, spy, "ab") == "ab"
    assert ask(partitions, spy, "abba") == ""
    assert ask(partitions, spy, "abccdd") == "abccdd"  # most are new
    assert ask(partitions, spy, "abcdeeff") == "ef"  # half are new, each is hashed once
    assert ask(partitions, spy, "abcdef") == ""


def test_a_bounded_number_of_keys_is_remembered(monkeypatch):
    monkeypatch.setattr("streamtools.partition.KEPT", 4)
    spy = Spy()
    partitions = Partitions(2, spy)
    assert ask(partitions, spy, "abcd") == "abcd" and len(partitions.known) == 4
    assert ask(partitions, spy, "aaaabbbb") == ""
    assert ask(partitions, spy, "efgha") == "aefgh" and ask(partitions, spy, "aaaaa") == ""
    assert ask(partitions, spy, "abcde") == "e"  # too many: from here on
    assert list(partitions.known) == [b"e"]
    assert ask(partitions, spy, "eab") == "abe"
    assert sorted(partitions.known) == [b"a", b"b", b"e"]
    partitions = Partitions(2, spy)
    assert ask(partitions, spy, "abc") == "abc"
    assert ask(partitions, spy, "abcd") == "d" and len(partitions.known) == 4


def test_keys_that_do_not_repeat_are_no_longer_looked_up(monkeypatch):
    monkeypatch.setattr("streamtools.partition.KEPT", 4)
    spy = Spy()
    partitions = Partitions(2, spy)
    assert ask(partitions, spy, "abcd") == "abcd"  # 4 more new ones than known
    assert ask(partitions, spy, "ab") == ""  # 2 more
    assert ask(partitions, spy, "efgz") == "efgz"  # 6 more
    assert ask(partitions, spy, "ab") == "ab" and ask(partitions, spy, "ab") == "ab"
    partitions = Partitions(2, spy)
    assert ask(partitions, spy, "abcd") == "abcd" and ask(partitions, spy, "e") == "e"  # 5 more: one too many
    assert ask(partitions, spy, "a") == "a"
    partitions = Partitions(2, spy)
    for _ in range(3):
        assert ask(partitions, spy, "ab") in ("ab", "")
    assert ask(partitions, spy, "aaaaaaaaaa") == ""  # never less than none more
    assert ask(partitions, spy, "efgh") == "efgh"
    assert ask(partitions, spy, "ijkl") == "ijkl"
    assert ask(partitions, spy, "ab") == "ab"


def test_known_keys_make_good_for_new_ones_but_not_in_advance(monkeypatch):
    monkeypatch.setattr("streamtools.partition.KEPT", 4)
    spy = Spy()
    partitions = Partitions(2, spy)
    assert ask(partitions, spy, "a") == "a" and ask(partitions, spy, "aaaaaaaaaa") == ""
    assert ask(partitions, spy, "bcde") == "bcde" and ask(partitions, spy, "a") == ""  # 4 more new ones, then 3
    assert ask(partitions, spy, "fg") == "fg" and ask(partitions, spy, "a") == "a"  # 5 more


def test_the_first_keys_of_a_process(monkeypatch):
    """The powers of 31 are computed as far as they are needed."""
    monkeypatch.setattr("streamtools.partition._powers", [1])
    assert hash_many([b"abc", b""]) == [by_definition(b"abc"), 1]
    monkeypatch.setattr("streamtools.partition._powers", [1])
    assert hash_bytes(b"ab\xff") == by_definition(b"ab\xff")


def test_lines_are_parted_in_order():
    lines = [b"a\t1", b"b\t2", b"a\t3", b"c"]
    assert Partitions(2).distribute(lines) == [[b"a\t1", b"a\t3", b"c"], [b"b\t2"]]
