"""Jobs of several steps on a Hadoop, with st-hadoop in its place: data on its file system, counters from its client."""

import json
import os
import shlex
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import click
import pytest
from flows import CENTERS, write_flows
from places import BIN

from streamtools.job import Refused
from streamtools.launch.storage.cluster_lock import locked_on_cluster
from streamtools.launch.storage.file_systems import HadoopStorage

NODES = ["--node-python", "3.11", "--node-interpreter", sys.executable]


@pytest.fixture
def flows(folder, tmp_path_factory, monkeypatch):
    other = tmp_path_factory.mktemp("hadoop")
    (other / "bin").mkdir()
    (other / "bin/hadoop").symlink_to(BIN / "st-hadoop")
    (other / "cache/streamtools/click-8.1").mkdir(parents=True)
    (other / "cache/streamtools/click-8.1/click").symlink_to(os.path.dirname(click.__file__))
    (other / f"cache/streamtools/decoders-3.11-{os.uname().machine}").mkdir()
    (other / "dfs").mkdir()
    path = [f"{other}/bin", os.path.dirname(sys.executable), os.environ["PATH"]]
    monkeypatch.setenv("PATH", os.pathsep.join(path))
    monkeypatch.setenv("XDG_CACHE_HOME", f"{other}/cache")
    monkeypatch.setenv("STREAMTOOLS_DFS", f"{other}/dfs")
    monkeypatch.setenv("HADOOP_STREAMING_JAR", "hadoop-streaming-3.4.2.jar")
    for name in ("HADOOP_HOME", "HADOOP_CONF_DIR", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)
    write_flows(folder)
    (folder / "text").write_text("b a b\na b c\n")
    fs("-mkdir -p .")
    fs("-put text graph.tsv .")
    return folder


