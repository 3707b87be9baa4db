"""Jobs whose results only the real thing could tell: each was compared with it."""

import bz2
import random

import pytest

from streamtools.job import Refused
from streamtools.local.counters import FILE_OUTPUT

LIB = "org.apache.hadoop.mapred.lib."
TEXT_KEYS = "-D mapreduce.map.output.key.class=org.apache.hadoop.io.Text"
MAP_ONLY = "-input i -mapper cat -reducer NONE"
OFFSETS = "-D stream.map.input.ignoreKey=false"

JOBS = [  # name, options, input, lines of all part files
    ("neither key nor value", f"-input i -mapper cat -reducer {LIB}FieldSelectionMapReduce", b"a\tb\n", []),
    (
        "a key alone",
        f"-D mapreduce.fieldsel.reduce.output.key.value.fields.spec=0: -input i -mapper cat "
        f"-reducer {LIB}FieldSelectionMapReduce",
        b"a\tb\n",
        [b"a"],
    ),
    (
        "fields are strings",
        f"{TEXT_KEYS} -D mapreduce.fieldsel.map.output.key.value.fields.spec=0:1 -input i "
        f"-mapper {LIB}FieldSelectionMapReduce -reducer cat",
        b"a\xff\tb\n",
        [b"a\xef\xbf\xbd\tb"],
    ),
    (
        "typed bytes are strings",
        "-io typedbytes -input i -mapper cat -reducer NONE",
        b"\xed\xa0\x80\n",
        [b"0\t\xef\xbf\xbd"],
    ),
    (
        "typed bytes of nothing",
        "-D stream.map.output=keyonlytext -D stream.reduce.input=typedbytes -D stream.reduce.output=typedbytes "
        "-input i -mapper cat -reducer cat",
        b"a\n",
        [b"a\t" + (b"\0\0\0\x21" + b"org.apache.hadoop.io.NullWritable").hex().encode()],
    ),
    (
        "a separator of two bytes is cut to one",
        f"-D mapreduce.input.keyvaluelinerecordreader.key.value.separator=é -inputformat KeyValueTextInputFormat "
        f"{MAP_ONLY}",
        b"a\xe9b\nc\xc3\xa9d\n",
        [b"a\tb", b"c\xc3\xa9d\t"],
    ),
    ("a line begins at its mark", f"{OFFSETS} {MAP_ONLY}", b"\xef\xbb\xbfa\nb\n", [b"0\ta", b"5\tb"]),
    (
        "lines are cut behind the mark",
        f"-D mapreduce.input.lineinputformat.linespermap=2 -inputformat {LIB}NLineInputFormat {MAP_ONLY}",
        b"\xef\xbb\xbfa\nb\nc\nd\n",
        [b"0\ta", b"5\tb", b"7\tc", b"9\td"],
    ),
    (
        "a line too long is given up at the end of the split",
        f"{OFFSETS} -D mapreduce.input.linerecordreader.line.maxlength=5 -D fs.local.block.size=20 {MAP_ONLY}",
        b"abcdefghijklmnopqrstu\nabc\n",
        [b"20\tu", b"22\tabc"],
    ),
    ("an empty reducer", "-input i -mapper cat -reducer ''", b"b\na\n", [b"a\t", b"b\t"]),
]


@pytest.mark.parametrize("name, options, data, lines", JOBS, ids=[job[0] for job in JOBS])
def test_results(run_job, name, options, data, lines):
    ran = run_job(options, i=data)
    assert ran.succeeded, ran.said
    assert sorted(ran.lines) == sorted(lines)


def test_a_split_without_a_bzip2_block_is_empty(run_job):
    noise = random.Random(1)
    lines = [b"%d %d" % (number, noise.getrandbits(64)) for number in range(12_000)]
    data = bz2.compress(b"\n".join(lines) + b"\n", 1)
    ran = run_job("-D fs.local.block.size=9000 -input i.bz2 -mapper cat -reducer NONE", **{"i.bz2": data})
    assert len(ran.parts) > 10 and b"" in ran.parts.values()
    assert sorted(ran.lines) == sorted(line + b"\t" for line in lines)


COUNTED = [  # name, options, input, counters
    ("after a failed map nothing is fetched", "-input i -mapper false -reducer cat", b"a\n", {"Shuffled Maps ": 0}),
    (
        "a map that fails in its combiner has read its input",
        "-input i -mapper cat -combiner false -reducer cat",
        b"a\tb\nc\td\n",
        {"Map input records": 2, "Map output records": 2, "Map output bytes": 8, "Spilled Records": 0},
    ),
    (
        "maps run before a reducer is missed",
        "-input i -mapper cat -reducer org.apache.hadoop.mapred.lib.IdentityReducr",
        b"a\n",
        {"Map input records": 1, "Shuffled Maps ": 1, "Reduce input records": 0},
    ),
]


