"""streamtools.local.shuffle.segments: ranges of map output files, read in windows."""

import pytest

from streamtools.errors import TransferError
from streamtools.local.shuffle.segments import Segment, read_segment


@pytest.mark.parametrize("window", [1, 3, 5, 100])
def test_a_range_is_read_in_whole_lines(tmp_path, window):
    (tmp_path / "map").write_bytes(b"before\na\t1\nbb\t2\nc\t\nafter\n")
    segment = Segment(str(tmp_path / "map"), start=7, length=12)
    blocks = list(read_segment(segment, window))
    assert b"".join(blocks) == b"a\t1\nbb\t2\nc\t\n"
    assert all(block.endswith(b"\n") for block in blocks)


def test_an_empty_range_has_no_blocks(tmp_path):
    (tmp_path / "map").write_bytes(b"a\n")
    assert list(read_segment(Segment(str(tmp_path / "map"), 1, 0), 10)) == []


def test_a_file_that_became_shorter_is_an_error(tmp_path):
    (tmp_path / "map").write_bytes(b"a\n")
    with pytest.raises(TransferError, match="is shorter than it was written"):
        list(read_segment(Segment(str(tmp_path / "map"), 0, 100), 10))
