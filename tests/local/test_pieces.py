"""The parts of the engine that are functions: tables and properties."""

import bz2
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools.formats.batch import Pairs
from streamtools.formats.lines import read_line_blocks
from streamtools.formats.sequence_file import SequenceReader, SequenceWriter
from streamtools.formats.typed_bytes import split_values, to_string
from streamtools.formats.writables import LONG, TEXT, WRITABLES, decode_long, encode_long, encode_vint, read_vint
from streamtools.java.numbers import format_double
from streamtools.job import Refused, build_job, parse
from streamtools.local.counters import Counters, counter_of, printed
from streamtools.local.input.input_files import input_files
from streamtools.local.input.line_reader import LineReader
from streamtools.local.input.split import Split
from streamtools.local.input.splits import find_splits
from streamtools.local.shuffle.safe_lines import escape, unescape_pairs

ENDINGS = [b"\n", b"\r", b"\r\n"]
LINES = st.lists(
    st.tuples(st.sampled_from([b"", b"a", b"bc", b"\xff\0", b"x" * 9]), st.sampled_from(ENDINGS)), max_size=12
)


def by_definition(data: bytes) -> list[bytes]:
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return lines[:-1] if not lines[-1] else lines


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


@given(LINES, st.lists(st.integers(0, 60)))
def test_printed_lines_do_not_depend_on_how_the_chunks_fall(lines, cuts):
    data = b"".join(line + ending for line, ending in lines)
    cuts = sorted(min(cut, len(data)) for cut in cuts)
    chunks = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    assert b"".join(read_line_blocks(chunks)).split(b"\n")[:-1] == by_definition(data)


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


KEYS = st.binary(max_size=6)


@given(st.lists(st.tuples(KEYS, KEYS)))
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


TOLD = [
    (b"G,name,5", ("G", "name", 5)),
    (b"G,neg,-4", ("G", "neg", -4)),
    (b"G,plus,+6", ("G", "plus", 6)),
    (b" G,tr,8  ", ("G", "tr", 8)),
    (b"G,e,1,", ("G", "e", 1)),
    (b",empty,5", ("", "empty", 5)),
    (b"G,,5", ("G", "", 5)),
    (b"G,sp, 7", None),
    (b"G,c,1,2", None),
    (b"G,two", None),
    (b"G,x,1.5", None),
    (b"G,over,9223372036854775808", None),
    (b"org.apache.hadoop.mapreduce.TaskCounter,MAP_INPUT_RECORDS,2", ("Map-Reduce Framework", "Map input records", 2)),
]


@pytest.mark.parametrize("text, told", TOLD)
def test_counter_lines(text, told):
    assert counter_of(b"reporter:counter:" + text, b"reporter:") == told


def test_counters_are_printed_by_groups():
    counters = Counters({("Map-Reduce Framework", "Map input records"): 3, ("My", "b"): 1, ("My", "a"): 2})
    assert printed(counters) == "Counters: 3\n\tMap-Reduce Framework\n\t\tMap input records=3\n\tMy\n\t\ta=2\n\t\tb=1"


DOUBLES = [
    (0.0, "0.0"), (-0.0, "-0.0"), (1.0, "1.0"), (100.0, "100.0"), (0.1 + 0.2, "0.30000000000000004"), (1e-3, "0.001"),
    (1e-5, "1.0E-5"), (12345678.9, "1.23456789E7"), (1e7, "1.0E7"), (9999999.0, "9999999.0"), (float("nan"), "NaN"),
    (1.5e300, "1.5E300"), (-2.5, "-2.5"), (float("inf"), "Infinity"), (1234.5, "1234.5"), (1e23, "1.0E23"),
]  # fmt: skip


@pytest.mark.parametrize("number, text", DOUBLES)
def test_doubles_are_written_as_java_does(number, text):
    assert format_double(number) == text


TYPED = [
    (b"\x03\0\0\0\x05", b"5"), (b"\x07\0\0\0\x02hi", b"hi"), (b"\x02\x01", b"true"), (b"\x01\xff", b"-1"),
    (b"\x06" + bytes.fromhex("3ff8000000000000"), b"1.5"), (b"\x08\0\0\0\x02\x01\x01\x01\x02", b"[1, 2]"),
    (b"\x09\x01\x01\xff", b"[1]"), (b"\x0a\0\0\0\x01\x01\x01\x07\0\0\0\x01x", b"{1=x}"), (b"\x04" + b"\xff" * 8, b"-1"),
]  # fmt: skip


@pytest.mark.parametrize("data, text", TYPED)
def test_typed_bytes(data, text):
    assert to_string(data) == text
    pieces = [data[index : index + 1] for index in range(len(data))] * 2
    assert [value for found in split_values(pieces, "") for value in found] == [data, data]


