"""How input files are split, and how the splits are numbered."""

import os

import pytest

from streamtools.job import build_job, parse
from streamtools.local.input import splits
from streamtools.local.input.line_reader import LineReader
from streamtools.local.input.splits import find_splits

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


def test_a_comma_list_may_mix_files_with_remote_inputs(folder, monkeypatch):
    """The files beside a remote input in one -input were once left out, silently."""
    (folder / "a").write_text("x\n")
    monkeypatch.setattr(splits, "_find_remote_size", lambda _uri: 5)
    job = build_job(parse(["-input", "a,s3://bucket/b", "-output", "out", "-mapper", "cat"]))
    assert sorted(split.path for split in splits.find_splits(job).splits) == [str(folder / "a"), "s3://bucket/b"]
