"""joining.py: no two files share a line."""

from pathlib import Path

import pytest
from encoded_files import read

from streamtools.inputs.joining import add_missing_line_ends


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
