"""Small jobs, whole: what the part files hold, what is counted, what a failure tells."""

import gzip
import os
import shlex
import subprocess
import sys

import pytest
from places import BIN

from streamtools.reducers.join import FOR_HADOOP

LIB = "org.apache.hadoop.mapred.lib."
TEXT_KEYS = "-D mapreduce.map.output.key.class=org.apache.hadoop.io.Text"
LONG_VALUES = " ".join(
    f"-D mapreduce.{where}.output.{part}.class=org.apache.hadoop.io.{kind}"
    for where in ("map", "job")
    for part, kind in (("key", "Text"), ("value", "LongWritable"))
)

JOBS = [  # name, options, input, part files
    ("a line without TAB gets one", "-input i -mapper cat", b"b\na\tx\n", [b"a\tx\nb\t\n"]),
    ("also without reducers", "-input i -mapper cat -reducer NONE", b"b\na\tx\n", [b"b\t\na\tx\n"]),
    ("all line ends end a line", "-input i -mapper cat -reducer cat", b"c\rb\r\na", [b"a\t\nb\t\nc\t\n"]),
    (
        "keys in order of their bytes",
        "-input i -mapper cat",
        b"b\n\xff\nB\na\0\na\n",
        [b"B\t\na\t\na\0\t\nb\t\n\xff\t\n"],
    ),
    ("identity of offsets", "-input i", b"bb\na\n", [b"0\tbb\n3\ta\n"]),
    (
        "records by number of fields",
        "-D stream.num.map.output.key.fields=2 -input i -mapper cat",
        b"a\tz\t1\na\tb\t2\n",
        [b"a\tb\t2\na\tz\t1\n"],
    ),
    (
        "another separator",
        "-D stream.map.output.field.separator=: -input i -mapper cat -reducer cat",
        b"b:1:2\na:3\n",
        [b"a\t3\nb\t1:2\n"],
    ),
    (
        "output separator",
        "-D mapreduce.output.textoutputformat.separator=, -input i -mapper cat",
        b"a\tb\tc\n",
        [b"a,b\tc\n"],
    ),
    (
        "reducer's separator",
        "-D stream.reduce.input.field.separator=, -input i -mapper cat -reducer cat",
        b"a\tb\n",
        [b"a,b\t\n"],
    ),
    (
        "key and value of lines",
        "-D stream.map.input.ignoreKey=false -input i -mapper cat -reducer NONE",
        b"a\nb\n",
        [b"0\ta\n2\tb\n"],
    ),
    (
        "keys only",
        "-D stream.reduce.output=keyonlytext -input i -mapper cat -reducer 'cut -f1'",
        b"b\na\n",
        [b"a\nb\n"],
    ),
    ("words in quotes", "-input i -mapper \"sed 's/ /\\t/'\" -reducer cat", b"b c\na d\n", [b"a\td\nb\tc\n"]),
    ("two reducers", "-D mapreduce.job.reduces=2 -input i -mapper cat", b"a\nb\nc\n", [b"a\t\nc\t\n", b"b\t\n"]),
    (
        "in-process tools",
        "-input i -mapper st-map\\ words -combiner st-combine -reducer st-reduce",
        b"b a\na\n",
        [b"a\t2\nb\t1\n"],
    ),
    (
        "aggregate",
        "-input i -mapper cat -reducer aggregate",
        b"LongValueSum:x\t2\nlongvaluesum:x\t3\nUniqValueCount:u\ta\nUniqValueCount:u\ta\nLongValueSum:x\t40\n",
        [b"x\t42\nu\t1\nx\t3\n"],
    ),
    (
        "histogram",
        "-input i -mapper cat -reducer aggregate",
        b"ValueHistogram:h\tx\t3\nValueHistogram:h\ty\t3\nValueHistogram:h\tz\t5\nValueHistogram:h\tq\n",
        [b"h\t4\t1\t3\t5\t3.0\t1.4142135623730951\n"],
    ),
    (
        "count of tokens",
        f"{LONG_VALUES} -input i -mapper {LIB}TokenCountMapper -combiner {LIB}LongSumReducer "
        f"-reducer {LIB}LongSumReducer",
        b"a b\n a\n",
        [b"a\t2\nb\t1\n"],
    ),
    (
        "matches of an expression",
        f"{LONG_VALUES} -D mapreduce.mapper.regex=[0-9]+ -input i -mapper {LIB}RegexMapper "
        f"-reducer {LIB}LongSumReducer",
        b"a1b22\n1\n",
        [b"1\t2\n22\t1\n"],
    ),
    (
        "inverse",
        f"{TEXT_KEYS} -input i -inputformat KeyValueTextInputFormat -mapper {LIB}InverseMapper -reducer cat",
        b"a\tx\nb\n",
        [b"\tb\nx\ta\n"],
    ),
    (
        "fields",
        f"{TEXT_KEYS} -D mapreduce.fieldsel.map.output.key.value.fields.spec=1:0,2- -input i "
        f"-mapper {LIB}FieldSelectionMapReduce -reducer cat",
        b"a\tk\tb\tc\n",
        [b"k\ta\tb\tc\n"],
    ),
    (
        "xml",
        "-input i -mapper cat -reducer NONE -inputreader StreamXmlRecordReader,begin=<p>,end=</p>",
        b"x<p>1</p>y<<p>2</p><p>3\n4</p><p>",
        [b"<p>1</p>\t\n<p>3\t\n4</p>\t\n"],
    ),
    (
        "a delimiter of records",
        "-D textinputformat.record.delimiter=|| -input i -mapper cat -reducer NONE",
        b"a||b\nc||",
        [b"a\t\nb\t\nc\t\n"],
    ),
    (
        "raw bytes",
        "-D stream.map.output=rawbytes -input i "
        "-mapper \"printf '\\0\\0\\0\\1b\\0\\0\\0\\1x\\0\\0\\0\\1a\\0\\0\\0\\0'\" "
        "-reducer cat",
        b"",
        [b"a\t\nb\tx\n"],
    ),
    ("lazy output", "-D mapreduce.job.reduces=2 -input i -mapper cat -lazyOutput", b"b\n", [b"b\t\n"]),
    ("a script without #! is the shell's", "-input i -mapper script -reducer NONE", b"x\n", [b"hello\t\n"]),
]