@pytest.mark.parametrize("name, options, data, counters", COUNTED, ids=[job[0] for job in COUNTED])
def test_counters_of_failed_jobs(run_job, name, options, data, counters):
    ran = run_job(options, i=data)
    assert not ran.succeeded
    assert {name: ran.counters[name] for name in counters} == counters


def test_sizes_of_lengths_in_segments(run_job):
    ran = run_job("-input i -mapper cat -reducer cat", i=b"k" * 254 + b"\tv\n")
    # the key's length takes 2 bytes, and the length of those 256 takes 3
    assert ran.counters["Map output materialized bytes"] == 3 + 256 + 1 + 2 + 6


def test_two_spills_are_written_once_more(run_job):
    row = b"%06d\t" + b"x" * 90 + b"\n"
    data = b"".join(row % number for number in range(9000))
    ran = run_job("-D mapreduce.task.io.sort.mb=1 -input i -mapper cat -reducer cat", i=data)
    assert ran.counters["Spilled Records"] == 3 * 9000
    assert ran.counters["Map output materialized bytes"] == ran.counters["Map output bytes"] + 2 * 9000 + 6


def test_lazy_output_counts_no_bytes(run_job):
    ran = run_job("-input i -mapper cat -lazyOutput", i=b"a\n")
    assert ran.parts == {"part-00000": b"a\t\n"} and ran.custom[FILE_OUTPUT, "Bytes Written"] == 0


def test_only_a_record_can_be_of_the_wrong_class(run_job):
    options = f"-input i -inputformat KeyValueTextInputFormat -mapper {LIB}IdentityMapper -reducer {LIB}IdentityReducer"
    assert run_job(options, i=b"").succeeded


@pytest.mark.parametrize("count, succeeds", [(118, True), (119, False)])
def test_a_task_with_too_many_counters_fails(run_job, count, succeeds):
    script = f"for n in $(seq {count}); do echo reporter:counter:G,$n,1 >&2; done; cat".encode()
    ran = run_job("-input i -mapper 'sh s' -reducer NONE", i=b"a\n", s=script)
    assert (ran.succeeded, bool(ran.parts)) == (succeeds, succeeds)


@pytest.mark.parametrize("least, command, succeeds", [(0, "true", True), (1, "true", False), (1, "head -n 1", True)])
def test_input_may_go_unread_once_enough_is_written(run_job, least, command, succeeds):
    options = f"-D stream.minRecWrittenToEnableSkip_={least} -input i -mapper '{command}' -reducer NONE"
    assert run_job(options, i=b"0123456789abcde\n" * 40_000).succeeded == succeeds


ENVIRONMENT = [
    ("", "mapred_partitioner_class", b""),
    (f"-partitioner {LIB}HashPartitioner", "mapred_partitioner_class", f"{LIB}HashPartitioner".encode()),
    ("-reducer cat", "mapred_reducer_class", b"org.apache.hadoop.streaming.PipeReducer"),
    ("", "mapred_reducer_class", b""),
    ("-lazyOutput", "mapred_output_format_class", f"{LIB}LazyOutputFormat".encode()),
    ("", "mapreduce_job_queuename", b"default"),
    ("-cmdenv A=1 -cmdenv TWO=b", "stream_addenvironment", b"HADOOP_ROOT_LOGGER= A=1 TWO=b"),
]


@pytest.mark.parametrize("options, name, value", ENVIRONMENT)
def test_environment(run_job, options, name, value):
    ran = run_job(f"-input i -mapper 'sh s' {options}", i=b"a\n", s=f'cat > /dev/null; echo "${name}"'.encode())
    assert ran.lines == [value + b"\t"]


@pytest.mark.parametrize(
    "paths, told, status",
    [
        (",i", "Can not create a Path from an empty string", 1),
        ("''", "Can not create a Path from an empty string", 1),
        ("file:i", "Relative path in absolute URI", 1),
        ("'x\\1'", "invalid escape sequence: `\\1`", 5),
    ],
)
def test_paths_that_are_none(run_job, paths, told, status):
    with pytest.raises(Refused) as refused:
        run_job(f"-input {paths} -mapper cat", i=b"a\n")
    assert told in str(refused.value) and refused.value.exit_code == status
