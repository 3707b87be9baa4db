"""joining.py: no two files share a line, no chunk is too small, and no byte before an error is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from encoded_files import read

from streamtools.errors import DataError
from streamtools.inputs.joining import LONGEST, add_missing_line_ends, drop_torn_line, join_small_chunks


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        ([b"a\n", b"b\n"], b"a\nb\n"),
        ([b"a", b"b"], b"a\nb"),
        ([b"a", b"", b"b"], b"a\nb"),
        ([b"a", b""], b"a"),
        ([b"", b"b"], b"b"),
        ([b"a\r", b"\nb"], b"a\r\n\nb"),
        ([], b""),
    ],
)
def test_no_two_files_share_a_line(parts: list[bytes], joined: bytes, tmp_path: Path) -> None:
    assert b"".join(add_missing_line_ends([part] for part in parts)) == joined
    files = [tmp_path / str(n) for n in range(len(parts))]
    for file, part in zip(files, parts, strict=True):
        file.write_bytes(part)
    if files:
        assert read(*files) == joined
        assert read(*files, add_line_ends=False) == b"".join(parts)


@pytest.mark.parametrize(
    ("chunks", "before"),
    [
        ([], b""),
        ([b"a\n", b"b\n"], b"a\nb\n"),
        ([b"a\nb", b"c", b"d\ne", b"f"], b"a\nbcd\n"),
        ([b"a", b"b"], b""),
        ([bytes(LONGEST), b"a", b"b"], bytes(LONGEST) + b"a"),
    ],
)
def test_an_error_leaves_no_torn_line(chunks: list[bytes], before: bytes) -> None:
    assert b"".join(drop_torn_line(chunks)) == b"".join(chunks)

    def damaged() -> Iterator[bytes]:
        yield from chunks
        raise DataError("x.7z", "damaged")

    found = []
    with pytest.raises(DataError):
        for chunk in drop_torn_line(damaged()):
            found.append(chunk)
    assert b"".join(found) == before and b"" not in found


def test_small_chunks_are_joined_and_large_ones_are_not_copied() -> None:
    large = b"x" * 10
    found = list(join_small_chunks(iter([b"ab", b"c", b"defg", large, b"h"]), 4))
    assert found == [b"abcdefg", large, b"h"]
    assert found[1] is large


def test_an_error_comes_after_the_bytes_before_it_and_says_how_many() -> None:
    def fail() -> Iterator[bytes]:
        yield b"ab"
        raise DataError("x", "bad", "mend it")

    chunks = join_small_chunks(fail(), 100)
    assert next(chunks) == b"ab"
    with pytest.raises(DataError, match=r"^x: bad \(after 2 bytes of output\); mend it$"):
        next(chunks)
