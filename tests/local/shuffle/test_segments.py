"""Segments: read as ranges of files, merged by rounds and within memory, ordered and partitioned as jobs ask."""

import os

import pytest
from attempts import checksums_of

from streamtools.errors import TransferError
from streamtools.formats.batch import Pairs
from streamtools.formats.writables import LONG, TEXT
from streamtools.job import build_job, parse
from streamtools.local.shuffle import segment_merging as merging
from streamtools.local.shuffle.ordering import order_of, partitions_of, sort_block
from streamtools.local.shuffle.safe_lines import escape
from streamtools.local.shuffle.segments import PIECE, Checksums, Segment, is_intact, read_segment
from streamtools.sort import external
from streamtools.sort.order import Order

BY_FIELDS = "-partitioner org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner"
COMPARATOR = "mapreduce.job.output.key.comparator.class=org.apache.hadoop"


def job(options: str = ""):
    return build_job(parse(f"{options} -input in -output out -mapper cat".split()))


@pytest.fixture
def segments(tmp_path):
    """Segments of a file each, given as their bytes."""

    def make(*contents: bytes, in_order: bool = True) -> list[Segment]:
        made = []
        for number, content in enumerate(contents):
            path = tmp_path / f"segment-{number}"
            path.write_bytes(b"before\n" + content + b"after\n")
            made.append(Segment(str(path), 7, len(content), checksums_of(content), in_order))
        return made

    return make


def test_a_range_is_read_in_windows(segments):
    (segment,) = segments(b"a\nb\nc\n")
    assert list(read_segment(segment, 100)) == [b"a\nb\nc\n"]
    assert list(read_segment(segment, 4)) == [b"a\nb\n", b"c\n"]
    assert list(read_segment(segment._replace(length=0), 4)) == []


def test_a_file_that_became_shorter(segments):
    (segment,) = segments(b"a\nb\n")
    with pytest.raises(TransferError):
        list(read_segment(segment._replace(length=100), 9))


def test_segments_are_merged_in_their_order(segments, tmp_path):
    made = segments(b"a\t0\nb\t0\n", b"a\t1\n", b"a\t2\nc\t2\n")
    assert b"".join(merging.merge_segments(made, Order(), 1000, str(tmp_path))) == b"a\t0\na\t1\na\t2\nb\t0\nc\t2\n"
    assert b"".join(merging.merge_segments(made[:1], Order(), 1000, str(tmp_path))) == b"a\t0\nb\t0\n"
    assert b"".join(merging.merge_segments([], Order(), 1000, str(tmp_path))) == b""


@pytest.mark.parametrize("number", [3, 4, 9, 10])
def test_many_segments_are_merged_in_rounds(segments, tmp_path, monkeypatch, number):
    monkeypatch.setattr(merging, "FAN_IN", 3)
    made = segments(*(b"a\t%d\nb\t%d\n" % (each, each) for each in range(number)))
    expected = b"".join(b"%b\t%d\n" % (key, each) for key in (b"a", b"b") for each in range(number))
    assert b"".join(merging.merge_segments(made, Order(), 1000, str(tmp_path / "one"))) == expected
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("*-merged-*")} <= {0o600}
    rounds = {path.name for path in tmp_path.glob("*-merged-*")}
    assert rounds == {f"one-merged-{each}" for each in range({3: 0, 4: 2, 9: 3, 10: 6}[number])}


def test_a_round_leaves_a_segment_and_no_descriptor(tmp_path):
    before = os.listdir("/proc/self/fd")
    path = str(tmp_path / "merged")
    assert merging._write(path, [b"a\t0\n", b"b\t1\n"]) == Segment(path, 0, 8, checksums_of(b"a\t0\nb\t1\n"))
    assert os.listdir("/proc/self/fd") == before


def test_a_merge_keeps_no_file_open(segments, tmp_path):
    made = segments(*[b"a\t0\nb\t0\n"] * 40, *[b"b\t0\na\t0\n"] * 40)
    made[40:] = [segment._replace(in_order=False) for segment in made[40:]]
    before = os.listdir("/proc/self/fd")
    blocks = merging.merge_segments(made, Order(), 1000, str(tmp_path / "one"))
    first = next(blocks)
    assert os.listdir("/proc/self/fd") == before
    assert b"".join([first, *blocks]) == b"a\t0\n" * 80 + b"b\t0\n" * 80
    assert list(tmp_path.glob("*-sorted-*")) == []


def test_segments_in_disorder_are_sorted_first(segments):
    made = segments(b"b\t0\na\t0\n", in_order=False) + segments(b"b\t0\na\t0\n")
    (one, other) = merging.open_streams(made, Order(), 1000)
    assert list(one) == [b"a\t0\nb\t0\n"] and list(other) == [b"b\t0\na\t0\n"]


