"""Settings for a cluster: the arithmetic, and the sample that it stands on."""

import re
import shlex
import subprocess

import pytest
from places import BIN, SAMPLE

from streamtools.cluster.recommended_settings import Cluster, Sample, recommend

M, G = 1 << 20, 1 << 30
PLAIN = Sample(read=10 * M, mapped=5 * M, combined=1 * M, seconds=1.0)
SIZES = [  # sample, input, cluster; options
    (PLAIN, 10 * M, Cluster(1, 1, 4 * G), {"job.reduces": "1", "job.maps": "1", "task.io.sort.mb": "18"}),
    (PLAIN, 100 * G, Cluster(10, 8, 32 * G), {"job.reduces": "10", "job.maps": "472", "map.memory.mb": "3072"}),
    (PLAIN, 10 << 40, Cluster(2, 2, 2 * G), {"job.reduces": "2", "map.memory.mb": "768"}),
    (Sample(M, 0, 0, 1.0), 10 * G, Cluster(4, 4, 16 * G), {"job.reduces": "1", "task.io.sort.mb": "16"}),
    (Sample(M, 50 * M, 50 * M, 1.0), 10 * G, Cluster(4, 4, 16 * G), {"job.reduces": "14", "task.io.sort.mb": "1536"}),
]  # fmt: skip


@pytest.mark.parametrize("sample, total, cluster, options", SIZES)
def test_options(sample, total, cluster, options):
    found = {name.removeprefix("mapreduce."): value for name, value in recommend(sample, total, cluster).options}
    assert {name: found[name] for name in options} == options
    heap = int(found["map.java.opts"][4:-1])
    assert int(found["task.io.sort.mb"]) < heap


def test_the_arithmetic_adds_up():
    lines = recommend(PLAIN, 100 * G, Cluster(10, 8, 32 * G)).lines
    told = next(line for line in lines if line.startswith("slots"))
    nodes, cores, slots = map(int, re.fullmatch(r".* (\d+) nodes x (\d+) cores - 1 .* = (\d+)", told).groups())
    assert nodes * cores - 1 == slots
    assert "0.50 bytes for each of the input" in "\n".join(lines) and "leaves 20% of it" in "\n".join(lines)
    assert not any("skew" in line for line in lines)
    assert "4.0 times" in recommend(Sample(1, 1, 1, 1.0, 4.0), G, Cluster(1, 1, G)).lines[-1]


def plan(words: str, folder) -> "subprocess.CompletedProcess[str]":
    command = [BIN / "st-run", "--plan", *shlex.split(words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=folder)


def test_a_sample_is_run_here_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    job = f"-input {SAMPLE / 'adlog.tsv.7z'} -output out -mapper st-map -combiner st-combine -reducer st-reduce"
    done = plan(f"--nodes 3 --cores 4 --memory 16G --input-size 100G {job}", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    first, *_, last = done.stdout.rstrip("\n").split("\n")
    assert first == f"sample: {(SAMPLE / 'adlog.tsv').stat().st_size:,} of about {100 * G:,} bytes, decoded"
    assert "combiner: leaves 9% of it" in done.stdout
    assert last.startswith("-D mapreduce.job.reduces=1 -D mapreduce.job.maps=")
    assert list(tmp_path.iterdir()) == []


def test_a_big_input_is_sampled(tmp_path):
    (tmp_path / "big").write_bytes(b"some words of a line\n" * 2_000_000)
    done = plan("--nodes 3 --cores 4 --memory 16G -input big -output out -mapper cat -reducer NONE", tmp_path)
    read, total = (int(text.replace(",", "")) for text in re.findall(r"[\d,]{4,}", done.stdout.split("\n")[0]))
    assert read < 20 << 20 and read % 21 == 0
    assert total == pytest.approx(42_000_000, rel=0.02)


@pytest.mark.parametrize("words, status, told", [
    ("-input x -output o", 64, "--plan: needs --nodes and --cores"),
    ("--nodes 1 --cores 1 -input none -output o -mapper cat", 66, "none"),
    ("--nodes 1 --cores 1 -input empty -output o -mapper cat", 66, "empty: is empty"),
    ("--nodes 1 --cores 1 -input one -output o -mapper false", 1, "the job fails on a sample"),
])  # fmt: skip
def test_refused(tmp_path, words, status, told):
    (tmp_path / "empty").touch()
    (tmp_path / "one").write_text("1\n")
    done = plan(words, tmp_path)
    assert (done.returncode, told in done.stderr) == (status, True), done.stderr
