"""Corners of Hadoop's that a job may lean on: old properties, shipping, the committer, counters, toString."""

import os
from pathlib import Path

import pytest

from streamtools.errors import DataError
from streamtools.formats.command_io import read_records
from streamtools.formats.typed_bytes import to_string
from streamtools.job import Refused, build_job, parse
from streamtools.local.counters import NAMESAKE, counter_of, printed

LIB = "org.apache.hadoop.mapred.lib."
BASIC = ["-input", "in", "-output", "out", "-mapper", "cat"]


def job(*words: str):
    return build_job(parse([*words, *BASIC]))


@pytest.mark.parametrize(
    ("former", "value", "present"),
    [
        ("mapred.job.queue.name", "q", "mapreduce.job.queuename"),
        ("io.sort.spill.percent", "0.5", "mapreduce.map.sort.spill.percent"),
        ("mapreduce.job.counters.limit", "99", "mapreduce.job.counters.max"),
    ],
)
def test_former_names_of_properties(former, value, present):
    assert job("-D", f"{former}={value}").properties.get(present) == value


def test_properties_that_options_set_count_without_them():
    made = job(
        *("-D", f"mapred.partitioner.class={LIB}KeyFieldBasedPartitioner", "-D", "mapred.input.dir=before"),
        *("-D", f"mapred.combiner.class={LIB}IdentityReducer", "-D", f"mapred.reducer.class={LIB}LongSumReducer"),
    )
    assert made.partitioner == f"{LIB}KeyFieldBasedPartitioner" and made.inputs == ("before", "in")
    assert made.combiner and made.combiner.text == f"{LIB}IdentityReducer"
    assert made.reducer.text == f"{LIB}LongSumReducer"


@pytest.mark.parametrize(
    ("value", "expanded"),
    [
        ("SET", "x"),
        ("SET-d", "x"),
        ("SET:-d", "x"),
        ("NONE-d", "d"),
        ("NONE:-d-e", "d-e"),
        ("VOID-d", ""),
        ("VOID:-d", "d"),
    ],
)
def test_variables_of_the_environment_in_properties(monkeypatch, value, expanded):
    monkeypatch.setenv("SET", "x")
    monkeypatch.setenv("VOID", "")
    assert job("-D", f"a=<${{env.{value}}}>").properties.get("a") == f"<{expanded}>"


REFUSED = [
    (["-D", "mapreduce.job.partitioner.class=x"], "map compatability mode", 5),
    (["-D", "mapreduce.input.pathFilter.class=x.y.Z"], "no stand-in", 1),
    (["-D", "mapreduce.map.output.compress=true", "-D", "mapreduce.map.output.compress.codec=x"], "not found", 1),
    (["-D", "mapreduce.fileoutputcommitter.algorithm.version=3"], "Only 1 or 2", 1),
    (["-D", "mapreduce.task.io.sort.mb=2048"], "Invalid", 1),
    (["-D", "io.sort.spill.percent=1.5"], "Invalid", 1),
    (["-files", "a b"], "Illegal character", 1),
    (["-files", "f#g#h"], "Illegal character", 1),
]


@pytest.mark.parametrize(("words", "problem", "status"), REFUSED)
def test_refused_on_submission(folder, words, problem, status):
    for name in ("f", "a b"):
        (folder / name).touch()
    with pytest.raises(Refused, match=problem) as refusal:
        job(*words)
    assert refusal.value.exit_code == status


def test_a_missing_cache_file_has_a_status_of_its_own(folder):
    with pytest.raises(Refused) as refusal:
        build_job(parse([*BASIC, "-cacheFile", "nosuch#link"]))
    assert refusal.value.exit_code == 2


def test_of_files_given_twice_the_first_counts(folder):
    for name in ("f", "g"):
        (folder / name).touch()
    assert [item.link for item in job("-files", "f", "-files", "g").shipped] == ["f"]


def test_a_comma_in_file_is_part_of_its_name(folder):
    (folder / "a,b").touch()
    assert build_job(parse([*BASIC, "-file", "a,b"])).packed == ("a,b",)


