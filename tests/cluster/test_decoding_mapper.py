"""What --manifest makes of a mapper: it runs once over each input that a line names."""

import gzip
import os
import subprocess
import sys

import pytest
from places import BIN, ROOT, SAMPLE


@pytest.fixture
def stream(tmp_path, monkeypatch):
    """Runs it over lines on stdin, with st-hadoop for the node's hadoop; the sample lies on its file system."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/hadoop").symlink_to(BIN / "st-hadoop")
    (tmp_path / "dfs/logs").mkdir(parents=True)
    (tmp_path / "task").mkdir()
    (tmp_path / "dfs/logs/a.7z").write_bytes((SAMPLE / "adlog.tsv.7z").read_bytes())
    (tmp_path / "dfs/logs/b.gz").write_bytes((SAMPLE / "adlog.tsv.gz").read_bytes())
    (tmp_path / "dfs/logs/broken.gz").write_bytes((SAMPLE / "adlog.tsv.gz").read_bytes()[:-100])
    (tmp_path / "dfs/logs/small.gz").write_bytes(gzip.compress(b"x\n") + gzip.compress(bytes(99))[:-9])
    (tmp_path / "dfs/logs/plain.gz").write_bytes(b"plain\n" * 99)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HADOOP_")},
        "PATH": f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "STREAMTOOLS_DFS": str(tmp_path / "dfs"),
    }

    def run(lines: bytes, *mapper: str, **more: str) -> "subprocess.CompletedProcess[bytes]":
        command = [sys.executable, "-m", "streamtools.cluster.decoding_mapper", *mapper]
        done = subprocess.run(
            command, input=lines, capture_output=True, cwd=tmp_path / "task", env={**environment, **more}, timeout=60
        )
        assert list((tmp_path / "task").iterdir()) == []
        return done

    return run


def test_each_input_has_a_mapper_of_its_own(stream):
    done = stream(b"/logs/a.7z\n\n/logs/b.gz\n", "sh", "-c", 'echo "$mapreduce_map_input_file $(wc -l)"')
    assert (done.returncode, done.stdout) == (0, b"/logs/a.7z 20000\n/logs/b.gz 20000\n")


def test_the_mappers_status_is_that_of_the_task(stream):
    done = stream(b"/logs/a.7z\n/logs/b.gz\n", "sh", "-c", "cat > /dev/null; echo once; exit 7")
    assert (done.returncode, done.stdout) == (7, b"once\n")


FAILURES = [
    (b"/logs/none.7z\n", ["cat"], 66, b"/logs/none.7z: cannot be fetched: "),
    (b"/logs/broken.gz\n", ["wc"], 65, b"/logs/broken.gz: "),
    (b"/logs/none.gz\n", ["cat"], 66, b"/logs/none.gz: cannot be fetched: "),
    (b"/logs/a.7z\n", ["true"], 74, b"/logs/a.7z: the mapper ended before it had read all of it"),
    (b"/logs/b.gz\n", ["true"], 74, b"/logs/b.gz: the mapper ended before it had read all of it"),
    (b"/logs/a.7z\n", ["nosuchprog", "-x"], 69, b"nosuchprog: cannot be run as the mapper: No such file"),
    (b"/logs/small.gz\n", ["cat"], 65, b"/logs/small.gz: "),
    (b"/logs/plain.gz\n", ["cat"], 65, b"/logs/plain.gz: has the suffix of a .gz file but does not begin like gz data"),
]


@pytest.mark.parametrize("lines, mapper, status, message", FAILURES, ids=lambda value: str(value)[:20])
def test_failures_name_the_input(stream, lines, mapper, status, message):
    done = stream(lines, *mapper)
    assert (done.returncode, done.stderr.count(b"\n")) == (status, 1), done.stderr
    assert done.stderr.startswith(b"streamtools: " + message)


def test_streams_never_lie_on_the_disk_of_the_node(stream):
    mapper = ("sh", "-c", "read first; find . -type f; wc -l")
    done = stream(b"/logs/b.gz\n", *mapper)
    assert (done.returncode, done.stdout) == (0, b"19999\n")
    assert stream(b"/logs/a.7z\n", *mapper).stdout.startswith(b"./fetched-")


CUT = [  # what `hadoop fs -cat` still gives before it fails: nothing, whole members, half of one, all
    ("", b"", b"b.gz: cannot be fetched: cat: lost the last datanode\n"),
    ('cat "$1"', b"x\n", b"b.gz: cannot be fetched: cat: lost the last datanode\n"),
    ('head -c 10 "$1"', b"", b"b.gz: cannot be fetched: cat: lost the last datanode\n"),
]


@pytest.mark.parametrize("gives, mapped, message", CUT, ids=["nothing", "all", "half"])
def test_a_stream_that_is_cut_fails_the_task(stream, tmp_path, gives, mapped, message):
    (tmp_path / "member.gz").write_bytes(gzip.compress(b"x\n"))
    program = tmp_path / "bin/hadoop"
    program.unlink()
    program.write_text(
        f"#!/bin/sh\nset {tmp_path}/member.gz\n{gives}\necho 'cat: lost the last datanode' >&2\nexit 1\n"
    )
    program.chmod(0o755)
    done = stream(b"b.gz\n", "cat")
    assert (done.returncode, done.stderr) == (66, b"streamtools: " + message)
    assert mapped.startswith(done.stdout)


def test_without_a_hadoop_it_says_so(stream):
    done = stream(b"/logs/a.7z\n", "/bin/cat", PATH="/nowhere")
    assert (done.returncode, done.stdout) == (69, b"")
    assert done.stderr.startswith(b"streamtools: hadoop: not found on this node's PATH")


def test_long_work_tells_that_it_is_alive(monkeypatch, capfd):
    from streamtools.cluster import decoding_mapper

    monkeypatch.setattr(decoding_mapper, "STATUS_INTERVAL", -1)
    assert list(decoding_mapper._with_status(iter([b"x" * 2_000_000, b"y"]), "a.7z")) == [b"x" * 2_000_000, b"y"]
    assert capfd.readouterr().err.startswith("reporter:status:a.7z: 2 MB decoded\n")
