"""streamtools.inputs.cuts.bzip2_blocks: each block belongs to one split, wherever the borders fall."""

import bz2

import pytest

from streamtools.errors import DataError
from streamtools.inputs.cuts.bzip2_blocks import decode_blocks

STREAMS = [b"".join(b"%d %d\n" % (stream, number * 7919) for number in range(25_000)) for stream in range(2)]
PACKED = b"".join(bz2.compress(data, 1) for data in STREAMS)


@pytest.fixture
def path(tmp_path):
    (tmp_path / "x.bz2").write_bytes(PACKED)
    return str(tmp_path / "x.bz2")


def test_all_blocks_from_the_start(path):
    found = list(decode_blocks(path, 0))
    assert b"".join(plain for _, plain in found) == b"".join(STREAMS)
    assert len(found) > 4 and found[0][0] == 4


def test_from_a_byte_on_come_the_blocks_that_begin_there_or_later(path):
    found = list(decode_blocks(path, 0))
    for number, (position, _) in enumerate(found[1:], 1):
        for start, first in ((position, number), (position + 1, number + 1)):
            assert [plain for _, plain in decode_blocks(path, start)] == [plain for _, plain in found[first:]]


@pytest.mark.parametrize("end", [-1, -30, len(PACKED) // 2])
def test_a_file_cut_short_is_an_error(tmp_path, end):
    (tmp_path / "x.bz2").write_bytes(PACKED[:end])
    with pytest.raises(DataError):
        list(decode_blocks(str(tmp_path / "x.bz2"), 0))


def test_a_damaged_block_is_an_error(tmp_path):
    (tmp_path / "x.bz2").write_bytes(PACKED[:5000] + bytes([PACKED[5000] ^ 1]) + PACKED[5001:])
    with pytest.raises(DataError, match="damaged bz2 block at byte 4"):
        list(decode_blocks(str(tmp_path / "x.bz2"), 0))
