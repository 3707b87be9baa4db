"""streamtools.local.stages.environment: what the commands of a task find in their environment."""

from pathlib import Path

import pytest

from streamtools.job import build_job, parse
from streamtools.local.stages.environment import environment, job_properties

BASIC = ["-input", "in", "-output", "out", "-mapper", "cat"]


@pytest.fixture
def job(folder):
    (folder / "in").touch()
    return lambda *words: build_job(parse([*words, *BASIC]))


def test_names_are_those_of_properties_with_underscores(job):
    found = environment(job(), {"my-prop.x": "two words"}, "")
    assert found["my_prop_x"] == "two words"


def test_old_names_are_there_too(job):
    found = environment(job(), {"mapreduce.task.partition": "3"}, "")
    assert found["mapreduce_task_partition"] == found["mapred_task_partition"] == "3"


@pytest.mark.parametrize(("limit", "value"), [("-1", "abcdef"), ("3", "abc"), ("0", "")])
def test_long_values_are_cut(job, limit, value):
    assert environment(job("-D", f"stream.jobconf.truncate.limit={limit}"), {"p": "abcdef"}, "")["p"] == value


def test_cmdenv_comes_last_but_not_over_the_temporary_directory(job, monkeypatch):
    monkeypatch.setenv("TMPDIR", "/var/tmp")
    found = environment(build_job(parse([*BASIC, "-cmdenv", "p=mine", "-cmdenv", "TMPDIR=other"])), {"p": "x"}, "")
    assert (found["p"], found["TMPDIR"]) == ("mine", "/var/tmp")


def test_our_programs_are_found_last(job, monkeypatch):
    monkeypatch.setenv("PATH", "/bin")
    assert environment(job(), {}, "/ours")["PATH"] == "/bin:/ours"
    assert environment(job(), {}, "")["PATH"] == "/bin"


def test_properties_of_a_job(job, folder):
    found = job_properties(job("-D", "mapreduce.job.reduces=2", "-D", "mine=1"), maps=5, work="/work")
    assert (found["mine"], found["mapreduce.job.maps"], found["mapreduce.job.reduces"]) == ("1", "5", "2")
    assert found["mapreduce.output.fileoutputformat.outputdir"] == f"file:{folder}/out"
    assert found["mapreduce.input.fileinputformat.inputdir"] == f"file:{folder}/in"
    assert found["mapreduce.cluster.local.dir"] == "/work"
    assert found["mapred.mapper.class"] == "org.apache.hadoop.streaming.PipeMapper"
    assert found["stream.map.input.writer.class"] == "org.apache.hadoop.streaming.io.TextInputWriter"


def test_tasks_see_the_defaults_and_where_they_write(run_job):
    code = """
import os, sys
sys.stdin.read()
for name in sys.argv[1:]:
    print(os.environ.get(name), end=' ')
print(os.environ['mapreduce_task_output_dir'].split('/_temporary')[0])
"""
    names = "mapreduce_job_reduce_slowstart_completedmaps mapreduce_map_maxattempts mapred_job_tracker mapred_map_tasks"
    wire = "stream_reduce_output_reader_class"
    ran = run_job(f"-input i -mapper cat -reducer 'python3 e {names} {wire}'", i=b"a\n", e=code.encode())
    reader = "org.apache.hadoop.streaming.io.TextOutputReader"
    assert ran.lines == [f"0.05 4 local 1 {reader} file:{Path('out').resolve()}\t".encode()]