WITHOUT_LINE = "script: has no #! line, so a shell runs it; put #!/bin/sh first"


@pytest.mark.parametrize("options, data, parts", [case[1:] for case in JOBS], ids=[case[0] for case in JOBS])
def test_part_files(run_job, folder, options, data, parts):
    (folder / "script").write_text("cat > /dev/null; echo hello\n")
    ran = run_job(options, i=data)
    assert ran.said == [WITHOUT_LINE] * ("script" in options)
    assert ran.succeeded
    assert list(ran.parts.values()) == parts
    assert os.path.exists("out/_SUCCESS") and not os.path.exists("out/_temporary")


FAILURES = [  # name, options, what is said
    ("status", "-mapper 'sh -c \"exit 3\"'", "subprocess failed with code 3"),
    ("signal", "-mapper 'bash -c \"kill -9 $$\"'", "137: killed (SIGKILL)"),
    ("not found by env", "-mapper 'env nosuch'", "127: a command was not found"),
    ("not found", "-mapper nosuch", 'Cannot run program "nosuch": error=2'),
    ("a pipe", "-mapper 'nosuch | b'", "a pipe needs a shell"),
    ("grep without a match", "-mapper 'grep zzz'", "grep found nothing"),
    ("carriage return", "-mapper ./dos", "its first line ends in CR LF"),
    ("interpreter", "-mapper ./lost", "missing interpreter '/no/such/perl'"),
    ("the reducer's name", "-mapper cat -reducer nosuch", '-reducer: Cannot run program "nosuch"'),
    ("the reducer's option", "-mapper cat -reducer 'st-reduce summ'", "Did you mean 'sum'?"),
    ("the reducer's syntax", "-mapper cat -reducer 'python3 broken.py'", "broken.py: line 1: invalid Python"),
    ("the reducer", "-mapper cat -reducer false", "reduce task 0 failed"),
    ("the combiner", "-mapper cat -combiner false -reducer cat", "subprocess failed with code 1"),
    ("a type", "-reducer cat", "Type mismatch in key from map: expected org.apache.hadoop.io.Text"),
    ("aggregate", "-mapper cat -reducer aggregate", "has no `TYPE:`"),
    ("one of our tools", "-mapper 'st-map fields -k 9'", "field 9"),
    ("its option", "-mapper 'st-map fields -k x'", "invalid list of fields"),
    (
        "too many counters",
        "-mapper 'bash -c \"cat; for i in {1..130}; do echo reporter:counter:g,$i,1 >&2; done\"'",
        "Too many counters",
    ),
]


