"""--overwrite of a job here: its old output goes when the new one is there, and not before."""

import os
import subprocess
import sys

import pytest
from places import BIN


def st_run(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [str(BIN / "st-run"), "--quiet", "-input", "in", "-output", "out", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.fixture
def done(folder):
    (folder / "in").write_text("b x\na y\n")
    assert st_run("-mapper", "cut -c1", "--overwrite").returncode == 0  # there is nothing to replace
    return folder


def part(folder) -> str:
    return (folder / "out/part-00000").read_text()


def test_a_job_that_succeeds_replaces_the_output(done):
    ended = st_run("-mapper", "cut -c3", "--overwrite")
    assert (ended.returncode, part(done)) == (0, "x\t\ny\t\n"), ended.stderr
    assert sorted(os.listdir()) == ["in", "out"]


def test_an_input_may_be_the_old_output(done):
    command = [
        str(BIN / "st-run"),
        "--quiet",
        "--overwrite",
        "-input",
        "out",
        "-output",
        "out",
        "-mapper",
        "sed s/a/z/",
    ]
    subprocess.run(command, check=True, timeout=60)
    assert part(done) == "b\t\nz\t\n"


def test_one_that_fails_leaves_it_and_goes_on_with_resume(done):
    (done / "fold.py").write_text("raise SystemExit(3)\n")
    words = ["-mapper", "cut -c3", "-reducer", f"{sys.executable} fold.py", "--overwrite"]
    assert st_run(*words).returncode == 1
    assert part(done) == "a\t\nb\t\n" and "_out.new" in os.listdir()
    (done / "fold.py").write_text("import sys\nsys.stdout.write(sys.stdin.read())\n")
    ended = st_run(*words, "--resume")
    assert (ended.returncode, part(done)) == (0, "x\t\ny\t\n"), ended.stderr
    assert "0 of 1 map tasks" not in ended.stderr and "map tasks were done already" in ended.stderr
    assert sorted(os.listdir()) == ["fold.py", "in", "out"]


REFUSED = [
    (["--on", "emr", "--cluster", "j", "--upload", "s3://b/f"], "--overwrite: not supported with --on emr"),
    (["-background"], "--overwrite: needs an output, and a job that st-run waits for"),
]


@pytest.mark.parametrize("words, message", REFUSED)
def test_refused(done, words, message):
    ended = st_run("-mapper", "cat", "--overwrite", *words)
    assert ended.returncode == 64 and message in ended.stderr, ended.stderr


def test_a_directory_of_other_things_is_not_removed(done):
    (done / "out/_SUCCESS").unlink()
    (done / "out/notes.txt").touch()
    ended = st_run("-mapper", "cat", "--overwrite")
    assert ended.returncode == 73 and "notes.txt in it is not the output of a job" in ended.stderr
    assert (done / "out/notes.txt").exists()