def test_a_segment_is_sorted_in_a_quarter_of_the_memory_beside_its_file(segments, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(external, "external_sort", lambda blocks, order, options: asked.append(options) or blocks)
    merging.open_streams(segments(b"b\na\n", in_order=False), Order(), 1000)
    assert [(options.memory, list(options.directories)) for options in asked] == [(250, [str(tmp_path)])]


@pytest.mark.parametrize(
    ("memory", "number", "window"),
    [(32 * 10_000, 1, 10_000), (32 * 10_000, 2, 5_000), (1, 1, 4096), (1 << 40, 1, 1 << 18)],
)
def test_windows_share_the_memory(segments, monkeypatch, memory, number, window):
    seen = []
    monkeypatch.setattr(merging, "read_segment", lambda _, window: iter([seen.append(window)]))
    merging.open_streams(segments(*[b"a\n"] * number), Order(), memory)
    assert seen == [window] * number
    assert merging.open_streams([], Order(), memory) == []


def test_a_merge_keeps_blocks_short(segments, tmp_path):
    lines = [b"%06d\t%d\n" % (number, number % 3) for number in range(60_000)]
    made = segments(b"".join(lines[::2]), b"".join(lines[1::2]))
    blocks = list(merging.merge_segments(made, Order(), 1 << 30, str(tmp_path)))
    assert b"".join(blocks) == b"".join(lines) and max(map(len, blocks)) < (1 << 18) + 20


@pytest.mark.parametrize(
    ("options", "order"),
    [
        ("", [b"a", b"b"]),
        (f"-D {COMPARATOR}.io.LongWritable$DecreasingComparator", [b"b", b"a"]),
        (f"-D {COMPARATOR}.mapred.lib.KeyFieldBasedComparator", [b"a", b"b"]),
        ("-D mapreduce.partition.keycomparator.options=-k1,1r", [b"a", b"b"]),  # of another comparator than the job's
    ],
)
def test_orders(options, order):
    found = order_of(job(options))
    assert found.key is None and [b"a", b"b"][:: -1 if found.reverse else 1] == order


def test_the_order_by_fields_sees_keys_as_they_were():
    options = f"-D {COMPARATOR}.mapred.lib.KeyFieldBasedComparator -D mapreduce.partition.keycomparator.options=-k2,2n"
    order = order_of(job(f"{options} -D mapreduce.map.output.key.field.separator=."))
    assert sorted([b"a.10", b"b.9", b"c\x0b\x2a.\x0b\x2a1"], key=order.key) == [b"c\x0b\x2a.\x0b\x2a1", b"b.9", b"a.10"]


def test_partitions():
    """Hadoop's hashes over keys as they were before escaping."""
    assert partitions_of(job("-D mapreduce.job.reduces=7"), TEXT).of_keys([b"a", b"\x0b\x2a"]) == [128 % 7, 41 % 7]
    keys = [b"x\x0b\x29a", b"y\x0b\x29a"]
    assert by_fields("-D mapreduce.partition.keypartitioner.options=-k2,2").of_keys(keys) == [97 % 7] * 2
    assert by_fields("-D num.key.fields.for.partition=1").of_keys([b"a"]) == [97 % 7]
    dots = "-D mapreduce.partition.keypartitioner.options=-k1,1 -D mapreduce.map.output.key.field.separator=."
    assert by_fields(dots).of_keys([b"a.b"]) == [97 % 7]


def by_fields(options: str):
    return partitions_of(job(f"-D mapreduce.job.reduces=7 {options} {BY_FIELDS}"), TEXT)


@pytest.mark.parametrize("number", [0, 1, -1, 7, 1 << 32, (1 << 40) + 5, -(1 << 33)])
def test_partitions_of_long_integers(number):
    """Java's Long.hashCode: the halves of its bits, one over the other."""
    stored = ((number & (1 << 64) - 1) ^ 1 << 63).to_bytes(8, "big")  # so that bytes sort as numbers
    bits = number & (1 << 64) - 1
    expected = ((bits ^ bits >> 32) & 0x7FFFFFFF) % 7
    safe = escape(Pairs([stored], [b""])).split(b"\t")[0]
    assert partitions_of(job("-D mapreduce.job.reduces=7"), LONG).of_keys([safe]) == [expected]


@pytest.mark.parametrize("order", [Order(), Order(reverse=True), Order(key=len)])
@pytest.mark.parametrize("block", [b"b\t1\na\t1\nbb\t1\n", b"b\t2\na\t1\nb\t1\nbb\t0\n", b""])
def test_sort_block(order, block):
    lines = block.splitlines(keepends=True)
    key = order.key_of
    expected = sorted(lines, key=lambda line: key(line[:-1]), reverse=order.reverse)
    assert sort_block(block, order) == b"".join(expected)


@pytest.mark.parametrize("size", [1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
@pytest.mark.parametrize("window", [4, PIECE, 5 * PIECE])
def test_a_byte_that_changed_is_told_before_it_is_given_out(segments, size, window):
    content = b"x" * (size - 1) + b"\n"
    (segment,) = segments(content)
    assert b"".join(read_segment(segment, window)) == content and is_intact(segment)
    with open(segment.path, "r+b") as file:
        file.seek(7 + size // 2)
        file.write(b"#")
    with pytest.raises(TransferError, match="segment-0: does not hold what was written") as raised:
        list(read_segment(segment, window))
    assert "\n" not in str(raised.value) and not is_intact(segment)


def test_checksums_do_not_depend_on_the_blocks(monkeypatch):
    content = bytes(range(256)) * 300
    in_parts = Checksums()
    for start in range(0, len(content), 777):
        in_parts.add(content[start : start + 777])
    with_zlib = in_parts.finish()
    monkeypatch.setattr("streamtools.local.shuffle.segments.WORTH_ISAL", 0)
    assert with_zlib == checksums_of(content)
