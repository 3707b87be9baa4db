"""st-run --on hadoop, with st-hadoop in the place of Hadoop: what is shipped is all that tasks find."""

import os
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import click
import pytest
from places import BIN, SAMPLE

MAP = """\
import sys
import helpers
for line in sys.stdin.buffer:
    sys.stdout.buffer.write(b"%b\\t1\\n" % helpers.user(line))
"""
HELPERS = """\
def user(line):
    return line.split(b"\\t")[1]
"""
SUM = """\
import itertools, sys
for key, lines in itertools.groupby(sys.stdin.buffer, lambda line: line.split(b"\\t")[0]):
    sys.stdout.buffer.write(b"%b\\t%d\\n" % (key, sum(int(line.split(b"\\t")[1]) for line in lines)))
"""
FILES = {
    "src/map.py": MAP,
    "src/helpers.py": HELPERS,
    "sum.py": SUM,
    "bad.py": "import sys\nfor line in sys.stdin:\n    int(line)\n",
    "data/table": "seven",
    "reading.py": "print(open('data/table').read(), open('one').read(), __import__('sys').stdin.read()[:0])\n",
    "one": "1",
    "foreign.py": "import nowhere\n",
    "new.py": "match 1:\n    case 1: pass\n",
    "dos.sh": "#!/bin/sh\r\ncat\r\n",
    "dos.py": "#!/usr/bin/env python3\r\nimport sys\r\nsys.stdout.write(sys.stdin.read())\r\n",
    "packaged.py": "import sys, little\nfor line in sys.stdin:\n    print(little.NAME)\n",
    "ours.py": "from streamtools.mappers import fields\nimport sys\nprint(len(sys.stdin.read()))\n",
    "wanted.txt": "little\n",
    "venv/pyvenv.cfg": "",
    "a/one.py": "",
    "c/a/table": "",
    "c/data": "",
    "d d/table": "",
    "in": "b c\na b\n",
}
NODES = ["--node-python", "3.11", "--node-interpreter", sys.executable]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A user's directory, and beside it what stands for HDFS and for the cache, where nothing is fetched into."""
    home, cache = tmp_path / "home", tmp_path / "cache/streamtools"
    for name, content in FILES.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(content, newline="")
    for name in (f"decoders-3.11-{os.uname().machine}", "click-8.1"):
        (cache / name).mkdir(parents=True)
    (cache / "click-8.1/click").symlink_to(os.path.dirname(click.__file__))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/hadoop").symlink_to(BIN / "st-hadoop")
    (tmp_path / "dfs").mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "dfs"))
    monkeypatch.setenv("STREAMTOOLS_DFS", str(tmp_path / "dfs"))
    monkeypatch.setenv("HADOOP_STREAMING_JAR", "hadoop-streaming-3.4.2.jar")
    for name in ("HADOOP_HOME", "HADOOP_CONF_DIR", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)
    assert fs("-mkdir -p .").returncode == fs("-put in in").returncode == 0
    return home


