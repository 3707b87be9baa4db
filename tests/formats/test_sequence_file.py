"""Sequence files, written and read."""

import pytest

from streamtools.formats.batch import Pairs
from streamtools.formats.sequence_file import SequenceReader, SequenceWriter
from streamtools.formats.writables import LONG, TEXT, encode_long
from streamtools.local.input.split import Split


@pytest.mark.parametrize("codec", ["", "DefaultCodec", "GzipCodec", "BZip2Codec"])
@pytest.mark.parametrize("by_block", [False, True])
def test_sequence_files_are_read_as_they_were_written_from_any_split(folder, codec, by_block):
    records = Pairs([encode_long(number) for number in range(5000)], [b"value %d" % number for number in range(5000)])
    writer = SequenceWriter(LONG, TEXT, codec and f"org.apache.hadoop.io.compress.{codec}", by_block)
    data = writer.head()
    for start in range(0, 5000, 1000):
        data += writer.add(Pairs(records.keys[start : start + 1000], records.values[start : start + 1000]))
        data += writer.close()
    (folder / "data.seq").write_bytes(data)
    size = len(data) // 3
    cuts = [Split("data.seq", start, min(size, len(data) - start)) for start in range(0, len(data), size)]
    found = [pairs for split in cuts for pairs in SequenceReader(split.path, split.start, split.length).pairs()]
    assert [key for pairs in found for key in pairs.keys] == records.keys
    assert [value for pairs in found for value in pairs.values] == records.values
