"""st-hadoop as scripts call it: by a link named hadoop, with a directory that stands for HDFS."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from streamtools.errors import CannotCreateError
from streamtools.hdfs import FileSystem
from streamtools.launch.hadoop_command.hdfs_paths import name_files
from streamtools.launch.hadoop_command.links import NAMES, make_links

ST_HADOOP = Path(__file__).resolve().parents[2] / "bin" / "st-hadoop"
JAR = "/no/need/to/be/there/hadoop-streaming-3.4.2.jar"
Ended = subprocess.CompletedProcess[bytes]
STAMP = rb"\d\d/\d\d/\d\d \d\d:\d\d:\d\d "


@pytest.fixture
def hadoop(tmp_path: Path) -> Callable[..., Ended]:
    """Runs `hadoop`, a link to st-hadoop, in an empty directory, with another one that stands for HDFS."""
    work = tmp_path / "work"
    work.mkdir()
    link = tmp_path / "hadoop"
    link.symlink_to(ST_HADOOP)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HADOOP_")}
    environment |= {"STREAMTOOLS_DFS": str(tmp_path / "dfs"), "HADOOP_USER_NAME": "ann", "TMPDIR": str(tmp_path)}

    def run(*words: str, input: bytes = b"", **more: str) -> Ended:
        command = [sys.executable, str(link), *words]
        return subprocess.run(
            command, input=input, capture_output=True, cwd=work, env={**environment, **more}, timeout=120
        )

    return run


def test_a_job_runs_as_on_a_cluster(hadoop, tmp_path):
    (tmp_path / "work" / "count.py").write_text(
        "import sys\nfor line in sys.stdin:\n    print(line.split()[0], 1, sep='\\t')\n"
        "    print('reporter:counter:Mine,lines,1', file=sys.stderr)\n"
    )
    assert hadoop("fs", "-mkdir", "-p", "in").returncode == 0
    assert hadoop("fs", "-put", "-", "in/log", input=b"ann x\nbob y\nann z\n").returncode == 0
    ended = hadoop("jar", JAR, "-D", "mapreduce.job.reduces=1", "-files", "count.py", "-input", "in", "-output",
                   "hdfs:///user/ann/out", "-mapper", f"{sys.executable} count.py", "-reducer", "uniq -c")  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    told = ended.stderr
    assert re.search(rb"(?m)^" + STAMP + rb"INFO mapreduce.Job: Running job: job_\d+_\d{4}$", told)
    assert re.search(rb"(?m)^" + STAMP + rb"INFO mapreduce.Job:  map 100% reduce 100%$", told)
    assert re.search(rb"(?m)^" + STAMP + rb"INFO mapreduce.Job: Counters: \d+\n\t\w.*\n\t\tMap input records=3$", told)
    assert b"\tMine\n\t\tlines=3\n" in told
    assert re.search(rb"INFO streaming.StreamJob: Output directory: hdfs:///user/ann/out$", told, re.MULTILINE)
    listed = hadoop("fs", "-ls", "-C", "out").stdout
    assert listed == b"out/_SUCCESS\nout/part-00000\n"
    assert hadoop("fs", "-cat", "out/part-*").stdout.split() == b"2 ann 1 1 bob 1".split()


def test_a_failed_task_is_told_as_the_job_client_does(hadoop):
    hadoop("fs", "-put", "-", "log", input=b"x\n")
    ended = hadoop("jar", JAR, "-input", "log", "-output", "out", "-mapper", "sh -c 'echo why >&2; exit 3'")
    assert ended.returncode == 1
    told = rb"(?m)^" + STAMP + rb"WARN mapreduce.Job: Task Id : attempt_\d+_\d{4}_m_000000_0, Status : FAILED\nError: "
    assert re.search(told + rb"map task 0 on hdfs:///user/ann/log, .*subprocess failed with code 3", ended.stderr)
    assert re.search(STAMP + rb"ERROR streaming.StreamJob: Job not successful!\n", ended.stderr)
    assert ended.stderr.endswith(b"\nStreaming Command Failed!\n")


def test_how_far_a_job_is_while_it_runs(hadoop):
    hadoop("fs", "-put", "-", "log", input=b"x\n" * 1000)
    hadoop("fs", "-put", "-", "more", input=b"x\n" * 1000)
    ended = hadoop("jar", JAR, "-input", "log", "-input", "more", "-output", "out", "-mapper", "sh -c 'cat; sleep 1.2'")
    told = re.findall(rb"(?m)^" + STAMP + rb"INFO mapreduce.Job: ( map \d+% reduce \d+%)$", ended.stderr)
    assert [told[0], *told[-2:]] == [b" map 0% reduce 0%", b" map 100% reduce 0%", b" map 100% reduce 100%"]
    assert len(set(told)) == len(told)
    quiet = {"HADOOP_ROOT_LOGGER": "WARN,console"}
    ended = hadoop("jar", JAR, "-input", "log", "-output", "out2", "-mapper", "cat", **quiet)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_the_failed_task_can_be_run_alone(hadoop, tmp_path):
    hadoop("fs", "-put", "-", "log", input=b"x\n")
    (tmp_path / "work" / "m.sh").write_text("#!/bin/sh\ncat; exit 3\n")
    ended = hadoop("jar", JAR, "-files", "m.sh", "-input", "log", "-output", "out", "-mapper", "m.sh")
    match = re.search(rb"(?m)^  to try it alone: st-run --replay (\S+)$", ended.stderr)
    again = subprocess.run([ST_HADOOP.parent / "st-run", "--replay", match[1]], cwd=tmp_path, capture_output=True)
    printed = Path(os.fsdecode(match[1]), "stdout").read_bytes()
    assert (again.returncode, again.stdout, printed) == (3, b"", b"x\n"), again.stderr


def test_a_task_that_is_tried_again_has_attempts_with_numbers(hadoop):
    hadoop("fs", "-put", "-", "log", input=b"x\n")
    ended = hadoop("jar", JAR, "-D", "mapreduce.map.maxattempts=3", "-input", "log", "-output", "out",
                   "-mapper", "sh -c 'exit 3'")  # fmt: skip
    assert ended.returncode == 1
    assert re.findall(rb"Task Id : attempt_\d+_\d{4}_m_000000_(\d), Status : FAILED", ended.stderr) == [
        b"0",
        b"1",
        b"2",
    ]


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["-input", "no", "-output", "o"], 5, b"Input path does not exist: hdfs:///user/ann/no"),
        (["-input", "/no*", "-output", "o"], 5, b"Input Pattern hdfs:///no* matches 0 files"),
        (["-input", "in", "-output", "in"], 5, b"Output directory hdfs:///user/ann/in already exists"),
        (["-input", "in", "-output", "/o", "-nonsense"], 1, b"Unrecognized option: -nonsense"),
        (["-files", "no", "-input", "in", "-output", "/o"], 1, b"no does not exist"),
        (["-input", "s3://b/x", "-output", "/o"], 5, b'No FileSystem for scheme "s3"'),
    ],
)
def test_a_job_that_is_refused(hadoop, tmp_path, words, status, told):
    hadoop("fs", "-put", "-", "in", input=b"x\n")
    ended = hadoop("jar", JAR, *words)
    assert (ended.returncode, told in ended.stderr) == (status, True), ended.stderr
    assert ended.stderr.endswith(b"\nStreaming Command Failed!\n")
    assert sorted(path.name for path in (tmp_path / "dfs").rglob("*") if path.is_file()) == ["in"]


def test_tasks_see_what_is_shipped_and_nothing_else(hadoop, tmp_path):
    (tmp_path / "work" / "secret").write_text("here")
    (tmp_path / "work" / "words").write_text("there\n")
    hadoop("fs", "-mkdir", "/lib")
    hadoop("fs", "-put", "words", "/lib/w")
    hadoop("fs", "-put", "words", "in")
    ended = hadoop("jar", JAR, "-files", "words,hdfs:///lib/w#linked", "-input", "in", "-output", "out",
                   "-mapper", "sh -c 'ls; cat linked words >&2'", "-reducer", "NONE")  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert hadoop("fs", "-text", "out/part*").stdout.split() == [b"linked", b"words"]
    assert ended.stderr.count(b"there\n") == 2
    assert sorted(os.listdir(tmp_path / "work")) == ["secret", "words"]
    assert not list(tmp_path.glob("st-*"))


def test_a_task_can_use_the_command_and_the_built_in_mappers(hadoop, tmp_path):
    hadoop("fs", "-put", "-", "in", input=b"a\tann\nb\tbob\nc\tann\n")
    ended = hadoop("jar", JAR, "-input", "in", "-output", "out", "-mapper", "st-map", "-reducer", "st-reduce")
    assert ended.returncode == 0, ended.stderr
    assert hadoop("fs", "-cat", "out/part-00000").stdout == b"ann\t2\nbob\t1\n"
    ended = hadoop("jar", JAR, "-input", "in", "-output", "out2", "-reducer", "NONE",
                   "-mapper", f"{sys.executable} {ST_HADOOP} fs -cat in")  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert hadoop("fs", "-cat", "out2/part-00000").stdout == hadoop("fs", "-cat", "in").stdout


def test_without_hdfs_paths_are_this_machine_s(hadoop, tmp_path):
    (tmp_path / "work" / "in").write_text("b\na\n")
    for more in ({"STREAMTOOLS_DFS": ""}, {}):
        generic = [] if more else ["-fs", "file:///"]
        output = f"out{len(generic)}"
        ended = hadoop("jar", JAR, *generic, "-input", "in", "-output", output, "-mapper", "cat", **more)
        assert ended.returncode == 0, ended.stderr
        assert (tmp_path / "work" / output / "part-00000").read_text() == "a\t\nb\t\n"
        assert hadoop("fs", *generic, "-ls", "-C", "in", **more).stdout == b"in\n"


def test_without_hdfs_its_paths_are_refused(hadoop):
    ended = hadoop("jar", JAR, "-input", "hdfs:///in", "-output", "out", STREAMTOOLS_DFS="")
    assert ended.returncode == 5
    assert b"Incomplete HDFS URI, no host: hdfs:///in; set STREAMTOOLS_DFS" in ended.stderr


def test_a_root_that_is_no_directory_is_told(hadoop, tmp_path):
    (tmp_path / "file").touch()
    for words in (["fs", "-ls"], ["jar", JAR, "-input", "in", "-output", "out"]):
        ended = hadoop(*words, STREAMTOOLS_DFS=str(tmp_path / "file"))
        assert (ended.returncode, ended.stderr.count(b"\n")) == (73, 1)
        assert ended.stderr.startswith(b"st-hadoop: STREAMTOOLS_DFS=")


def test_typed_bytes_and_sequence_files_as_text(hadoop, tmp_path):
    hadoop("fs", "-put", "-", "in", input=b"a\t1\nb\t2\n")
    form = "org.apache.hadoop.mapred.SequenceFileOutputFormat"
    ended = hadoop("jar", JAR, "-input", "in", "-output", "seq", "-outputformat", form, "-mapper", "cat",
                   "-reducer", "NONE")  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert hadoop("fs", "-cat", "seq/part-00000").stdout.startswith(b"SEQ\x06")
    assert hadoop("fs", "-text", "seq/part-00000").stdout == b"a\t1\nb\t2\n"
    packed = hadoop("jar", JAR, "dumptb", "in").stdout
    assert hadoop("jar", JAR, "loadtb", "typed", input=packed).returncode == 0
    assert hadoop("jar", JAR, "dumptb", "typed").stdout == packed != b""


@pytest.mark.parametrize(
    "jar",
    ["hadoop-mapreduce-examples-3.4.2.jar", "hadoop-streaming-3.4.2-sources.jar", "/x/hadoop-streaming-3-tests.jar"],
)
def test_another_jar_is_refused_by_name(hadoop, jar):
    ended = hadoop("jar", jar, "wordcount", "in", "out")
    assert ended.returncode == 69
    assert jar.encode() in ended.stderr
    assert b"not a jar of Hadoop Streaming" in ended.stderr


@pytest.mark.parametrize("jar", ["hadoop-streaming.jar", "hadoop-streaming*.jar", "hadoop-0.20.2-streaming.jar"])
def test_names_of_the_streaming_jar(hadoop, jar):
    assert hadoop("jar", jar, "-help").returncode == 0


@pytest.mark.parametrize(
    ("words", "status", "out", "err"),
    [
        (["version"], 0, rb"Hadoop \d+\.\d+\.\d+\n.*streamtools.*\n", b""),
        (["classpath"], 0, b".*\n", b""),
        (["dfs", "-ls", "-d", "/tmp"], 0, rb"d.* /tmp\n", b""),
        (["fs", "-D", "x=y", "-ls", "-d", "/tmp"], 0, rb"d.* /tmp\n", b""),
        (["--config", "/etc/hadoop", "fs", "-ls", "-C", "/"], 0, b"/tmp\n/user\n", b""),
        (["fs"], 255, b"", rb"Usage: hadoop fs \[generic options\]\n(?s:.*)"),
        (["fs", "-help", "ls"], 0, rb"-ls \[-C\].* :\n  List .*\n", b""),
        (["fs", "-usage", "rm"], 0, rb"Usage: hadoop fs \[generic options\] -rm .*\n", b""),
        (["fs", "-getfacl", "/x"], 1, b"", b"getfacl: not supported by st-hadoop; .*\n"),
        (["fs", "-ls", "/no"], 1, b"", b"ls: `/no': No such file or directory\n"),
        (["fs", "-rm", "-r", "/"], 1, b"", b"rm: `/': Operation not permitted\n"),
        (["distcp", "a", "b"], 69, b"", b"st-hadoop: distcp: .*\n"),
        (["nonsense"], 1, b"", b"ERROR: nonsense is not COMMAND nor fully qualified CLASSNAME.\n"),
    ],
)
def test_what_it_says(hadoop, words, status, out, err):
    ended = hadoop(*words)
    assert ended.returncode == status, ended.stderr
    assert re.fullmatch(out, ended.stdout), ended.stdout
    assert re.fullmatch(err, ended.stderr), ended.stderr


def test_links_by_the_names_of_hadoop_s_own_commands(hadoop, tmp_path):
    ended = hadoop("--install", str(tmp_path / "links"))
    assert ended.stdout.split() == [os.fsencode(tmp_path / "links" / name) for name in NAMES]
    path = f"{tmp_path}/links:{os.environ['PATH']}"
    hadoop("fs", "-put", "-", "in", input=b"x\n")
    script = (
        "mapred streaming -input in -output out -reducer NONE -mapper 'printenv mapreduce_map_input_file "
        "mapreduce_output_fileoutputformat_outputdir mapreduce_job_working_dir fs_defaultFS' && "
        "hdfs dfs -cat out/part-00000 && yarn version"
    )
    environment = {"STREAMTOOLS_DFS": str(tmp_path / "dfs"), "HADOOP_USER_NAME": "ann", "PATH": path}
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path / "work", env=os.environ | environment, capture_output=True
    )
    *names, last = done.stdout.split(b"\n")[:5]
    assert [name.rstrip(b"\t") for name in names] == [
        *(b"hdfs://localhost/user/ann/in", b"hdfs://localhost/user/ann/out", b"hdfs://localhost/user/ann"),
        b"hdfs://localhost",
    ], done.stderr
    assert last.startswith(b"Hadoop ")


def test_links_replace_nothing_but_themselves(tmp_path):
    assert make_links("/x/st-hadoop", str(tmp_path)) == make_links("/y/st-hadoop", str(tmp_path))
    assert {os.readlink(tmp_path / name) for name in NAMES} == {"/y/st-hadoop"}
    (tmp_path / "yarn").unlink()
    (tmp_path / "yarn").write_text("theirs")
    with pytest.raises(CannotCreateError, match="yarn: exists already"):
        make_links("/z/st-hadoop", str(tmp_path))
    assert os.readlink(tmp_path / "hadoop") == "/y/st-hadoop"
    with pytest.raises(CannotCreateError, match="name another directory"):
        make_links("/z/st-hadoop", str(tmp_path / "yarn" / "x"))


def test_tasks_know_files_by_the_names_that_the_user_s_cluster_has(tmp_path):
    fs = FileSystem.of(str(tmp_path), "ann")
    properties = {"mapreduce.map.input.file": f"file:{tmp_path}/in/a", "other": f"file:{tmp_path}/b"}
    named = name_files({**properties, "fs.defaultFS": "hdfs://nn:8020/"}, fs)
    assert named["mapreduce.map.input.file"] == "hdfs://nn:8020/in/a"
    assert (named["other"], named["mapreduce.job.working.dir"]) == (properties["other"], "hdfs://nn:8020/user/ann")
    assert name_files(properties, FileSystem.local()) == properties


def test_appending(hadoop, tmp_path):
    (tmp_path / "work" / "one").write_text("1\n")
    (tmp_path / "work" / "two").write_text("2\n")
    assert hadoop("fs", "-appendToFile", "one", "two", "all").returncode == 0
    assert hadoop("fs", "-appendToFile", "-", "all", input=b"3\n").returncode == 0
    assert hadoop("fs", "-cat", "all").stdout == b"1\n2\n3\n"
    ended = hadoop("fs", "-appendToFile", "none", "all")
    assert (ended.returncode, ended.stderr) == (1, b"appendToFile: `none': No such file or directory\n")
    ended = hadoop("fs", "-appendToFile", "one", "/tmp")
    assert (ended.returncode, ended.stderr) == (1, b"appendToFile: `/tmp': Is a directory\n")


def test_getting_to_stdout_and_keeping_times(hadoop, tmp_path):
    source = tmp_path / "work" / "old"
    source.write_text("old\n")
    os.utime(source, (1_000_000_000, 1_000_000_000))
    assert hadoop("fs", "-put", "-p", "old", "/tmp/old").returncode == 0
    assert hadoop("fs", "-stat", "%Y", "/tmp/old").stdout == b"1000000000000\n"
    assert hadoop("fs", "-get", "/tmp/old", "-").stdout == b"old\n"
    assert hadoop("fs", "-cp", "/tmp/old", "file://" + str(tmp_path / "work/copy")).returncode == 0
    assert (tmp_path / "work/copy").read_text() == "old\n"


def test_bytes_and_names_that_are_no_text_survive(hadoop, tmp_path):
    data = bytes(range(256)) * 3000
    name = os.fsdecode(b"caf\xe9 \xff")
    (tmp_path / "work" / name).write_bytes(data)
    assert hadoop("fs", "-put", name, "/tmp").returncode == 0
    assert hadoop("fs", "-cat", f"/tmp/{name}").stdout == data
    assert hadoop("fs", "-ls", "-C", "/tmp").stdout == os.fsencode(f"/tmp/{name}\n")


def test_a_reader_that_goes_away_ends_it_silently(shell, tmp_path):
    (tmp_path / "big").write_bytes(b"x" * 99 + b"\n" * 1_000_000)
    ended = shell(f"{sys.executable} {ST_HADOOP} fs -cat big | head -c 5; echo ${{PIPESTATUS[0]}}")
    assert ended.stdout.endswith(b"141\n")
    assert ended.stderr == b""


def test_a_full_disk_is_told(shell):
    ended = shell(f"{sys.executable} {ST_HADOOP} version > /dev/full")
    assert ended.returncode == 74
    assert b"no space left" in ended.stderr


def test_nothing_half_written_is_left_when_it_is_stopped(tmp_path):
    dfs = tmp_path / "dfs"
    process = subprocess.Popen(
        [sys.executable, str(ST_HADOOP), "fs", "-put", "-", "/tmp/x"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "STREAMTOOLS_DFS": str(dfs)},
    )
    assert process.stdin
    process.stdin.write(b"half")
    process.stdin.flush()
    deadline = time.monotonic() + 30
    while not list(dfs.glob("tmp/x*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [path.name for path in dfs.glob("tmp/*")] == ["x._COPYING_"]
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=30)
    assert (process.returncode, told) == (143, b"")
    assert list(dfs.glob("tmp/*")) == []


def test_stdin_is_put_into_directories_that_are_made_for_it_as_hadoop_does(hadoop):
    assert hadoop("fs", "-put", "-f", "-", "hdfs:///new/deep/file", input=b"x\n").returncode == 0
    assert hadoop("fs", "-cat", "/new/deep/file").stdout == b"x\n"
    ended = hadoop("fs", "-put", "-", "/new/deep/file/below", input=b"y\n")
    assert (ended.returncode, ended.stderr.count(b"\n")) == (1, 1)