def test_a_directory_of_file_brings_what_is_in_it(run_job, folder):
    (folder / "d").mkdir()
    (folder / "d/inner").write_bytes(b"found\n")
    assert run_job("-input i -mapper 'cat inner' -reducer NONE -file d", i=b"").lines == [b"found\t"]
    assert not os.path.lexists("inner")


@pytest.mark.parametrize(("version", "left"), [(1, []), (2, ["part-00001"])])
def test_what_a_failed_job_leaves(run_job, version, left):
    option = f"-D mapreduce.fileoutputcommitter.algorithm.version={version}"
    ran = run_job(f"{option} -input bad,good -mapper 'grep -v x' -reducer NONE", bad=b"x\n" * 9, good=b"y\n")
    assert not ran.succeeded and sorted(ran.parts) == left


def test_tasks_see_the_defaults_and_where_they_write(run_job):
    code = """
import os, sys
sys.stdin.read()
for name in sys.argv[1:]:
    print(os.environ.get(name), end=' ')
print(os.environ['mapreduce_task_output_dir'].split('/_temporary')[0])
"""
    names = "mapreduce_job_reduce_slowstart_completedmaps mapreduce_map_maxattempts mapred_job_tracker mapred_map_tasks"
    wire = "stream_reduce_output_reader_class"
    ran = run_job(f"-input i -mapper cat -reducer 'python3 e {names} {wire}'", i=b"a\n", e=code.encode())
    reader = "org.apache.hadoop.streaming.io.TextOutputReader"
    assert ran.lines == [f"0.05 4 local 1 {reader} file:{Path('out').resolve()}\t".encode()]


def test_counters_of_the_framework_have_names():
    line = b"reporter:counter:org.apache.hadoop.mapreduce.TaskCounter,%s,1"
    assert counter_of(line % b"FAILED_SHUFFLE", b"reporter:") == ("Map-Reduce Framework", "Failed Shuffles", 1)
    with pytest.raises(DataError, match="No enum constant"):
        counter_of(line % b"failed_shuffle", b"reporter:")


def test_a_group_called_like_the_frameworks_is_another_one():
    told = counter_of(b"reporter:counter:Map-Reduce Framework,n,1", b"reporter:")
    assert told == (f"Map-Reduce Framework{NAMESAKE}", "n", 1)
    assert printed({told[:2]: 1}) == "Counters: 1\n\tMap-Reduce Framework\n\t\tn=1"


def test_long_names_of_counters_are_cut():
    told = counter_of(b"reporter:counter:" + b"g" * 129 + b"," + b"n" * 65 + b",1", b"reporter:")
    assert told == ("g" * 127, "n" * 63, 1)


def test_too_many_groups_of_counters(run_job):
    code = "import sys\nfor n in range(51): print(f'reporter:counter:g{n},n,1', file=sys.stderr)\nsys.stdin.read()"
    assert not run_job("-input i -mapper 'python3 e' -reducer NONE", i=b"", e=code.encode()).succeeded


@pytest.mark.parametrize(
    ("data", "spelled"),
    [("3dcccccd", b"0.1"), ("7f7fffff", b"3.4028235E38"), ("3fc00000", b"1.5"), ("7fc00000", b"NaN"), ("0", b"0.0")],
)
def test_a_float_of_four_bytes(data, spelled):
    assert to_string(b"\x05" + bytes.fromhex(data.zfill(8))) == spelled


@pytest.mark.parametrize(
    ("wire", "data"),
    [
        ("typedbytes", b"\x01a\x01b\xff\x01"),
        ("rawbytes", b"\0\0\0\1a\0\0\0\1b\0\0"),
        ("rawbytes", b"\0\0\0\1a\0\0\0\1b\xff\0\0\0z"),
    ],
)
@pytest.mark.parametrize("size", [1, 100])
def test_where_a_binary_wire_ends(wire, data, size):
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    assert [pair for batch in read_records(wire, chunks, b"", 1, "") for pair in zip(*batch, strict=True)] == [
        (b"\x01a", b"\x01b") if wire == "typedbytes" else (b"a", b"b")
    ]
