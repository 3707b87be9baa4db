"""A user's files with a job and its test pass mypy --strict, as streamtools ships py.typed; and jobs are short."""

import os
import re
import subprocess
import sys

import pytest
from jobs_of_functions import JOBS
from places import ROOT

USER = """
from collections.abc import Iterator
from streamtools import Job

job = Job(value=int)
job.option("--least", type=int, default=1)

@job.map("log*")
def words(line: str) -> Iterator[tuple[str, int]]:
    for word in line.split():
        yield word, 1

@job.reduce(combine=True)
def total(word: str, counts: Iterator[int]) -> Iterator[tuple[str, int]]:
    yield word, sum(counts)

@job.map
def others(line: str) -> Iterator[tuple[str, int]]:
    job.count("my", "lines")
    yield line, 1

if __name__ == "__main__":
    job.main()
"""
TEST = """
from pathlib import Path

from streamtools import repeat, step, steps
from streamtools.testing import JobFailed, Result, run, run_command

from job import job

def test_words() -> None:
    result: Result = run(job, {"log": "a b", "other": Path("x")}, options={"least": 2}, files={"stop": ["a"]}, seed=1)
    assert dict(result.pairs) == {"a": 1} and result.counters["my", "lines"] == 1 and result.lines[0].strip()
    again = repeat(step(job, inputs=["x"]), until=lambda counters, n: counters["my", "lines"] > n, most=3)
    assert run(steps(job, again), ["a", "b"]).stderr == ""
    assert run_command("cat", "a", reducer=["uniq", "-c"]).seed
    assert issubclass(JobFailed, Exception)
"""
MOST = 15  # lines of a job of one step, as a beginner would write it


@pytest.mark.slow
def test_a_users_files_pass_mypy(tmp_path):
    (tmp_path / "job.py").write_text(USER)
    (tmp_path / "test_job.py").write_text(TEST)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        "--follow-imports=silent",
        "--python-version",
        "3.10",
        "test_job.py",
        "job.py",
    ]
    environment = {**os.environ, "MYPYPATH": str(ROOT)}  # mypy does not follow an editable installation
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", sorted(JOBS.glob("*.py")), ids=lambda path: path.stem)
def test_jobs_are_short(path):
    """Blank lines and comments are not counted, nor are the files of several steps."""
    source = path.read_text()
    lines = [line for line in source.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert len(lines) <= MOST or re.search(r"^from streamtools import .*\bsteps\b", source, re.MULTILINE)
