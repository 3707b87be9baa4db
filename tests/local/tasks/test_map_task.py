"""streamtools.local.tasks.map_task: a split becomes segments for reducers, or a part file without them."""

import pytest
from attempts import make_attempt, make_job, map_task, read_output, run_alone

from streamtools.local.counters import FILE_INPUT, FRAMEWORK
from streamtools.local.shuffle.safe_lines import expand
from streamtools.local.shuffle.segments import read_segment
from streamtools.local.tasks.map_task import run_map
from streamtools.local.tasks.outcome import Done, Failed

INPUT = b"b 2\na 1\nb 3\n"
TO_PAIRS = "-mapper", "tr ' ' '\t'"


@pytest.fixture
def split(folder):
    (folder / "in").write_bytes(INPUT)
    return map_task(folder / "in")


def records(done):
    """The records of each partition."""
    segments = done.output.partitions
    return [b"".join(b"".join(expand(read_segment(segment, 100))) for segment in some) for some in segments]


def test_records_go_sorted_to_their_partitions(folder, split):
    job = make_job("-D", "mapreduce.job.reduces=3", *TO_PAIRS)
    done = run_alone(run_map, make_attempt(job, split, folder))
    assert isinstance(done, Done)
    assert sorted(records(done)) == [b"", b"a\t1\n", b"b\t2\nb\t3\n"]
    assert (done.records, done.size) == (3, len(INPUT))
    assert done.counters[FRAMEWORK, "Map input records"] == done.counters[FRAMEWORK, "Map output records"] == 3
    assert done.counters[FILE_INPUT, "Bytes Read"] == len(INPUT)


def test_without_reducers_they_stay_in_order(folder, split):
    attempt = make_attempt(make_job("-D", "mapreduce.job.reduces=0", *TO_PAIRS), split, folder)
    done = run_alone(run_map, attempt)
    assert isinstance(done, Done) and done.output is None
    assert read_output(attempt) == {"part-00000": b"b\t2\na\t1\nb\t3\n"}


def test_a_java_class_maps_in_this_process(folder, split):
    job = make_job(
        *("-D", "mapreduce.map.output.key.class=org.apache.hadoop.io.Text"),
        *("-mapper", "org.apache.hadoop.mapred.lib.InverseMapper", "-inputformat", "KeyValueTextInputFormat"),
    )
    (folder / "in").write_bytes(b"b\t2\n")
    done = run_alone(run_map, make_attempt(job, map_task(folder / "in"), folder))
    assert records(done) == [b"2\tb\n"]


@pytest.mark.parametrize(
    ("mapper", "reason"),
    [
        ("nowhere", 'Cannot run program "nowhere": error=2, No such file or directory'),
        ("false", "subprocess failed with code 1"),
    ],
)
def test_a_command_that_fails(folder, split, mapper, reason):
    failed = run_alone(run_map, make_attempt(make_job("-mapper", mapper), split, folder))
    assert isinstance(failed, Failed) and reason in failed.reason


def test_a_combiner_that_fails_counts_what_the_mapper_did(folder, split):
    job = make_job(*TO_PAIRS, "-combiner", "false", "-reducer", "cat")
    failed = run_alone(run_map, make_attempt(job, split, folder))
    assert isinstance(failed, Failed) and failed.command.role == "combiner"
    assert failed.counters[FRAMEWORK, "Map input records"] == 3
