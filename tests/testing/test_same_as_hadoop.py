"""assert_same_as_hadoop (testing/hadoop), with st-hadoop in the place of a Hadoop; tests/hadoop has a real one."""

import os
import sys
import unittest

import pytest
from jobs_of_functions import JOBS
from places import BIN

from streamtools import Job
from streamtools.api.job_file import load_file
from streamtools.errors import UsageError
from streamtools.testing import JobFailed, assert_same_as_hadoop

TEXT = "to be or not to be\nthat is the question\n"
HOMES = ("STREAMTOOLS_HADOOP_HOME", "HADOOP_HOME", "HADOOP_MAPRED_HOME", "HADOOP_PREFIX", "HADOOP_INSTALL")
DIFFERENT = """
import os, sys
from streamtools import Job
job = Job()
@job.map
def words(line):
    {body}
    yield line, "x"
if __name__ == "__main__":
    job.main()
"""


@pytest.fixture
def hadoop(tmp_path, monkeypatch):
    """Make st-hadoop the Hadoop of this machine."""
    command, jar = tmp_path / "home/bin/hadoop", tmp_path / "home/share/hadoop/tools/lib/hadoop-streaming-3.jar"
    for path in (command, jar):
        path.parent.mkdir(parents=True)
    jar.touch()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} {BIN}/st-hadoop "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("STREAMTOOLS_HADOOP_HOME", str(tmp_path / "home"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["word_count", "most_used"])
def test_the_same(hadoop, name, folder):
    result = assert_same_as_hadoop(load_file(str(JOBS / f"{name}.py")), TEXT)
    assert ("be", 2) in result.pairs and os.listdir(folder) == ["home"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "body, error, said",
    [
        ("line = f'{line} of {os.getpid()}'", AssertionError, r"key 'to be or not to be of \d+': .* here, nothing by"),
        (
            "job.count('my', 'arguments', len(sys.argv[0]))",
            AssertionError,
            r"counter my, arguments: .* here, \d+ by Had",
        ),
        ("getattr(job, 'is_tested', 0) or exit('not there')", JobFailed, "on Hadoop: map task 0, .*status 1"),
    ],
)
def test_differences(hadoop, tmp_path, body, error, said):
    (tmp_path / "different.py").write_text(DIFFERENT.format(body=body))
    job = load_file(str(tmp_path / "different.py"))
    job.is_tested = True
    with pytest.raises(error, match=said):
        assert_same_as_hadoop(job, TEXT)


def test_a_job_without_a_file_of_its_own(hadoop):
    job = Job()
    job.map(lambda line: [(line, "")])
    with pytest.raises(UsageError, match="not a file that Hadoop can call"):
        assert_same_as_hadoop(job, TEXT)


def test_without_a_hadoop_the_test_is_skipped(monkeypatch, tmp_path):
    for name in HOMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(unittest.SkipTest, match="hadoop: not found on PATH; set HADOOP_HOME"):
        assert_same_as_hadoop(Job(), TEXT)
