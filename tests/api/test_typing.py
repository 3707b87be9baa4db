"""A user's file with a job passes mypy --strict: streamtools ships py.typed."""

import os
import subprocess
import sys

import pytest
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


@pytest.mark.slow
def test_a_users_file_passes_mypy(tmp_path):
    (tmp_path / "job.py").write_text(USER)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        "--follow-imports=silent",
        "--python-version",
        "3.10",
        "job.py",
    ]
    environment = {**os.environ, "MYPYPATH": str(ROOT)}  # mypy does not follow an editable installation
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
