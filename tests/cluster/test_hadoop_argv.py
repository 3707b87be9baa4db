"""The command line for a real Hadoop: pure, generic options first, old spellings renewed."""

import pytest

from streamtools.cluster.hadoop_argv import argv, file_system_options
from streamtools.job import build_job, parse

ARGV = [
    ("-input a b -output o -mapper cat", "-input a -input b -output o -mapper cat"),
    ("-output o -mapper cat -input a -reducer NONE", "-input a -output o -mapper cat -reducer NONE"),
    (
        "-D x=1 -input a -output o -mapper m -jobconf mapred.reduce.tasks=2",
        "-D x=1 -D mapreduce.job.reduces=2 -input a -output o -mapper m",
    ),
    ("-D x=1 -D x=2 -input a -output o -mapper m", "-D x=2 -input a -output o -mapper m"),
    (
        "-input a -output o -mapper m.py -file m.py -combiner c -reducer r -cmdenv A=1 -numReduceTasks 3",
        "-files m.py -numReduceTasks 3 -cmdenv A=1 -input a -output o -mapper m.py -combiner c -reducer r",
    ),
    ("-fs hdfs://h -input a -output o -mapper m -lazyOutput", "-fs hdfs://h -input a -output o -mapper m -lazyOutput"),
]


@pytest.mark.parametrize("given, made", ARGV)
def test_argv(folder, given, made):
    (folder / "m.py").touch()
    assert argv(build_job(parse(given.split())), jar="s.jar") == ["hadoop", "jar", "s.jar", *made.split()]


@pytest.mark.parametrize("words, options", [
    ("-input a", ""),
    ("-fs hdfs://h -input a", "-fs hdfs://h -D fs.defaultFS=hdfs://h"),
    ("-D fs.s3a.endpoint=e -D x=1 -input a", "-D fs.s3a.endpoint=e"),
])  # fmt: skip
def test_hadoop_fs_is_about_the_jobs_file_system(words, options):
    job = build_job(parse([*words.split(), "-output", "o", "-mapper", "m"]), java=True)
    assert file_system_options(job) == options.split()