@pytest.mark.parametrize("options, message", [case[1:] for case in FAILURES], ids=[case[0] for case in FAILURES])
def test_failures_are_explained(run_job, folder, options, message):
    (folder / "dos").write_bytes(b"#!/bin/sh\r\necho 1\n")
    (folder / "lost").write_bytes(b"#!/no/such/perl\nprint(1)\n")
    (folder / "broken.py").write_text("print 1\n")
    ran = run_job(f"-input i {options}", i=b"a\n")
    assert not ran.succeeded
    assert message in "\n".join(ran.said)
    assert not os.path.exists("out/_SUCCESS") and not os.path.exists("out/_temporary")


def test_a_failure_names_its_input_and_what_to_try(run_job, folder, capfd):
    (folder / "m.py").write_text("import sys\nfor line in sys.stdin:\n    int(line)\n")
    ran = run_job(
        f"-D fs.local.block.size=10 -input i -mapper '{sys.executable} m.py'", i=b"1\n2\n3\n4\n5\n6\nx\n8\n9\n10\n11\n"
    )
    told = "\n".join(ran.said)
    assert f"{folder}/i, bytes 10 to 20 failed" in told
    assert "ValueError" not in told  # it has just been seen
    assert "ValueError: invalid literal for int() with base 10: 'x" in capfd.readouterr().err
    assert "--skip-bad N" in told
    assert f"tail -c +11 {folder}/i | head -c 10 | {sys.executable} m.py" in told


def test_a_task_is_tried_again_and_its_first_output_is_forgotten(run_job, folder):
    (folder / "m.sh").write_text("cat\necho reporter:counter:g,tried,1 >&2\n[ -e tried ] || { touch tried; exit 1; }\n")
    ran = run_job("-D mapreduce.map.maxattempts=2 -input i -mapper 'sh m.sh' -reducer NONE", i=b"a\n")
    assert ran.succeeded
    assert ran.lines == [b"a\t"]
    assert ran.custom["g", "tried"] == 1


def test_a_task_without_a_sign_of_life_is_ended(run_job):
    ran = run_job("-D mapreduce.task.timeout=300 -input i -mapper 'sleep 600'", i=b"a\n")
    assert not ran.succeeded
    assert "no sign of life for 0.3 seconds" in "\n".join(ran.said)


@pytest.mark.parametrize("records, succeeds", [(10, True), (100_000, False)])
def test_unread_input_fails_where_it_is_more_than_hadoops_buffer(run_job, records, succeeds):
    ran = run_job("-input i -mapper 'head -n 1' -reducer NONE", i=b"some record\n" * records)
    assert ran.succeeded == succeeds
    assert succeeds or "Broken pipe" in "\n".join(ran.said)


def test_unread_input_may_be_tolerated(run_job):
    ran = run_job(
        "-D stream.minRecWrittenToEnableSkip_=0 -input i -mapper 'head -n 1' -reducer NONE",
        i=b"some record\n" * 100_000,
    )
    assert ran.lines == [b"some record\t"]
    assert ran.counters["Map input records"] == 100_000


