"""Jobs on YARN and HDFS, submitted by st-run: nothing of ours is installed on the node, and the answer is that of here.

Wants the Hadoop that `make hadoop` fetches, as the differential tests do, and starts its cluster for as long as they
run, unless it runs already. The node's Python is /usr/bin's or /usr/local/bin's, and a 3.9 where one is found.
"""

import lzma
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pages
import pytest
from flows import CENTERS, RANKS, write_flows
from hadoop_home import hadoop_home, is_installed, running_cluster
from places import BIN, ROOT, SAMPLE

from streamtools.job import Refused
from streamtools.launch.storage.cluster_lock import locked_on_cluster
from streamtools.launch.storage.file_systems import HadoopStorage

NODE_PATH = "/usr/local/bin:/usr/bin:/bin"  # as cluster.sh has it
SCRIPTS = {
    "map.py": "import sys\nimport helpers\nfor line in sys.stdin.buffer:\n    helpers.write(line)\n",
    "helpers.py": "import sys\nfrom parts.user import user\n\n\ndef write(line):\n"
    "    sys.stdout.buffer.write(b'%b\\t1\\n' % user(line))\n",
    "parts/__init__.py": "",
    "parts/user.py": "def user(line):\n    return line.split(b'\\t')[1]\n",
    "total.py": "import itertools, sys\n"
    "for key, lines in itertools.groupby(sys.stdin.buffer, lambda line: line.split(b'\\t')[0]):\n"
    "    print(key.decode(), sum(int(line.split(b'\\t')[1]) for line in lines), sep='\\t')\n",
    "failing.py": "import sys\nfor line in sys.stdin:\n    print(1 / (len(line) * 0))\n",
    "bare.py": "import sys\ntry:\n    import click\nexcept ImportError:\n    click = None\n"
    "print(click and click.__file__ or 'none', len(sys.stdin.read()) * 0)\n",
}
Submit = Callable[[str], "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    """What a client of the running cluster has in its environment."""
    if not is_installed():
        message = f"no Hadoop in {hadoop_home()}; run: make hadoop"
        if os.environ.get("STREAMTOOLS_REQUIRE_HADOOP"):
            pytest.fail(message)
        pytest.skip(message)
    with running_cluster() as environment:
        yield environment


@pytest.fixture(scope="module")
def home(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's directory, its sample on HDFS, plain and packed."""
    folder = tmp_path_factory.mktemp("home")
    for name, content in SCRIPTS.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    lines = (SAMPLE / "adlog.tsv").read_bytes().split(b"\n")
    half = len(lines) // 2
    (folder / "first.tsv").write_bytes(b"\n".join(lines[:half]) + b"\n")
    (folder / "second.tsv").write_bytes(b"\n".join(lines[half:]))
    pack(folder / "first.7z", folder / "first.tsv")
    (folder / "second.tsv.xz").write_bytes(lzma.compress((folder / "second.tsv").read_bytes()))
    done = subprocess.run(
        "hadoop fs -rm -r -f -skipTrash t; hadoop fs -mkdir -p t/7z t/tsv && hadoop fs -put *.7z *.xz t/7z"
        " && hadoop fs -put first.tsv second.tsv t/tsv",
        shell=True, cwd=folder, env=environment, capture_output=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def pack(archive: Path, file: Path) -> None:
    import py7zr

    with py7zr.SevenZipFile(archive, "w") as target:
        target.write(file, file.name)


@pytest.fixture
def submit(home: Path, environment: dict[str, str]) -> Submit:
    """Runs st-run --on hadoop in the user's directory."""

    def run(words: str) -> "subprocess.CompletedProcess[str]":
        command = [str(BIN / "st-run"), "--on", "hadoop", *shlex.split(words)]
        return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=280)

    return run


@pytest.fixture(scope="module")
def answer() -> list[bytes]:
    """The lines of the same job run here."""
    command = [BIN / "st-run", "--stdout", "--quiet", "-input", SAMPLE / "adlog.tsv", "-mapper", "st-map"]
    done = subprocess.run([*command, "-reducer", "st-reduce"], capture_output=True, check=True, timeout=60)
    return sorted(done.stdout.split(b"\n")[:-1])


def fs(environment: dict[str, str], *words: str) -> bytes:
    return subprocess.run(["hadoop", "fs", *words], env=environment, capture_output=True, timeout=60).stdout


def python_of_nodes() -> str:
    """Options that tell what Python the node has: what its PATH gives, else that beneath our environment."""
    python = shutil.which("python3", path=NODE_PATH) or os.path.realpath(sys.executable)
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    version = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    return f"--node-python {version} --node-interpreter {python}"


def python39() -> str:
    """Options for an interpreter of 3.9 as the node's, where this machine has one; else the usual one."""
    for path in [*Path.home().glob(".pyenv/versions/3.9.*/bin/python3.9"), Path("/usr/bin/python3.9")]:
        if path.exists():
            return f"--node-python 3.9 --node-interpreter {path}"
    return python_of_nodes()


@pytest.mark.timeout(400)
def test_most_used_word_in_two_steps(submit: Submit, environment: dict[str, str], home: Path) -> None:
    """Intermediate data lie on HDFS, and go; the output of a step is a file of another."""
    write_flows(home)
    (home / "flow.toml").write_text(
        (home / "most-used.toml").read_text() + "[[step]]\nname = 'last'\ninput = 't/tsv'\nreducer = 'NONE'\n"
        "mapper = 'last.py'\nfiles = { from = 'top', as = 'top' }\n"
    )
    (home / "last.py").write_text("import sys\nsys.stdin.read()\nprint(open('top/part-00000').read().rstrip())\n")
    done = submit(f"--job flow.toml --set text=t/tsv -output t/most-used {python_of_nodes()}")
    assert done.returncode == 0, done.stderr
    lines = set(fs(environment, "-cat", "t/most-used/part-*").split(b"\n")[:-1])
    here = [BIN / "st-run", "--quiet", "--stdout", "--job", "most-used.toml", "--set", f"text={SAMPLE / 'adlog.tsv'}"]
    assert lines == {subprocess.run(here, cwd=home, capture_output=True, check=True).stdout.rstrip(b"\n")}
    assert b"steps" not in fs(environment, "-ls", "t")


@pytest.mark.timeout(120)
def test_of_runs_that_begin_at_once_one_gets_the_lock(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """HDFS renames no file onto another one."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    storage = HadoopStorage("hadoop")
    storage.make_directory("t/lock")
    ready = threading.Barrier(3)

    def take(number: int) -> bool:
        try:
            with locked_on_cluster(storage, "t/lock", "out", f"host-{number}"):
                ready.wait(60)
            return True
        except Refused:
            ready.wait(60)
            return False

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(take, range(3))) == [False, False, True]
    assert storage.names("t/lock") == []


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("job", "results"),
    [
        ("--job pagerank.toml --set graph=graph.tsv", RANKS),
        ("--job pagerank.py -input graph.tsv", RANKS),
        ("--job kmeans.toml -input numbers", CENTERS),
    ],
    ids=["pagerank.toml", "pagerank.py", "kmeans.toml"],
)
def test_counters_of_the_real_client_end_a_repetition(home: Path, job: str, results: str) -> None:
    """In Hadoop's local mode, where a job takes two seconds."""
    write_flows(home)
    shutil.copy(ROOT / "tests/api/jobs/pagerank.py", home)
    conf = home / "conf"
    conf.mkdir(exist_ok=True)
    (conf / "core-site.xml").write_text("<configuration/>")
    shutil.copy(hadoop_home() / "etc/hadoop/log4j.properties", conf)
    environment = {**os.environ, "HADOOP_CONF_DIR": str(conf)}
    environment["PATH"] = f"{hadoop_home() / 'bin'}:{Path(sys.executable).parent}:{environment['PATH']}"
    name = job.split()[1].replace(".", "-")
    command = [str(BIN / "st-run"), "--on", "hadoop", *shlex.split(f"{python_of_nodes()} {job} -output {name}")]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=800)
    assert done.returncode == 0, done.stderr[-3000:]
    parts = "".join(path.read_text() for path in sorted((home / name).glob("part-*")))
    assert parts.replace("\t\n", "\n") == results
    assert not list(home.glob("_*"))


JOBS = {  # (options, what follows -output)
    "own-scripts-with-modules": (python_of_nodes, "-input t/tsv -mapper map.py -combiner total.py -reducer total.py"),
    "tools-with-nothing-installed": (python39, "-input t/tsv -mapper st-map -combiner st-combine -reducer st-reduce"),
    "by-manifest": (python_of_nodes, "--manifest -input t/7z -mapper st-map -combiner total.py -reducer st-reduce"),
}  # fmt: skip


@pytest.mark.timeout(400)
def test_jobs_on_yarn_have_the_answers_of_here(
    submit: Submit, environment: dict[str, str], answer: list[bytes]
) -> None:
    """All at once: most of a job's time is the start of one JVM after another."""
    with ThreadPoolExecutor() as pool:
        runs = {
            name: pool.submit(submit, f"-D mapreduce.job.reduces=2 {words} -output t/{name} {options()}")
            for name, (options, words) in JOBS.items()
        }
        for name, run in runs.items():
            assert run.result().returncode == 0, f"{name}: {run.result().stderr}"
    for name in JOBS:
        lines = fs(environment, "-cat", f"t/{name}/part-*").split(b"\n")[:-1]
        assert sorted(lines) == answer, name
    assert b".manifest-" not in fs(environment, "-ls", "t")
    assert " Map input records=2" in runs["by-manifest"].result().stderr.replace("\t", " ")


@pytest.mark.timeout(400)
def test_a_failing_job_shows_its_traceback(submit: Submit) -> None:
    done = submit(
        f"{python_of_nodes()} -D mapreduce.map.maxattempts=1 -input t/tsv -output t/failed -mapper failing.py"
    )
    assert done.returncode == 1
    shown = done.stderr[done.stderr.index("Streaming Command Failed!") :]
    assert re.search(r'Traceback \(most recent call last\):\n  File "failing.py", line 3', shown), shown
    assert re.search(r"^st-run: map task \d failed: ZeroDivisionError: ", shown, re.MULTILINE), shown
    assert "\tat org.apache" not in done.stderr


REFUSED = [
    ("-input t/nowhere -output t/x", 5, "Input path does not exist: t/nowhere"),
    ("-input t/tsv -output t/tsv", 5, "Output directory t/tsv already exists"),
    ("-input t/7z/first.7z -output t/x", 5, "Hadoop cannot read t/7z/first.7z; add --manifest"),
]


@pytest.mark.parametrize("words, status, told", REFUSED, ids=lambda value: str(value)[:20])
def test_refused_before_it_starts(submit: Submit, words: str, status: int, told: str) -> None:
    done = submit(f"{words} -mapper cat")
    assert (done.returncode, "Running job" in done.stderr) == (status, False), done.stderr
    assert told in done.stderr


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "path", [path for path in pages.PAGES if "\n```console cluster\n" in path.read_text()], ids=str
)
def test_the_blocks_of_a_page_that_are_for_a_cluster(path: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """They run as they stand, and write what is shown."""
    text = path.read_text()
    pages.clear_cluster(text, environment)
    for answer in pages.run_blocks(text, tmp_path, environment, {pages.FILE, pages.CLUSTER}):
        assert answer.is_as_shown, answer.printed