@given(st.integers(0, 1 << 40), st.integers(-(1 << 63), (1 << 63) - 1), st.integers(-(1 << 63), (1 << 63) - 1))
def test_numbers_in_their_forms(length, one, two):
    assert read_vint(encode_vint(length), 0) == (length, len(encode_vint(length)))
    assert decode_long(encode_long(one)) == one
    assert (encode_long(one) < encode_long(two)) == (one < two)


@given(st.sampled_from(sorted(WRITABLES)), st.binary(min_size=8, max_size=8))
def test_kinds_restore_what_they_serialize(java, data):
    kind = WRITABLES[java]
    assert kind.deserialize(kind.serialize(data)) == data


SPLITS = [  # length, split size, splits
    (420, 200, [(200, 220), (0, 200)]),
    (220, 200, [(0, 220)]),
    (221, 200, [(0, 200), (200, 21)]),
    (0, 200, [(0, 0)]),
]


@pytest.mark.parametrize("length, size, found", SPLITS)
def test_splits(folder, length, size, found):
    (folder / "in").write_bytes(b"x" * length)
    job = build_job(parse(f"-D fs.local.block.size={size} -input in -output out -mapper cat".split()))
    assert [(split.start, split.length) for split in find_splits(job).splits] == found


def test_splits_are_numbered_by_length_and_a_wish_for_maps_is_heard(folder):
    for name, length in (("a", 10), ("b", 30), ("c.gz", 20)):
        (folder / name).write_bytes(b"x" * length)
    job = build_job(parse(["-D", "mapreduce.job.maps=6", "-input", "a,b,c.gz", "-output", "out", "-mapper", "cat"]))
    assert [(os.path.basename(split.path), split.length) for split in find_splits(job).splits] == [
        ("c.gz", 20), ("a", 10), ("b", 10), ("b", 10), ("b", 10),
    ]  # fmt: skip


def test_nline_splits(folder):
    (folder / "in").write_bytes(b"1\n22\n333\n4\n5\n")
    format_ = "org.apache.hadoop.mapred.lib.NLineInputFormat"
    words = f"-D mapreduce.input.lineinputformat.linespermap=2 -input in -output out -mapper cat -inputformat {format_}"
    found = find_splits(build_job(parse(words.split()))).splits
    assert [(split.start, split.length) for split in found] == [(4, 6), (0, 4), (10, 2)]
    assert [b"".join(LineReader(split).blocks()) for split in found] == [b"333\n4\n", b"1\n22\n", b"5\n"]


GLOBS = [
    ("in", ["in/a.txt", "in/b.txt", "in/c.log"]),
    ("in/*.txt", ["in/a.txt", "in/b.txt"]),
    ("in/?.log", ["in/c.log"]),
    ("in/[^a].*", ["in/b.txt", "in/c.log"]),
    ("{in/a,other/d}.txt", ["in/a.txt", "other/d.txt"]),
    ("*/[ad].txt", ["in/a.txt", "other/d.txt"]),
    ("in/a.txt,in/a.txt", ["in/a.txt", "in/a.txt"]),
    ("in/", ["in/a.txt", "in/b.txt", "in/c.log"]),
    ("file:PWD/in/a.txt", ["in/a.txt"]),
]


@pytest.fixture
def tree(folder):
    for name in ("in/a.txt", "in/b.txt", "in/c.log", "in/_hidden", "in/.crc", "other/d.txt", "nested/deep/e"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


@pytest.mark.parametrize("pattern, files", GLOBS)
def test_inputs(tree, pattern, files):
    job = build_job(parse(["-input", pattern.replace("PWD", str(tree)), "-output", "out", "-mapper", "cat"]))
    assert [os.path.relpath(path) for path in input_files(job)] == files


NO_INPUT = [
    ("nosuch", "Input path does not exist: file:PWD/nosuch"),
    ("in/_hidden", "Input path does not exist"),
    ("in/*.x", "Input Pattern file:PWD/in/*.x matches 0 files"),
    ("nested", "Not a file: file:PWD/nested/deep"),
    ("in\\,1", "Illegal file pattern: An escaped character does not present"),
    ("in/[a", "Illegal file pattern: Unclosed character class"),
    ("s3://bucket/x", 'No FileSystem for scheme "s3"'),
]


@pytest.mark.parametrize("pattern, message", NO_INPUT)
def test_inputs_that_are_refused(tree, pattern, message):
    with pytest.raises(Refused) as refused:
        input_files(build_job(parse(["-input", pattern, "-output", "out", "-mapper", "cat"])))
    assert message.replace("PWD", str(tree)) in str(refused.value)
    assert refused.value.exit_code == 5


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
