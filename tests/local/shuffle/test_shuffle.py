"""The shuffle against the obvious: distribute by hash, sort by key, keep the order within a key."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools.formats.batch import Pairs
from streamtools.formats.writables import TEXT
from streamtools.job import build_job, parse
from streamtools.local.counters import FRAMEWORK, Counters
from streamtools.local.shuffle.collector import Collector, Combiner
from streamtools.local.shuffle.map_output_file import MapOutputFile
from streamtools.local.shuffle.segment_merging import merge_segments
from streamtools.local.shuffle.ordering import order_of
from streamtools.local.shuffle.safe_lines import expand, unescape_pairs
from streamtools.partition import hash_bytes

KEY = st.one_of(st.sampled_from([b"a", b"b", b"ab", b"a\tb", b"a\x01", b"\x0b", b"", b"z"]), st.binary(max_size=4))
RECORDS = st.lists(st.tuples(KEY, st.binary(max_size=3)), max_size=60)
BASIC = "-input in -output out -mapper cat"


def shuffled(job, maps, memory, scratch, combine=None, counters=None):
    """The records of each partition after all map tasks' records have gone through collector and merge."""
    outputs = []
    for number, records in enumerate(maps):
        path = os.path.join(scratch, f"map-{number}")
        output = MapOutputFile(path, TEXT, TEXT, order_of(job), counters if counters is not None else Counters())
        collector = Collector(job, output, memory, Combiner(combine) if combine else None)
        for start in range(0, len(records), 7):
            some = records[start : start + 7]
            collector.add(Pairs([key for key, _ in some], [value for _, value in some]))
        outputs.append(collector.close())
    found = []
    for partition in range(job.reduces):
        segments = [segment for output in outputs for segment in output.partitions[partition]]
        blocks = expand(merge_segments(segments, order_of(job), memory, str(scratch)))
        found.append([pair for block in blocks for pair in zip(*unescape_pairs(block), strict=True)])
    return found


@given(st.lists(RECORDS, max_size=4), st.integers(1, 4), st.sampled_from([1, 2000, 1 << 20]))
def test_records_are_parted_and_stably_sorted(tmp_path_factory, maps, reduces, memory):
    job = build_job(parse(f"-D mapreduce.job.reduces={reduces} {BASIC}".split()))
    counters = Counters()
    found = shuffled(job, maps, memory, tmp_path_factory.mktemp("s"), counters=counters)
    for partition in range(reduces):
        mine = [r for records in maps for r in records if (hash_bytes(r[0]) & 0x7FFFFFFF) % reduces == partition]
        assert found[partition] == sorted(mine, key=lambda record: record[0])
    assert counters[FRAMEWORK, "Map output records"] == sum(map(len, maps))


@given(
    st.lists(st.lists(st.sampled_from([b"a", b"b", b"cc", b"d"]), max_size=99), max_size=3),
    st.sampled_from([1, 1 << 20]),
)
def test_equal_records_are_counted_and_come_out_as_often(tmp_path_factory, maps, memory):
    job = build_job(parse(f"-D mapreduce.job.reduces=2 {BASIC}".split()))
    found = shuffled(job, [[(key, b"1") for key in keys] for keys in maps], memory, tmp_path_factory.mktemp("s"))
    assert sorted(key for part in found for key, _ in part) == sorted(key for keys in maps for key in keys)
    assert all(part == sorted(part) for part in found)


@given(RECORDS, st.integers(1, 3))
def test_a_combiner_may_put_out_keys_in_any_order(tmp_path_factory, records, reduces):
    job = build_job(parse(f"-D mapreduce.job.reduces={reduces} {BASIC}".split()))

    def backwards(blocks):
        lines = b"".join(blocks).split(b"\n")[:-1]
        yield b"".join(line + b"\n" for line in reversed(lines))

    for memory in (1, 1 << 20):
        found = shuffled(job, [records, records, records], memory, tmp_path_factory.mktemp("s"), backwards)
        assert sorted(record for part in found for record in part) == sorted(records * 3)


ORDERS = [  # comparator options with separator `.`, keys in that order
    ("-k2,2n", [b"x.-3", b"a.1", b"b.02", b"c.10"]),
    ("-k2,2nr", [b"c.10", b"b.2", b"a.1"]),
    ("-k1,1 -k2,2r", [b"a.z", b"a.b", b"b.a"]),
    ("-r", [b"z", b"b", b"a"]),
]


@pytest.mark.parametrize("options, keys", ORDERS)
def test_key_field_comparator(folder, options, keys):
    words = [
        *("-D", "mapreduce.job.output.key.comparator.class=org.apache.hadoop.mapred.lib.KeyFieldBasedComparator"),
        *("-D", f"mapreduce.partition.keycomparator.options={options}"),
        *("-D", "mapreduce.map.output.key.field.separator=."),
    ]
    job = build_job(parse([*words, *BASIC.split()]))
    halves = [[(key, b"") for key in reversed(keys)][half::2] for half in (0, 1)]
    assert [[key for key, _ in part] for part in shuffled(job, halves, 1 << 20, folder)] == [keys]


def test_many_segments_are_merged_in_passes(folder, monkeypatch):
    monkeypatch.setattr("streamtools.local.shuffle.segment_merging.FAN_IN", 3)
    job = build_job(parse(BASIC.split()))
    maps = [[(b"%03d" % (number * 37 % 101), b"%d" % task) for number in range(20)] for task in range(11)]
    expected = sorted((record for records in maps for record in records), key=lambda record: record[0])
    assert shuffled(job, maps, 1 << 20, folder) == [expected]