def fs(words: str) -> str:
    command = ["hadoop", "fs", *shlex.split(words)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def names() -> list[str]:
    return sorted(
        line.split()[-1].rpartition("/")[2] for line in fs("-ls .").splitlines() if "/" in line or len(line) > 40
    )


def submit(words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(BIN / "st-run"), "--on", "hadoop", *NODES, *shlex.split(words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=115)


def test_most_used_word(flows):
    done = submit("--job most-used.toml --set text=text -output out")
    assert (done.returncode, fs("-cat out/part-*")) == (0, "b\t3\n"), done.stderr
    assert names() == ["graph.tsv", "out", "text"]


def test_a_failed_step_is_run_again(flows):
    (flows / "top.py").write_text("import sys\nsys.exit(3)\n")
    text = (flows / "most-used.toml").read_text().replace("st-reduce top -n {{most}}", "top.py")
    (flows / "flow.toml").write_text(text)
    words = "--job flow.toml --set text=text -output out"
    done = submit(words)
    assert done.returncode == 1 and "1 step is kept in _out.steps" in done.stderr
    (flows / "top.py").write_text("print('ok')\n")
    done = submit(f"{words} --resume")
    assert (done.returncode, fs("-cat out/part-*")) == (0, "ok\t\n"), done.stderr
    assert "step count was done already" in done.stderr
    assert names() == ["graph.tsv", "out", "text"]


def test_the_output_of_a_step_is_a_file_of_another(flows):
    (flows / "flow.toml").write_text(
        "[[step]]\nname = 'stop'\ninput = 'text'\nmapper = 'cut -c1'\nreducer = 'cat'\nreduces = 1\n"
        "[[step]]\nname = 'out'\ninput = 'graph.tsv'\nmapper = 'wc -l words/part-00000'\nreducer = 'NONE'\n"
        "D = { 'mapreduce.job.maps' = 1 }\nfiles = { from = 'stop', as = 'words' }\n"
    )
    done = submit("--job flow.toml -output out")
    assert (done.returncode, fs("-cat out/part-*")) == (0, "2 words/part-00000\t\n"), done.stderr


def test_overwrite(flows):
    words = "-input text -output out -mapper 'cut -c1' -reducer NONE"
    assert submit(words).returncode == 0
    assert submit(words).returncode == 5
    done = submit(f"{words.replace('cut -c1', 'false')} --overwrite")
    assert done.returncode == 1 and fs("-cat out/part-*") == "b\t\na\t\n"
    done = submit(f"{words.replace('-c1', '-c3')} --overwrite")
    assert (done.returncode, fs("-cat out/part-*")) == (0, "a\t\nb\t\n"), done.stderr
    assert names() == ["graph.tsv", "out", "text"]


def test_a_dry_run_prints_the_commands(flows):
    done = submit("--dry-run --job most-used.toml --set text=text -output out")
    first, second, *end = done.stdout.splitlines()
    assert first.startswith("hadoop jar hadoop-streaming-3.4.2.jar ") and "-output _out.steps/count" in first
    assert "-input _out.steps/count -output _out.steps/top" in second
    assert end == ["hadoop fs -mv _out.steps/top out", "hadoop fs -rm -r -f -skipTrash _out.steps"]


@pytest.mark.slow
def test_steps_are_repeated_by_counters_of_the_client_and_a_page_shows_them_all(flows):
    fs("-put numbers .")
    done = submit("--job kmeans.toml -input numbers -output out --report page.html")
    assert (done.returncode, fs("-cat out/part-*").replace("\t", "")) == (0, CENTERS), done.stderr
    page = (flows / "page.html").read_text()
    for title in ("step init", "step assign, round 1", "step update, round 2"):
        assert f"<h1 class=step>{title}</h1>" in page
    assert "<td>Map input records<td>6" in page and "Timeline" not in page
    assert names() == ["graph.tsv", "numbers", "out", "text"]


def test_the_page_of_a_job(flows):
    done = submit("-input text -output out -mapper cat -reducer NONE --report page.html")
    assert done.returncode == 0 and "<td>Map input records<td>2" in (flows / "page.html").read_text(), done.stderr
    done = submit("-input text -output out -mapper cat -reducer NONE --report no/page.html")
    assert done.returncode == 73 and "--report no/page.html: there is no directory no" in done.stderr


LOCK = "--job most-used.toml --set text=text -output out"


def lock(flows, host: str, process: int) -> None:
    (flows / "holder").write_text(json.dumps([host, process, "2026-01-01 10:00:00"]))
    fs("-mkdir -p _out.steps")
    fs("-put holder _out.steps/_lock")


def test_of_two_runs_the_second_ends_as_if_the_output_were_there(flows):
    lock(flows, "elsewhere", 1)
    done = submit(LOCK)
    problem = "Output directory out already exists: another st-run is writing it since 2026-01-01 10:00:00; wait"
    assert done.returncode == 5 and f"Error Launching job : {problem}" in done.stderr, done.stderr
    assert "if process 1 on elsewhere has ended: hadoop fs -rm _out.steps/_lock\n" in done.stderr
    assert [line.split()[-1] for line in fs("-ls _out.steps").splitlines()[1:]] == ["_out.steps/_lock"]


def test_the_lock_of_a_process_of_this_machine_is_taken_over_if_that_has_ended(flows):
    with subprocess.Popen(["true"]) as ended:
        pass
    storage = HadoopStorage("hadoop")
    lock(flows, socket.gethostname(), ended.pid)
    with locked_on_cluster(storage, "_out.steps", "out"):
        assert storage.names("_out.steps") == ["_lock"]
        with pytest.raises(Refused, match=f"if process {os.getpid()} on"), locked_on_cluster(storage, "_out.steps", ""):
            pass
    assert storage.names("_out.steps") == []


def test_a_flow_that_fails_at_once_leaves_nothing(flows):
    done = submit("--job most-used.toml --set text=nosuch -output out")
    assert done.returncode != 0 and "nosuch" in done.stderr and names() == ["graph.tsv", "text"]


def test_of_runs_that_begin_at_once_one_gets_the_lock(flows):
    storage = HadoopStorage("hadoop")
    storage.make_directory("d")

    def take(number: int) -> bool:
        try:
            with locked_on_cluster(storage, "d", "out", f"host-{number}"):
                ready.wait()
            return True
        except Refused:
            ready.wait()
            return False

    ready = threading.Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(take, range(4))) == [False, False, False, True]
    assert storage.names("d") == []
