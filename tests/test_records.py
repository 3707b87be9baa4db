"""Blocks of records: read, cut, joined, repeated and written."""

import contextlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools import records

blocks_of_lines = st.lists(st.binary(max_size=4).map(lambda line: line.replace(b"\n", b"") + b"\n")).map(b"".join)


@pytest.fixture
def pipe():
    ends = os.pipe()
    yield ends
    for end in ends:
        with contextlib.suppress(OSError):
            os.close(end)


def test_chunks_come_as_they_are_read(pipe):
    reader, writer = pipe
    os.write(writer, b"abcdef")
    os.close(writer)
    assert list(records.chunks(reader, 4)) == [b"abcd", b"ef"]


def test_a_chunk_is_a_quarter_of_a_mebibyte(tmp_path):
    (tmp_path / "file").write_bytes(bytes(300_000))
    descriptor = os.open(tmp_path / "file", os.O_RDONLY)
    try:
        assert [len(chunk) for chunk in records.chunks(descriptor)] == [262_144, 300_000 - 262_144]
    finally:
        os.close(descriptor)


def test_an_error_of_reading_names_the_input(tmp_path, monkeypatch):
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(IsADirectoryError) as error:
            list(records.chunks(descriptor))
        assert error.value.filename == "input"
    finally:
        os.close(descriptor)
    monkeypatch.setattr(os, "read", lambda *_: os.listdir(b"/missing\0"[:8]))
    with pytest.raises(OSError) as error:
        list(records.chunks(0))
    assert error.value.filename == b"/missing"  # an error that has a name keeps it

    def fail(descriptor, size):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", fail)
    with pytest.raises(OSError) as error:
        list(records.chunks(0))
    assert error.value.filename == "stdin"


@pytest.mark.parametrize(
    ("pieces", "blocks"),
    [
        ([], []),
        ([b""], []),
        ([b"a\n"], [b"a\n"]),
        ([b"a"], [b"a\n"]),
        ([b"\n", b"\n\n"], [b"\n", b"\n\n"]),
        ([b"a\nb", b"c", b"", b"d\ne\n", b"f"], [b"a\n", b"bcd\ne\n", b"f\n"]),
        ([b"ab", b"cd", b"\n"], [b"abcd\n"]),
    ],
)
def test_whole_lines(pieces, blocks):
    assert list(records.whole_lines(pieces)) == blocks


@pytest.mark.parametrize(
    ("block", "size", "pieces"),
    [
        (b"", 3, []),
        (b"a\nb\n", 1, [b"a\n", b"b\n"]),
        (b"a\nb\nc\n", 2, [b"a\n", b"b\n", b"c\n"]),
        (b"a\nb\nc\n", 3, [b"a\nb\n", b"c\n"]),
        (b"a\nb\nc\n", 4, [b"a\nb\n", b"c\n"]),
        (b"a\nb\nc\n", 6, [b"a\nb\nc\n"]),
        (b"abcdef\ng\n", 2, [b"abcdef\n", b"g\n"]),
        (b"\n\n", 1, [b"\n", b"\n"]),
    ],
)
def test_cut(block, size, pieces):
    assert list(records.cut(block, size)) == pieces


@pytest.mark.parametrize("line", [b"\n", b"short\n", b"a line that is longer than most keys are\n"])
@pytest.mark.parametrize("number", [0, 1, 1000])
def test_count_lines(line, number):
    assert records.count_lines(line * number) == number


@given(blocks_of_lines)
def test_lines_are_counted_as_they_are_split(block):
    assert records.count_lines(block) == len(records.lines_of(block))


def test_lines_and_blocks():
    assert records.lines_of(b"a\n\nb\n") == [b"a", b"", b"b"]
    assert records.lines_of(b"") == []
    lines = [b"a", b"", b"b"]
    assert records.block_of(lines) == b"a\n\nb\n"
    assert lines == [b"a", b"", b"b"]  # as it was
    assert records.block_of([]) == b""


def test_escape():
    assert records.escape(b"a\tb\nc\\d") == rb"a\tb\nc\\d"


