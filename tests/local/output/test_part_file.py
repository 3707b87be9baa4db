"""streamtools.local.output.part_file: records as the bytes of part files, and the bytes that count."""

import os
import zlib

import pytest

from streamtools.errors import DataError
from streamtools.formats.batch import Pairs
from streamtools.formats.writables import LONG, NULL, TEXT, encode_long
from streamtools.job import build_job, parse
from streamtools.local.counters import FILE_OUTPUT, Counters
from streamtools.local.output.part_file import PartFile, suffix_of_parts

BASIC = ["-input", "in", "-output", "out", "-mapper", "cat"]
SEQUENCE = "org.apache.hadoop.mapred.SequenceFileOutputFormat"
NOTHING = "org.apache.hadoop.mapred.lib.NullOutputFormat"
COMPRESSED = ["-D", "mapreduce.output.fileoutputformat.compress=true"]


def write(folder, batches, *options, key=TEXT, value=TEXT):
    """Write batches to part file 7; return its name and content, and the bytes counted."""
    counters = Counters()
    generic, streaming = [o for o in options if "=" in o], [o for o in options if "=" not in o and o != "-D"]
    words = [word for option in generic for word in ("-D", option)]
    part = PartFile(build_job(parse([*words, *BASIC, *streaming])), key, value, str(folder), 7, counters)
    for batch in batches:
        part.add(batch)
    part.close()
    found = {name: (folder / name).read_bytes() for name in os.listdir(folder)}
    return found, counters[FILE_OUTPUT, "Bytes Written"]


@pytest.mark.parametrize(
    ("batch", "kinds", "text"),
    [
        (b"a\t1\nb\n", (TEXT, TEXT), b"a\t1\nb\t\n"),
        (Pairs([b"a", b"b"], [b"1", b""]), (TEXT, TEXT), b"a\t1\nb\t\n"),
        (Pairs([b"a"], [encode_long(-7)]), (TEXT, LONG), b"a\t-7\n"),
        (Pairs([b""], [b"v"]), (NULL, TEXT), b"v\n"),
        (Pairs([b"k"], [b""]), (TEXT, NULL), b"k\n"),
        (Pairs([b""], [b""]), (NULL, NULL), b""),
    ],
)
def test_text(tmp_path, batch, kinds, text):
    found, counted = write(tmp_path, [batch], key=kinds[0], value=kinds[1])
    assert found == {"part-00007": text}
    assert counted == len(text) + 8 + 4 * bool(text)  # and the file of checksums that Hadoop counts


def test_another_separator(tmp_path):
    option = "mapreduce.output.textoutputformat.separator=::"
    assert write(tmp_path, [b"a\t1\n"], option)[0] == {"part-00007": b"a::1\n"}


def test_compressed(tmp_path):
    found, _ = write(tmp_path, [b"a\t1\n"], "mapreduce.output.fileoutputformat.compress=true")
    assert zlib.decompress(found["part-00007.deflate"]) == b"a\t1\n"


def test_suffixes():
    assert suffix_of_parts(build_job(parse(BASIC))) == ""
    gzip = "mapreduce.output.fileoutputformat.compress.codec=org.apache.hadoop.io.compress.GzipCodec"
    assert suffix_of_parts(build_job(parse([*COMPRESSED, "-D", gzip, *BASIC]))) == ".gz"


def test_a_lazy_file_is_made_with_its_first_record(tmp_path):
    assert write(tmp_path, [Pairs([], [])], "-lazyOutput")[0] == {}
    assert write(tmp_path, [b"a\t1\n"], "-lazyOutput") == ({"part-00007": b"a\t1\n"}, 0)


def test_no_output_at_all(tmp_path):
    assert write(tmp_path, [b"a\t1\n"], "-outputformat", NOTHING)[0] == {}


def test_a_sequence_file_has_records_of_the_jobs_classes_only(tmp_path):
    text = "mapreduce.job.output.key.class=org.apache.hadoop.io.Text"
    found, _ = write(tmp_path, [b"a\t1\n"], text, "-outputformat", SEQUENCE)
    assert found["part-00007"].startswith(b"SEQ\x06")
    with pytest.raises(DataError, match=r"wrong value class: .*LongWritable is not class .*Text"):
        write(tmp_path, [], text, "-outputformat", SEQUENCE, value=LONG)