def test_map_tasks_are_numbered_by_size(run_job):
    ran = run_job("-input i,j,k -mapper cat -reducer NONE", i=b"a\n", j=b"bbb\n", k=b"cc\n")
    assert list(ran.parts.values()) == [b"bbb\t\n", b"cc\t\n", b"a\t\n"]


def test_a_reducer_without_input_runs_but_nobody_listens(run_job):
    shell = "bash -c 'cat; echo end; echo reporter:counter:g,n,1 >&2'"
    ran = run_job(f'-D mapreduce.job.reduces=2 -input i -mapper cat -reducer "{shell}"', i=b"b\n")
    assert list(ran.parts.values()) == [b"", b"b\t\nend\t\n"]
    assert ran.custom["g", "n"] == 1
    assert ran.counters["Reduce output records"] == 2


def test_counters_of_a_word_count(run_job):
    ran = run_job(
        '-D mapreduce.job.reduces=2 -D fs.local.block.size=20 -input i -mapper \'tr -s " " "\\n"\' '
        "-combiner 'sh -c \"cut -f1 | uniq\"' -reducer 'uniq -c'",
        i=b"b a a\nc a b b\nd d d d d e\n" * 3,
    )
    maps = ran.counters["Shuffled Maps "] // 2
    assert maps == 4
    assert ran.counters["Map input records"] == 9
    assert ran.counters["Map output records"] == ran.counters["Combine input records"] == 39
    assert ran.counters["Combine output records"] == ran.counters["Reduce input records"]
    assert ran.counters["Reduce output records"] == ran.counters["Reduce input groups"] == 5


@pytest.mark.parametrize("memory", [1 << 20, 1 << 30])
@pytest.mark.parametrize("combiner", ["", "-combiner st-combine"])
def test_results_do_not_depend_on_memory_or_on_who_runs_the_tools(run_job, folder, memory, combiner):
    lines = [b"%d\tu%d\tx" % (n, n * n % 4999) for n in range(30_000)]
    options = f"-D mapreduce.job.reduces=3 -D fs.local.block.size=100000 {combiner} -reducer"
    inside = run_job(f"{options} st-reduce -input i -mapper st-map", memory=memory, i=b"\n".join(lines))
    os.rename("out", "out1")
    (folder / "mapper").write_text("cut -f2 | sed 's/$/\\t1/'\n")
    outside = run_job(f"{options} 'env st-reduce' -input i -mapper ./mapper", memory=memory)
    assert inside.succeeded and outside.succeeded
    assert inside.parts == outside.parts
    assert sum(int(line.split(b"\t")[1]) for line in inside.lines) == 30_000


@pytest.mark.parametrize(
    ("inputs", "block_size", "commands", "options", "most"),
    [
        (6, 33_554_432, "-mapper cat -reducer cat", "--memory 64M", 50),
        (12, 200_000, f"-mapper '{BIN}/st-map fields -k 1' -reducer {BIN}/st-reduce", "--memory 160M --jobs 1", 160),
    ],
    ids=["few large segments", "many small segments"],
)
def test_memory_does_not_grow_with_the_input(folder, inputs, block_size, commands, options, most):
    """Tasks stay below --memory with far more to shuffle, all keys of an input different; `most`: MiB."""
    (folder / "i").write_bytes(b"".join(b"%d\t%d\n" % (n * 7919 % 3_000_017, n) for n in range(100_000)))
    code = (
        f"import resource, sys; sys.argv[0] = '{BIN}/st-run'; from streamtools.cli import run;"
        "from streamtools.cli.st_run import st_run;"
        "status = run(st_run);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(status)"
    )
    job = f"-D fs.local.block.size={block_size} -input {','.join('i' * inputs)} -output out {commands}"
    argv = shlex.split(f"{job} {options} --quiet")
    done = subprocess.run([sys.executable, "-c", code, *argv], capture_output=True, check=True)
    assert int(done.stdout.split()[-1]) < most << 10
    records = (folder / "out" / "part-00000").read_bytes().count(b"\n")
    assert records == (600_000 if "cat" in commands else 100_000)


