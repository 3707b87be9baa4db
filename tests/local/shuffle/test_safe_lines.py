"""Safe lines: any bytes as a line, and lines that stand for several records."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools.formats.batch import Pairs
from streamtools.local.shuffle import safe_lines
from streamtools.local.shuffle.safe_lines import (
    end_counted,
    escape,
    escape_block,
    expand,
    has_equal_values,
    unescape,
    unescape_all,
    unescape_batch,
    unescape_pairs,
    write_out,
)

bytes_ = st.lists(st.sampled_from([*range(12), 31, 32, 42, 97]), max_size=4).map(bytes)


@given(st.lists(st.tuples(bytes_, bytes_), max_size=5))
def test_pairs_come_back(records):
    pairs = Pairs([key for key, _ in records], [value for _, value in records])
    block = escape(pairs)
    assert block.count(b"\n") == len(records)
    assert unescape_pairs(block) == pairs
    keys = [line.partition(b"\t")[0] for line in block.split(b"\n")[:-1]]
    assert all(byte > 10 for key in keys for byte in key)
    assert [unescape(key) for key in sorted(keys)] == sorted(pairs.keys)


@given(st.lists(st.tuples(st.binary(max_size=6), st.binary(max_size=6))))
def test_safe_lines_keep_records_and_the_order_of_keys(records):
    keys, items = [key for key, _ in records], [value for _, value in records]
    block = escape(Pairs(keys, items))
    assert block.count(b"\n") == len(records)
    assert unescape_pairs(block) == (keys, items)
    safe = [line.partition(b"\t")[0] for line in block.split(b"\n")[:-1]]
    assert [key for _, key in sorted(zip(safe, keys, strict=True))] == sorted(keys)
    assert sorted(block.split(b"\n")[:-1], key=lambda line: line.partition(b"\t")[0]) == sorted(
        block.split(b"\n")[:-1], key=lambda line: unescape_pairs(line + b"\n").keys[0]
    )


@pytest.mark.parametrize(
    ("batch", "safe"),
    [
        (b"a\t1\nb\t2\n", b"a\t1\nb\t2\n"),
        (b"a\nb\t2\n", b"a\t\nb\t2\n"),
        (b"a\x00\t\x0b\n", b"a\x0b\x20\t\x0b\x2b\n"),
        (b"a\x08\t1\n", b"a\x0b\x28\t1\n"),
        (b"a\x0c\t1\t2\n", b"a\x0c\t1\t2\n"),
        (Pairs([b"a\tb", b"c\nd"], [b"1\t2", b"3\n4"]), b"a\x0b\x29b\t1\t2\nc\x0b\x2ad\t3\x0b\x2a4\n"),
        (Pairs([b"\x0b"], [b"\x00"]), b"\x0b\x2b\t\x0b\x20\n"),
        (Pairs([], []), b""),
    ],
)
def test_escape(batch, safe):
    assert escape(batch) == safe
    if isinstance(batch, bytes):
        assert escape_block(batch) == safe


def test_what_needs_no_change_is_passed_on():
    items = [b"a", b"b"]
    assert unescape_all(items) is items and unescape_all([b"a\x0b\x20", b"\x0b\x2b"]) == [b"a\x00", b"\x0b"]
    block = b"a\t1\n"
    assert unescape_batch(block, is_text=True) is block
    assert unescape_batch(block, is_text=False) == Pairs([b"a"], [b"1"])
    assert unescape_batch(b"a\x0b\x20\t1\n", is_text=True) == Pairs([b"a\x00"], [b"1"])


@pytest.mark.parametrize("at_once", [1, 2, 4096])
def test_counted_lines(monkeypatch, at_once):
    monkeypatch.setattr(safe_lines, "AT_ONCE", at_once)
    times = [1, 3, 12, 2, 1, 5]
    lines = [b"%c\t\x0b\x20" % letter for letter in b"abcdef"]
    block = b"".join(map(bytes.__add__, lines, map(end_counted, times)))
    assert block.startswith(b"a\t\x0b\x20\nb\t\x0b\x20\x0b=3\n") and block.count(b"\n") == 6
    assert (
        b"".join(expand([block, b"z\t1\n"]))
        == b"".join((line + b"\n") * number for line, number in zip(lines, times, strict=True)) + b"z\t1\n"
    )
    assert b"".join(write_out(lines, times)) == b"".join(expand([block]))
    plain = b"z\t1\n"
    assert next(expand([plain])) is plain


@pytest.mark.parametrize(
    ("block", "equal"),
    [
        (b"a\t1\nb\t1\n", True),
        (b"a\t1\x0b=3\nb\t1\n", True),
        (b"a\t1\nb\t1\x0b=12\n", True),
        (b"a\t\nb\t\x0b=2\n", True),
        (b"a\t1\nb\t2\n", False),
        (b"a\t1\nb\t11\n", False),
        (b"a\t1\x0b=2\nb\t11\x0b=2\n", False),
        (b"a\t1\t1\nb\t1\n", False),
        (b"a\t\x0b\x20\nb\t\x0b\x20\x0b=2\n", True),
        (b"a\t\x0b\x20\nb\t\x0b\x21\n", False),
    ],
)
def test_equal_values(block, equal):
    assert has_equal_values(block) is equal


def test_what_is_written_out_comes_in_short_blocks():
    blocks = list(write_out([b"a\t1"], [200_000]))
    assert b"".join(blocks) == b"a\t1\n" * 200_000 and max(map(len, blocks)) <= 1 << 18
