"""streamtools.local.tasks.reduce_task: segments are merged, reduced and written as a part file."""

from dataclasses import replace

import pytest
from attempts import checksums_of, make_attempt, make_job, read_output, reduce_task, run_alone

from streamtools.local.counters import FRAMEWORK
from streamtools.local.shuffle.segments import Segment
from streamtools.local.tasks.outcome import Done, Failed
from streamtools.local.tasks.reduce_task import run_reduce

IDENTITY = "org.apache.hadoop.mapred.lib.IdentityReducer"


@pytest.fixture
def segments(folder):
    found = []
    for number, data in enumerate([b"a\t1\nc\t2\n", b"a\t3\nb\t4\n"]):
        path = folder / f"map-{number}"
        path.write_bytes(data)
        found.append(Segment(str(path), 0, len(data), checksums_of(data)))
    return found


@pytest.mark.parametrize("reducer", ["cat", IDENTITY])
def test_segments_are_merged_in_order(folder, segments, reducer):
    attempt = make_attempt(make_job("-mapper", "cat", "-reducer", reducer), reduce_task(segments, 2), folder)
    done = run_alone(run_reduce, attempt)
    assert isinstance(done, Done) and done.records == 4
    assert read_output(attempt) == {"part-00002": b"a\t1\na\t3\nb\t4\nc\t2\n"}
    counted = {name: done.counters[FRAMEWORK, f"Reduce {name}"] for name in ("input records", "input groups")}
    assert counted == {"input records": 4, "input groups": 3}
    assert done.counters[FRAMEWORK, "Reduce output records"] == 4


def test_tasks_that_merge_in_rounds_at_a_time_have_files_of_their_own(folder, segments, monkeypatch):
    monkeypatch.setattr("streamtools.local.shuffle.segment_merging.FAN_IN", 2)
    job = make_job("-mapper", "cat", "-reducer", "cat")
    for number in range(2):
        done = run_alone(run_reduce, make_attempt(job, reduce_task([*segments, segments[0]], number), folder))
        assert isinstance(done, Done) and done.records == 6
    assert len(list(folder.glob("scratch/*-merged-*"))) == 4  # two rounds of each task


def test_without_records_the_reducer_runs_but_nothing_counts(folder):
    script = 'touch ran; echo "reporter:counter:G,n,1" >&2; echo dropped'
    (folder / "empty").touch()
    attempt = make_attempt(
        make_job("-mapper", "cat", "-reducer", f"sh -c '{script}'"),
        reduce_task([Segment(str(folder / "empty"), 0, 0, b"")]),
        folder,
    )
    done = run_alone(run_reduce, attempt)
    assert isinstance(done, Done) and (folder / "ran").exists()
    assert ("G", "n") not in done.counters
    assert read_output(attempt) == {"part-00000": b""}


def test_a_seed_shuffles_the_values_of_a_key_only(folder, segments):
    job = make_job("-mapper", "cat", "-reducer", "cat")
    seen = set()
    for seed in range(8):
        attempt = make_attempt(job, reduce_task(segments), folder)
        run_alone(run_reduce, replace(attempt, seed=seed))
        (content,) = read_output(attempt).values()
        assert sorted(content.split(b"\n")) == [b"", b"a\t1", b"a\t3", b"b\t4", b"c\t2"]
        assert [line[:1] for line in content.split(b"\n")] == [b"a", b"a", b"b", b"c", b""]
        seen.add(content)
    assert len(seen) == 2


def test_a_reducer_that_fails(folder, segments):
    attempt = make_attempt(make_job("-mapper", "cat", "-reducer", "false"), reduce_task(segments), folder)
    failed = run_alone(run_reduce, attempt)
    assert isinstance(failed, Failed) and "subprocess failed with code 1" in failed.reason