@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
def test_all_is_written_however_little_the_kernel_takes(monkeypatch, at_once):
    written = []

    def write(descriptor, data):
        written.append((descriptor, bytes(data[:at_once])))
        return len(written[-1][1])

    monkeypatch.setattr(os, "write", write)
    records.write_blocks([b"abc", b"de"], 7)
    assert b"".join(data for _, data in written) == b"abcde" and {number for number, _ in written} == {7}
    assert len(written) == -(-3 // at_once) + -(-2 // at_once)


@pytest.mark.parametrize(
    ("pieces", "size", "joined"),
    [
        ([], 2, []),
        ([b"a", b"b", b"c"], 2, [b"ab", b"c"]),
        ([b"a", b"bc", b"d"], 2, [b"abc", b"d"]),
        ([b"ab", b"cd"], 2, [b"ab", b"cd"]),
        ([b"abc", b"", b"d"], 3, [b"abc", b"d"]),
        ([b"ab", b"c", b"d", b"ef"], 2, [b"ab", b"cd", b"ef"]),
        ([b"abcd", b"abc", b"d"], 4, [b"abcd", b"abcd"]),
    ],
)
def test_join_small(pieces, size, joined):
    assert list(records.join_small(pieces, size)) == joined


def test_small_pieces_are_joined_to_64_kibibytes():
    assert [len(block) for block in records.join_small([bytes(1024)] * 65)] == [65_536, 1024]


@pytest.mark.parametrize(
    ("lines", "times", "limit", "blocks"),
    [
        ([], [], 4, []),
        ([b"a\n", b"b\n"], [1, 2], 6, [b"a\nb\nb\n"]),
        ([b"a\n", b"b\n"], [1, 2], 5, [b"a\n", b"b\nb\n"]),
        ([b"a\n"], [5], 4, [b"a\na\n", b"a\na\n", b"a\n"]),
        ([b"a\n"], [4], 4, [b"a\na\n", b"a\na\n"]),
        ([b"a\n"], [3], 5, [b"a\na\n", b"a\n"]),
        ([b"abc\n"], [2], 1, [b"abc\n", b"abc\n"]),
        (["a\n"], [2], 4, ["a\na\n"]),
        (["a\n", "b\n"], [3, 1], 4, ["a\na\n", "a\n", "b\n"]),
    ],
)
def test_repeat_lines(lines, times, limit, blocks):
    assert list(records.repeat_lines(lines, times, limit)) == blocks


@pytest.mark.parametrize(
    ("sizes", "limit", "ranges"),
    [
        ([], 3, []),
        ([1, 2], 3, [(0, 2)]),
        ([1, 2, 1], 3, [(0, 2), (2, 3)]),
        ([5, 1, 5], 3, [(0, 1), (1, 2), (2, 3)]),
        ([3, 3], 3, [(0, 1), (1, 2)]),
        ([0, 0, 4], 3, [(0, 2), (2, 3)]),
        ([1, 1, 1, 1, 1], 2, [(0, 2), (2, 4), (4, 5)]),
    ],
)
def test_group_sizes(sizes, limit, ranges):
    assert list(records.group_sizes(sizes, limit)) == ranges


@given(blocks_of_lines, st.integers(1, 9))
def test_what_is_cut_joins_to_the_same(block, size):
    pieces = list(records.cut(block, size))
    assert b"".join(pieces) == block
    assert all(piece.endswith(b"\n") for piece in pieces)
    assert all(len(piece) >= size for piece in pieces[:-1])


def test_endings_are_made_once_and_few_are_kept(monkeypatch):
    monkeypatch.setattr(records, "MOST_ENDINGS", 2)
    made = []
    endings = records.Endings(lambda number: made.append(number) or b"%d\n" % number)
    assert records.add_endings([b"a", b"b", b"c"], map(endings.__getitem__, [1, 2, 2])) == b"a1\nb2\nc2\n"
    assert [endings[number] for number in (3, 4, 1)] == [b"3\n", b"4\n", b"1\n"]
    assert made == [1, 2, 3, 4, 1] and len(endings) <= 2
    assert records.add_endings([], []) == b""