def fs(words: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(["hadoop", "fs", *shlex.split(words)], capture_output=True, timeout=60)


def submit(words: str, *more: str) -> "subprocess.CompletedProcess[str]":
    command = [str(BIN / "st-run"), "--on", "hadoop", *NODES, *shlex.split(words), *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def output() -> bytes:
    return fs("-cat out/part-*").stdout


def put_log(name: str = "adlog.tsv") -> bytes:
    """Put the sample on the file system; the answer of the job over it here."""
    fs(f"-put {SAMPLE / name} log")
    here = f"-input {SAMPLE / name} -output here -mapper src/map.py -combiner sum.py -reducer sum.py"
    for script in ("src/map.py", "sum.py"):
        text = Path(script).read_text()
        Path(script).write_text(f"#!{sys.executable}\n{text}")
        Path(script).chmod(0o755)
    subprocess.run([str(BIN / "st-run"), "--quiet", *here.split()], check=True, timeout=60)
    return b"".join(path.read_bytes() for path in sorted(Path("here").glob("part-*")))


def test_scripts_with_their_modules(folder):
    answer = put_log()
    done = submit("-input log -output out -mapper 'src/map.py' -combiner sum.py -reducer sum.py")
    assert (done.returncode, output()) == (0, answer), done.stderr
    assert answer.count(b"\n") == 1778


def test_the_tools_come_in_one_file(folder):
    answer = put_log()
    done = submit(
        "-D mapreduce.job.reduces=1 -input log -output out -mapper st-map -combiner st-combine -reducer st-reduce"
    )
    assert (done.returncode, output()) == (0, answer), done.stderr


def test_a_7z_by_manifest(folder):
    answer = put_log("adlog.tsv")
    fs(f"-put {SAMPLE / 'adlog.tsv.7z'} logs.7z")
    done = submit("--manifest -input logs.7z -output out -mapper src/map.py -combiner sum.py -reducer sum.py")
    assert (done.returncode, output()) == (0, answer), done.stderr
    assert b"manifest" not in fs("-ls .").stdout


def test_files_and_directories_are_shipped(folder):
    done = submit("--file data --file one -input in -output out -mapper reading.py -reducer NONE")
    assert (done.returncode, output()) == (0, b"seven 1 \t\n"), done.stderr


def test_files_of_the_cluster_are_shipped_too(folder):
    fs("-put one /table.txt")
    done = submit("-files hdfs:///table.txt#table -input in -output out -mapper 'cat table' -reducer NONE")
    assert (done.returncode, output()) == (0, b"1\t\n"), done.stderr


def test_a_package_of_ours_is_there_for_scripts(folder):
    done = submit("-input in -output out -mapper ours.py -reducer NONE")
    assert (done.returncode, output()) == (0, b"8\t\n"), done.stderr


def test_line_ends_of_dos_do_not_matter_to_python(folder):
    done = submit("-input in -output out -mapper dos.py -reducer NONE")
    assert (done.returncode, output()) == (0, b"b c\t\na b\t\n"), done.stderr


@pytest.mark.parametrize("kind", ["directory", "environment", "requirements"])
def test_libraries_are_shipped(folder, monkeypatch, kind):
    if kind != "requirements":
        inside = "libraries/lib/python3.11/site-packages" if kind == "environment" else "libraries"
        (folder / inside).mkdir(parents=True)
        (folder / inside / "little.py").write_text("NAME = 'little'\n")
        if kind == "environment":
            (folder / "libraries/pyvenv.cfg").touch()
        given = "libraries"
    else:
        write_wheel(folder / "little-1.0-py3-none-any.whl")
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
        given = "wanted.txt"
    done = submit(f"--python-env {given} -input in -output out -mapper packaged.py -reducer NONE")
    assert (done.returncode, output()) == (0, b"little\t\n" * 2), done.stderr


def write_wheel(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("little.py", "NAME = 'little'\n")
        wheel.writestr("little-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: little\nVersion: 1.0\n")
        wheel.writestr("little-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("little-1.0.dist-info/RECORD", "")


def test_a_library_without_a_wheel_is_told_in_pips_words(folder, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    done = submit("--python-env wanted.txt -input in -output out -mapper packaged.py -reducer NONE")
    assert done.returncode == os.EX_UNAVAILABLE
    assert "pip found no wheel for Python 3.11" in done.stderr and done.stderr.count("\n") == 1


def test_a_failure_ends_with_its_traceback_and_the_clients_status(folder, tmp_path):
    done = submit("-input in -output out -mapper bad.py -reducer NONE")
    assert done.returncode == 1
    traceback, message = done.stderr.split("Streaming Command Failed!\n")[1].split("st-run: ")
    assert traceback.startswith("Traceback (most recent call last):") and "line 3" in traceback
    assert message.startswith("map task 0, attempt 0, failed: ValueError: invalid literal for int()")
    assert "the command ended with status 1: it ended with an error of its own" in message
    assert [path for path in (tmp_path / "dfs").iterdir() if path.name.startswith("st-submit-")] == []


REFUSED = [  # words, status, message
    ("-input nowhere -output out -mapper cat", 5, "Input path does not exist: nowhere; check it with hadoop fs -ls"),
    ("-input in -output in -mapper cat", 5, "Output directory in already exists; name another"),
    ("-input x.7z -output out -mapper cat", 5, "Hadoop cannot read x.7z; add --manifest"),
    ("--manifest -input nowhere -output out -mapper cat", 5, "Input path does not exist: nowhere"),
    ("-input in -output out -mapper foreign.py", 69, "foreign.py: line 1: imports nowhere, which Python on the nodes"),
    ("-input in -output out -mapper ./none.py", 66, "-mapper ./none.py: not found"),
    ("-input in -output out -mapper 'python3 none.py'", 66, "-mapper none.py: not found"),
    ("-input in -output out -mapper ./dos.sh", 65, "dos.sh: lines end in CR LF"),
    ("--node-python 3.9 -input in -output out -mapper new.py", 65, "Python 3.9 of the nodes cannot read this"),
    ("--node-python 3.9 -input in -output out -mapper st-sort", 64, "-mapper st-sort: needs Python 3.10 on the nodes"),
    ("--node-python 2.7 -input in -output out -mapper cat", 64, "'2.7' is not a supported Python version"),
    ("--file none -input in -output out -mapper cat", 66, "none: not found; check the name after --file"),
    ("-input in -output out -mapper 'st-map wrods'", 64, "-mapper st-map: No such command 'wrods'"),
    ("-input in -output out -mapper cat -reducer 'st-reduce sum --x'", 64, "-reducer st-reduce: No such option"),
    ("-input in -output out -mapper nothere.py", 66, "-mapper nothere.py: not found"),
    ("-input in -output out -mapper 'python3 -u nothere.py'", 66, "-mapper nothere.py: not found"),
    ("-input in -output out -mapper 'bash -e nothere.sh a'", 66, "-mapper nothere.sh: not found"),
    ("--file a --file c/a/ -input in -output out -mapper cat", 64, "c/a/: has the same name in the task as a"),
    ("--file data --file c/data -input in -output out -mapper cat", 64, "c/data: has the same name in the task as"),
    ("-files a/one.py#one --file one -input in -output out -mapper cat", 64,
     "one: has the same name in the task as a/one.py"),
    ("--file 'd d' -input in -output out -mapper cat", 64, "d d: Hadoop cannot ship a file of that name"),
    ("--hadoop ./none -input in -output out -mapper cat", 69, "./none: not found"),
    ("--stdout -input in -mapper cat", 64, "--stdout: not supported with --on hadoop; give -output"),
    ("--skip-bad 1 -input in -output out -mapper cat", 64, "--skip-bad: not supported with --on hadoop; it is only"),
    ("--python-env venv -input in -output out -mapper packaged.py", 66, "check that --node-python is the Python"),
    ("--python-env none -input in -output out -mapper packaged.py", 66, "none: not found; --python-env takes"),
]  # fmt: skip


@pytest.mark.parametrize("words, status, message", REFUSED, ids=lambda value: str(value)[:40])
def test_refused_before_it_starts(folder, words, status, message):
    done = submit(words)
    assert (done.returncode, "Running job" in done.stderr) == (status, False), done.stderr
    assert message in done.stderr.split("\n")[0]


LEFT_BEHIND = [
    ("-mapper reading.py", "reading.py: line 1: data/table exists here and is not shipped; if tasks read it"),
    ("-mapper reading.py", "reading.py: line 1: one exists here"),
    ("-mapper 'src/map.py --table data/table'", "-mapper: data/table exists here"),
    ("-mapper \"bash -c 'cat ./one | sort'\"", "-mapper: ./one exists here and is not shipped; if tasks read it, "
                                               "add --file one\n"),
    ("-mapper 'env cat data/table'", "-mapper: data/table exists here"),
    ("-mapper 'env cat --table=one'", "-mapper: one exists here"),
]  # fmt: skip


@pytest.mark.parametrize("words, message", LEFT_BEHIND, ids=lambda value: value[:40])
def test_files_that_are_left_behind_are_told(folder, words, message):
    assert f"st-run: {message}" in submit(f"--dry-run -input in -output out {words}").stderr
    assert submit(f"--dry-run --file data --file one -input in -output out {words}").stderr == ""


ODD = {  # a mapper that a cluster gets as it is -> what is said of it before
    "cat | grep x": "-mapper: | is an argument of cat here, as no shell reads the command; a pipe needs a shell",
    "grep \u2013v x": "-mapper: \u2013v begins with a dash from a web page; type -v",
    "st-mpa words": "-mapper st-mpa: is no program here; did you mean st-map?",
    "usesjson.py": "./json.py: hides Python's own module json in the task; rename json.py",
}


@pytest.mark.parametrize("mapper", ODD)
def test_what_is_odd_is_told_before_the_job_goes_to_the_cluster(folder, mapper):
    Path("usesjson.py").write_text("import json\n")
    Path("json.py").touch()
    assert f"st-run: {ODD[mapper]}" in submit("--dry-run -input in -output out -mapper", mapper).stderr


@pytest.mark.parametrize("mapper", ["env cat", "bash -c 'sort in2 /usr/bin/env | cat'", "tr a b"])
def test_no_doubt_about_what_nodes_have(folder, mapper):
    assert submit("--dry-run -input in -output out -mapper", mapper).stderr == ""


def test_what_the_nodes_have_is_not_asked_for(folder):
    assert submit("--dry-run --node-has nowhere -input in -output out -mapper foreign.py").returncode == 0


SHOWN = [
    ("-input in -output out -mapper 'tr a b'", "-input in -output out -mapper 'tr a b'"),
    (
        "-input in -output out -mapper src/map.py -reducer ./sum.py -cmdenv PYTHONPATH=x -cmdenv PYTHONUTF8=0",
        "-files src/map.py,./sum.py -archives modules.zip -cmdenv PYTHONPATH=x -cmdenv PYTHONUTF8=0 "
        "-cmdenv PYTHONHASHSEED=0 -cmdenv PYTHONPATH=.:modules.zip:x -input in -output out "
        "-mapper '{python} map.py' -reducer '{python} sum.py'",
    ),
    (
        "-D a=1 -input in -output out -mapper st-map -partitioner org.other.Parts -reducer org.other.Red",
        "-D a=1 -files streamtools.pyz -partitioner org.other.Parts -cmdenv PYTHONHASHSEED=0 -cmdenv PYTHONUTF8=1 "
        "-input in -output out -mapper '{python} streamtools.pyz st-map' -reducer org.other.Red",
    ),
    (  # what lies on the cluster's file systems is not looked for here
        "-files hdfs:///lib/m.py,s3://b/t#u -archives hdfs://n/x.zip#y -input in -output out -mapper 'python3 m.py u'",
        "-files hdfs:///lib/m.py,s3://b/t#u -archives hdfs://n/x.zip#y -cmdenv PYTHONHASHSEED=0 -cmdenv PYTHONPATH=. "
        "-cmdenv PYTHONUTF8=1 -input in -output out -mapper '{python} m.py u'",
    ),
    (
        "--manifest -D mapreduce.input.lineinputformat.linespermap=4 -input a.7z -output out -mapper cat",
        "-D mapreduce.input.lineinputformat.linespermap=4 -D stream.map.input.ignoreKey=true -files streamtools.pyz "
        "-archives decoders.zip -inputformat org.apache.hadoop.mapred.lib.NLineInputFormat "
        "-cmdenv PYTHONHASHSEED=0 -cmdenv PYTHONPATH=.:streamtools.pyz:decoders.zip -cmdenv PYTHONUTF8=1 "
        "-input manifest.txt -output out -mapper '{python} -m streamtools.cluster.decoding_mapper cat'",
    ),
]  # fmt: skip


@pytest.mark.parametrize("words, shown", SHOWN, ids=lambda value: str(value)[:30])
def test_a_dry_run_shows_the_command(folder, words, shown):
    done = submit(f"--dry-run {words}")
    wanted = ["hadoop", "jar", "hadoop-streaming-3.4.2.jar", *shlex.split(shown.format(python=sys.executable))]
    assert (done.returncode, shlex.split(done.stdout), done.stderr) == (0, wanted, "")


def test_a_staged_dry_run_can_be_pasted(folder):
    answer = put_log()
    done = submit("--dry-run --stage ../staged -input log -output out -mapper src/map.py -reducer sum.py")
    assert subprocess.run(done.stdout, shell=True, capture_output=True, timeout=60).returncode == 0
    assert output() == answer


FAKE = """\
#!/bin/sh
case "$1" in
    fs) echo "ls: \\`out': No such file or directory" >&2; exit 1 ;;
    jar) echo "INFO mapreduce.Job: Running job: job_1_0007" >&2
         echo "Error: PipeMapRed.waitOutputThreads(): subprocess failed with code 137" >&2
         printf '\\tat org.apache.hadoop.Foo.bar(Foo.java:7)\\n' >&2
         echo "to stdout"; exit 9 ;;
    logs) shift; echo "$@" > asked
          printf 'LogType:stderr\\nLogContents:\\nTraceback (most recent call last):\\n'
          printf '  File "m.py", line 1\\nKeyError: 7\\n'
          echo 'End of LogType:stderr' ;;
esac
"""


def test_status_progress_and_logs_of_the_real_client(folder, tmp_path):
    for name in ("hadoop", "yarn"):
        path = tmp_path / "bin" / name
        path.unlink(missing_ok=True)
        path.write_text(FAKE)
        path.chmod(0o755)
    done = submit("-input in -output out -mapper cat")
    assert (done.returncode, done.stdout, "to stdout\n" in done.stderr) == (9, "", True)
    assert Path("asked").read_text() == "-applicationId application_1_0007 -log_files stderr\n"
    assert "at org.apache" not in done.stderr
    assert 'Traceback (most recent call last):\n  File "m.py", line 1\nKeyError: 7\n' in done.stderr
    assert "st-run: the job failed: KeyError: 7; the command ended with status 137: killed" in done.stderr


def test_an_interrupted_client_tells_how_to_end_the_job(folder, tmp_path):
    path = tmp_path / "bin/hadoop"
    path.unlink()
    path.write_text(FAKE.replace("exit 9", "exec sleep 60"))
    path.chmod(0o755)
    command = [BIN / "st-run", "--on", "hadoop", "-input", "in", "-output", "out", "-mapper", "cat"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as client:
        for line in client.stderr:
            if b"code 137" in line:
                client.terminate()
                break
        rest = client.stderr.read()
    assert client.returncode == 143
    assert b"the job still runs on the cluster; end it with: yarn application -kill application_1_0007\n" in rest
    assert not [path for path in (tmp_path / "dfs").iterdir() if path.name.startswith("st-submit-")]
