"""st-run --plan: what it is told must make sense, and what it says must still be there."""

import os
import subprocess

import pytest
from places import BIN

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


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--nodes", "3"], "--nodes: needs --plan"),
        (["--input-size", "1G"], "--input-size: needs --plan"),
        ([*NODES, "--resume"], "--resume: cannot be used with --plan"),
        ([*NODES, "--skip-bad", "1"], "--skip-bad: cannot be used with --plan"),
    ],
)
def test_options_that_would_do_nothing_are_refused(run, options, told):
    done = run(*options, *JOB)
    assert (done.returncode, told in done.stderr) == (64, True), done.stderr
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
