"""The command line for a real Hadoop: pure, generic options first, old spellings renewed."""

import pytest

from streamtools.cluster.hadoop_argv import argv
from streamtools.cluster.places.installation import find_jar
from streamtools.errors import UnavailableError
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


def test_the_jar_is_found_below_the_home_of_hadoop(folder):
    jar = folder / "share/hadoop/tools/lib/hadoop-streaming-3.4.1.jar"
    jar.parent.mkdir(parents=True)
    jar.touch()
    assert find_jar({"HADOOP_HOME": str(folder)}) == str(jar)


def test_without_a_jar_it_says_what_to_set(folder):
    with pytest.raises(UnavailableError, match="set HADOOP_HOME"):
        find_jar({"HADOOP_HOME": str(folder)})
