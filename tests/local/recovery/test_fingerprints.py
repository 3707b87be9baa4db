"""streamtools.local.recovery.fingerprints: they change with all that a task's output depends on, and with no more."""

import os

import pytest
from attempts import make_job

from streamtools.local.input.split import Split
from streamtools.local.recovery.fingerprints import map_fingerprints, reduce_fingerprint

PATH = "/usr/bin:/bin"
OPTIONS = ["-mapper", "m.sh", "-reducer", "r.sh", "-combiner", "c.sh", "-file", "shipped"]


@pytest.fixture
def files(folder):
    for name in ("in", "m.sh", "r.sh", "c.sh", "shipped"):
        (folder / name).write_text("#!/bin/sh\ncat\n")
    return folder


def prints(*options, seed=None, length=10):
    job = make_job(*OPTIONS, *options)
    maps = map_fingerprints(job, [Split("in", 0, length), Split("in", length, 5)], PATH, seed)
    return maps, reduce_fingerprint(job, maps, PATH, seed)


def test_they_stay_the_same(files):
    maps, reduce = prints()
    assert (maps, reduce) == prints()
    assert len({*maps, reduce}) == 3


@pytest.mark.parametrize("name", ["in", "m.sh", "c.sh", "shipped"])
def test_a_changed_file_changes_all(files, name):
    maps, reduce = prints()
    os.utime(files / name, ns=(1, 1))
    other, other_reduce = prints()
    assert not {*maps, reduce} & {*other, other_reduce}


def test_a_changed_reducer_leaves_the_maps(files):
    maps, reduce = prints()
    os.utime(files / "r.sh", ns=(1, 1))
    other, other_reduce = prints()
    assert maps == other and reduce != other_reduce


@pytest.mark.parametrize(
    "changed",
    [
        ["-D", "mapreduce.job.reduces=3"],
        ["-D", "mine=1"],
        ["-cmdenv", "A=1"],
        ["-inputformat", "org.apache.hadoop.mapred.lib.NLineInputFormat"],
    ],
)
def test_another_option_changes_all(files, changed):
    maps, reduce = prints()
    other, other_reduce = prints(*changed)
    assert not {*maps, reduce} & {*other, other_reduce}


@pytest.mark.parametrize("same", ["mapreduce.map.maxattempts=9", "mapreduce.job.name=other"])
def test_what_no_result_depends_on_changes_nothing(files, same):
    assert prints() == prints("-D", same)


def test_a_seed_and_other_splits_change_them(files):
    maps, _ = prints()
    assert not set(maps) & set(prints(seed=1)[0])
    assert not set(maps) & set(prints(length=9)[0])
