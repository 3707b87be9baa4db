"""st-run --plan: what options that make sense, and advice that can be followed."""

import os
import re
import shlex
import subprocess

import pytest
from places import BIN, SAMPLE

NODES = ["--plan", "--nodes", "3", "--cores", "4"]
JOB = ["-input", "in", "-output", "out", "-mapper", "cat"]


@pytest.fixture
def run(folder):
    (folder / "in").write_text("a\nb\n")

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([BIN / "st-run", *words], capture_output=True, text=True, timeout=60)

    return call


def test_a_job_without_reducers_stays_one(run):
    done = run(*NODES, *JOB, "-reducer", "NONE")
    assert (done.returncode, done.stderr) == (0, "")
    assert "reduces: none" in done.stdout and "map output" not in done.stdout
    *_, options = done.stdout.rstrip("\n").split("\n")
    assert options.startswith("-D mapreduce.job.reduces=0 -D mapreduce.job.maps=1 ")
    assert "sort" not in options and "mapreduce.reduce" not in options


def test_a_failing_job_is_told_without_advice_that_leads_nowhere(run):
    done = run(*NODES, *JOB, "-reducer", "sh -c 'echo why >&2; exit 3'")
    assert done.returncode == 1
    assert "why" in done.stderr and "failed with code 3" in done.stderr
    assert "--plan: the job fails on a sample of its input; run it here without --plan first" in done.stderr
    assert "--replay" not in done.stderr and "--resume" not in done.stderr
    assert os.listdir(os.environ["TMPDIR"]) == []


def test_a_comma_inside_braces_is_a_part_of_the_pattern(run, folder):
    for name in ("a1", "b1"):
        (folder / name).write_text("x\n" * 10)
    done = run(*NODES, "-input", "{a1,b1}", *JOB[2:])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("sample: 40 of about 40 bytes, decoded\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--nodes", "3"], "--nodes: needs --plan"),
        (["--input-size", "1G"], "--input-size: needs --plan"),
        ([*NODES, "--resume"], "--resume: cannot be used with --plan"),
        ([*NODES, "--skip-bad", "1"], "--skip-bad: cannot be used with --plan"),
    ],
)
def test_options_that_would_do_nothing_are_refused(run, options, message):
    done = run(*options, *JOB)
    assert (done.returncode, message in done.stderr) == (64, True), done.stderr
    assert not os.path.exists("out")


def test_the_size_of_what_is_elsewhere_must_be_told(folder, monkeypatch):
    from streamtools.errors import UsageError
    from streamtools.job import parse
    from streamtools.launch import plan

    line = parse(["-input", "s3://bucket/log", "-output", "out", "-mapper", "cat"])
    monkeypatch.setattr(plan, "expand", lambda names: names)
    monkeypatch.setattr(plan, "open_inputs", lambda _names, _options: (b"line\n" for _ in range(9)))
    monkeypatch.setattr(plan, "SAMPLE", 20)
    with pytest.raises(UsageError, match="--input-size"):
        plan._sample(line, "sample", None)
    assert plan._sample(line, "sample", 1 << 40) == (20, 1 << 40)


def plan(words: str, folder) -> "subprocess.CompletedProcess[str]":
    command = [BIN / "st-run", "--plan", *shlex.split(words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=folder)


def test_a_sample_is_run_here_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    job = f"-input {SAMPLE / 'adlog.tsv.7z'} -output out -mapper st-map -combiner st-combine -reducer st-reduce"
    done = plan(f"--nodes 3 --cores 4 --memory 16G --input-size 100G {job}", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    first, *_, last = done.stdout.rstrip("\n").split("\n")
    assert first == f"sample: {(SAMPLE / 'adlog.tsv').stat().st_size:,} of about {100 << 30:,} bytes, decoded"
    assert "combiner: leaves 9% of it" in done.stdout
    assert last.startswith("-D mapreduce.job.reduces=1 -D mapreduce.job.maps=")
    assert list(tmp_path.iterdir()) == []


def test_a_big_input_is_sampled(tmp_path):
    (tmp_path / "big").write_bytes(b"some words of a line\n" * 2_000_000)
    done = plan("--nodes 3 --cores 4 --memory 16G -input big -output out -mapper cat -reducer NONE", tmp_path)
    read, total = (int(text.replace(",", "")) for text in re.findall(r"[\d,]{4,}", done.stdout.split("\n")[0]))
    assert read < 20 << 20 and read % 21 == 0
    assert total == pytest.approx(42_000_000, rel=0.02)


@pytest.mark.parametrize("words, status, message", [
    ("--nodes 1 -input x -output o", 64, "--plan: needs --cores"),
    ("--nodes 1 --cores 1 -input none -output o -mapper cat", 66, "none"),
    ("--nodes 1 --cores 1 -input empty -output o -mapper cat", 66, "empty: is empty"),
    ("--nodes 1 --cores 1 -input one -output o -mapper false", 1, "the job fails on a sample"),
])  # fmt: skip
def test_refused(tmp_path, words, status, message):
    (tmp_path / "empty").touch()
    (tmp_path / "one").write_text("1\n")
    done = plan(words, tmp_path)
    assert (done.returncode, message in done.stderr) == (status, True), done.stderr


LABELS = ["sample", "tasks", "rates", "time", "CPU", "spill", "output", "memory", "bound by", "twice the cores"]


@pytest.mark.parametrize("name", ["adlog.tsv", "adlog.tsv.gz", "adlog.tsv.7z"])
def test_a_plan_for_this_machine(tmp_path, monkeypatch, name):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    job = f"-input {SAMPLE / name} -output out -mapper st-map -combiner st-combine -reducer st-reduce"
    done = plan(f"--jobs 2 {job}", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.rstrip("\n").split("\n")
    assert [line.partition(":")[0] for line in lines] == LABELS
    read, total = (int(text.replace(",", "")) for text in re.findall(r"[\d,]{7,}", lines[0]))
    assert (SAMPLE / "adlog.tsv").stat().st_size == pytest.approx(total, rel=0.01) and 0 < read <= total * 1.01
    assert ("decode" in lines[2]) == (name != "adlog.tsv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words, status, message", [
    ("-input empty -output o -mapper cat", 66, "empty: is empty"),
    ("-input none -output o -mapper cat", 5, "Input path does not exist"),
    ("-input one -output o -mapper false", 1, "the job fails on a sample"),
    ("-input one -output o -mapper cat -inputformat SequenceFileInputFormat", 64, "only inputs of lines"),
])  # fmt: skip
def test_refused_here(tmp_path, words, status, message):
    (tmp_path / "empty").touch()
    (tmp_path / "one").write_text("1\n")
    done = plan(words, tmp_path)
    assert (done.returncode, message in done.stderr) == (status, True), done.stderr
