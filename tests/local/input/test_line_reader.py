"""The lines of splits, each read once."""

import bz2
import gzip
import random
import threading
from pathlib import Path

import pytest
from encoded_files import zst
from hypothesis import given
from hypothesis import strategies as st
from line_ends import LINES, by_definition

from streamtools.errors import DataError
from streamtools.formats.hadoop_codecs import read_decoded
from streamtools.formats.writables import decode_long
from streamtools.local.input import line_reader
from streamtools.local.input.line_reader import LineReader
from streamtools.local.input.split import Split


@given(LINES, st.integers(1, 20), st.binary(max_size=2))
def test_each_line_is_in_one_split_whatever_its_size(tmp_path_factory, lines, size, tail):
    data = b"".join(line + ending for line, ending in lines) + tail
    path = tmp_path_factory.mktemp("lines") / "data"
    path.write_bytes(data)
    cuts = [Split(str(path), start, min(size, len(data) - start)) for start in range(0, len(data), size)]
    by_blocks = [line for split in cuts for block in LineReader(split).blocks() for line in block.split(b"\n")[:-1]]
    pairs = [pair for split in cuts for found in LineReader(split).pairs() for pair in zip(*found, strict=True)]
    assert by_blocks == by_definition(data)
    assert [line for _, line in pairs] == by_definition(data)
    assert all(data[decode_long(offset) :].startswith(line) for offset, line in pairs)


DELIMITED = [
    (b"a||b\nc||", 0, [b"a", b"b\nc"]),
    (b"a|b||c", 0, [b"a|b", b"c"]),
    (b"", 0, []),
]


@pytest.mark.parametrize("data, start, records", DELIMITED)
def test_a_delimiter_takes_the_place_of_line_ends(folder, data, start, records):
    (folder / "data").write_bytes(data)
    reader = LineReader(Split("data", start, len(data)), b"||")
    assert [line for pairs in reader.pairs() for line in pairs.values] == records


def test_a_byte_order_mark_is_dropped_at_the_start_only(folder):
    (folder / "data").write_bytes(b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n")
    assert b"".join(LineReader(Split("data", 0, 10)).blocks()) == b"a\n\xef\xbb\xbfb\n"


@pytest.mark.parametrize("longest, kept", [(0, [b"a", b"bcd", b"e"]), (4, [b"a", b"e"]), (5, [b"a", b"bcd", b"e"])])
def test_lines_that_are_too_long_are_dropped(folder, longest, kept):
    (folder / "data").write_bytes(b"a\nbcd\ne\n")
    reader = LineReader(Split("data", 0, 8), longest=longest)
    assert b"".join(reader.blocks()).split() == kept
    assert reader.records == len(kept)


@pytest.mark.parametrize("size", [30_000, 70_000, 1_000_000])
def test_bzip2_is_read_from_the_middle(folder, size):
    lines = [b"%d %d" % (number, number * 7919 % 100_003) for number in range(60_000)]
    packed = bz2.compress(b"\n".join(lines[:40_000]) + b"\n", 1) + bz2.compress(b"\n".join(lines[40_000:]) + b"\n", 1)
    (folder / "data.bz2").write_bytes(packed)
    cuts = [Split("data.bz2", start, min(size, len(packed) - start)) for start in range(0, len(packed), size)]
    assert b"".join(b"".join(LineReader(split).blocks()) for split in cuts).split(b"\n")[:-1] == lines


@pytest.mark.parametrize("suffix, pack", [("gz", gzip.compress), ("bz2", bz2.compress), ("zst", zst)])
def test_a_large_compressed_file_is_decoded_in_a_thread_ahead_of_its_mapper(folder, suffix, pack, monkeypatch):
    threads = set()

    def decode_here(*arguments, **options):
        threads.add(threading.get_ident())
        return read_decoded(*arguments, **options)

    monkeypatch.setattr(line_reader, "read_decoded", decode_here)
    lines = [random.Random(number).randbytes(30).hex().encode() for number in range(20_000)]
    packed = pack(b"\n".join(lines) + b"\n")
    assert len(packed) > line_reader.LARGE
    for data in (packed, packed[:-5]):
        Path(f"data.{suffix}").write_bytes(data)
        reader = LineReader(Split(f"data.{suffix}", 0, len(data)))
        if data is packed:
            assert b"".join(reader.blocks()).split(b"\n")[:-1] == lines
        else:
            with pytest.raises(DataError, match=rf"data.{suffix}"):
                list(reader.blocks())
    assert threads and threading.get_ident() not in threads
