"""streamtools.local.input.line_cutting: decoded bytes cut into splits are what a plain file's splits are."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools.local.input.line_cutting import cut_lines, read_between
from streamtools.local.input.line_ends import find_line_start

CUTS = [  # chunks, borders, delimiter, the bytes of each split
    ([b"a\nb\nc\n"], [3], None, [b"a\nb\n", b"c\n"]),
    (
        [b"a\nb\n", b"c\n"],
        [2],
        None,
        [b"a\nb\n", b"c\n"],
    ),  # a line that begins right at a border is the earlier split's
    ([b"a\r", b"\nb"], [1], None, [b"a\r\n", b"b"]),
    ([b"a\r\nb"], [2], None, [b"a\r\n", b"b"]),
    ([b"a\r"], [1], None, [b"a\r", b""]),
    ([b"a long line\n"], [2, 4, 6], None, [b"a long line\n", b"", b"", b""]),
    ([b"a;;b;", b";c"], [3], b";;", [b"a;;b;;", b"c"]),
    ([b"a"], [5, 9], None, [b"a", b"", b""]),
    ([], [4], None, [b"", b""]),
]


def cut(chunks: list[bytes], borders: list[int], delimiter: bytes | None = None) -> list[bytes]:
    found = [b""]
    for data, is_last in cut_lines(chunks, borders, delimiter):
        found[-1] += data
        if is_last:
            found.append(b"")
    assert found.pop() == b""
    return found


@pytest.mark.parametrize(("chunks", "borders", "delimiter", "expected"), CUTS)
def test_cuts(chunks: list[bytes], borders: list[int], delimiter: bytes | None, expected: list[bytes]) -> None:
    assert cut(chunks, borders, delimiter) == expected


@given(
    data=st.lists(st.sampled_from([b"a", b"bc", b"\r", b"\n", b"\r\n"]), max_size=30).map(b"".join),
    at=st.lists(st.integers(1, 40), max_size=4, unique=True),
    size=st.integers(1, 7),
)
def test_splits_are_those_of_a_plain_file(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, at: list[int], size: int
) -> None:
    path: Path = tmp_path_factory.mktemp("plain") / "x"
    path.write_bytes(data)
    borders = sorted(border for border in at if border < len(data))
    ends = [0, *(find_line_start(str(path), border) for border in borders), len(data)]
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    expected = [data[start:end] for start, end in pairwise(ends)]
    assert cut(chunks, borders) == expected
    starts = [0, *borders]
    for number, start in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else None
        pieces = list(read_between(chunks, start, end))
        assert b"".join(piece for _, piece in pieces) == expected[number]
        assert not pieces or pieces[0][0] == ends[number]