CODECS = [
    ("GzipCodec", "gz"),
    ("DefaultCodec", "deflate"),
    ("BZip2Codec", "bz2"),
    ("ZStandardCodec", "zst"),
    ("Lz4Codec", "lz4"),
]


@pytest.mark.parametrize("codec, suffix", CODECS)
def test_compressed_output_is_read_again_as_input(run_job, codec, suffix):
    compress = "-D mapred.output.compress=true -D mapred.output.compression.codec=org.apache.hadoop.io.compress."
    lines = b"".join(b"%06d\n" % n for n in range(60_000))
    first = run_job(f"{compress}{codec} -input i -mapper cat", i=lines)
    assert list(first.parts) == [f"part-00000.{suffix}"]
    os.rename("out", "step")
    assert run_job("-input step -mapper 'cut -f1' -reducer cat").parts["part-00000"] == lines.replace(b"\n", b"\t\n")


def test_gzip_members_follow_each_other_and_damage_fails_the_task(run_job, folder):
    (folder / "i.gz").write_bytes(gzip.compress(b"a\n") + gzip.compress(b"b\n"))
    assert run_job("-input i.gz -mapper cat").lines == [b"a\t", b"b\t"]
    os.rename("out", "out1")
    (folder / "i.gz").write_bytes(b"no gzip\n")
    ran = run_job("-input i.gz -mapper cat")
    assert not ran.succeeded and "not a gzip file" in ran.said[0]


def test_sequence_file_output_is_input_again(run_job):
    text = "-D mapreduce.job.output.key.class=org.apache.hadoop.io.Text"
    run_job(
        f"{text} -input i -mapper cat -outputformat org.apache.hadoop.mapred.SequenceFileOutputFormat",
        i=b"b\t1\na\t2\n",
    )
    os.rename("out", "step")
    ran = run_job("-input step -inputformat SequenceFileAsTextInputFormat -mapper cat -reducer NONE")
    assert ran.lines == [b"a\t2", b"b\t1"]


def test_shipped_files_lie_in_the_working_directory_and_go_away(run_job, folder):
    (folder / "side").mkdir()
    (folder / "side" / "words.txt").write_text("hello\n")
    ran = run_job("-files side/words.txt#w,side/words.txt -input i -mapper 'cat w words.txt' -reducer NONE", i=b"")
    assert ran.lines == [b"hello\t", b"hello\t"]
    assert sorted(os.listdir()) == ["i", "out", "side"]


def test_the_environment_of_a_task(run_job):
    names = "mapreduce_task_partition mapreduce_map_input_start map_input_length my_own_x A mapreduce_job_reduces"
    shell = "for n in " + names + "; do eval echo \\$n=\\$$n; done"
    ran = run_job(
        f"-D my.own/x=1 -D fs.local.block.size=6 -input i -mapper 'bash -c \"{shell}\"' "
        "-reducer NONE -cmdenv A=b",
                  i=b"12345\n12345\n12345\n")  # fmt: skip
    assert ran.succeeded
    assert ran.parts["part-00001"].split() == [
        b"mapreduce_task_partition=1", b"mapreduce_map_input_start=6", b"map_input_length=6", b"my_own_x=1", b"A=b",
        b"mapreduce_job_reduces=0",
    ]  # fmt: skip


def test_a_join_with_the_options_that_its_message_names(run_job):
    options = (
        "-D mapreduce.job.reduces=3 -input users,log "
        "-mapper 'st-map join -s users=1 -s log=2' -reducer 'st-reduce join'"
    )
    generic, _, partitioner = FOR_HADOOP.partition(" -partitioner ")
    files = {"users": b"1\tann\n2\tbob\n", "log": b"x\t1\ny\t2\nz\t1\n" + b"w\t3\n" * 9}
    ran = run_job(f"{generic} {options} -partitioner {partitioner}", **files)
    assert sorted(ran.lines) == [b"1\tann\tx", b"1\tann\tz", b"2\tbob\ty"]
