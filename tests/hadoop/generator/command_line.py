"""Jobs about the command line: the odd ones of a list, and random combinations of options."""

import shlex
from pathlib import Path
from random import Random

from jobs import Job

LIST = Path(__file__).with_name("command-lines.txt")
LINES = [text for text in LIST.read_text(encoding="utf-8").splitlines() if not text.startswith("#")]


def line(number: int) -> Job:
    """Make the job of a line of command-lines.txt; lines count from 0."""
    files = {"in/a": b"b\t1\na\t2\n", "in/b": b"c\td\n", "f": b"f\n"}
    return Job(f"line:{number}", shlex.split(LINES[number]), files, note=LINES[number])


def words(text: str) -> list[list[str]]:
    return [shlex.split(option) for option in text.strip().splitlines()]


GENERIC = words("""
-D mapreduce.job.reduces=2
-Dmapreduce.job.reduces=3
-D noequals
-D
-D =x
-D x=
-D a=b=c
-D mapreduce.job.reduces=x
-D 'mapreduce.job.reduces= 2 '
-D mapreduce.job.reduces=
-D stream.num.map.output.key.fields=x
-files extra
-files nosuch
-files extra#
-archives extra
-archives nosuch
-libjars nosuch.jar
-conf site.xml
-fs file:///
-jt local
""")
STREAMING = words("""
-verbose
-debug
-help
-info
-background
-lazyOutput
-mapper 'tr a b'
-mapper
-Mapper cat
--mapper cat
-reducer NONE
-reducer=cat
-combiner cat
-combiner org.apache.hadoop.mapred.lib.IdentityReducer
-input in in
-input in2
-input
-output other
stray
-nosuch
-nosuch value
-D x=1
-files extra
-file extra
-file nosuch
-cacheFile extra#x
-cacheArchive nosuch
-inputformat NoSuchFormat
-inputformat org.apache.hadoop.mapred.TextInputFormat
-inputformat org.apache.hadoop.mapreduce.lib.input.TextInputFormat
-outputformat NoSuchFormat
-outputformat TextOutputFormat
-outputformat org.apache.hadoop.mapred.TextOutputFormat
-partitioner NoSuch
-partitioner org.apache.hadoop.mapred.lib.HashPartitioner
-partitioner org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner
-inputreader NoSuch,a=b
-io nosuch
-io text
-cmdenv A=1 B=2
-cmdenv
-jobconf mapreduce.job.reduces=2
-jobconf noequals
-mapdebug d
-reducedebug d
-dfs file:///
-
--
''
""")
SITE = b"""<?xml version="1.0"?>
<configuration><property><name>mapreduce.job.reduces</name><value>3</value></property></configuration>
"""


def usage(chance: Random) -> Job:
    """Make a command line that is odd or wrong."""
    usual = [["-input", "in"], ["-output", "out"], ["-mapper", "cat"], ["-reducer", "cat"]]
    groups = [group for group in usual if chance.random() < 0.93]
    if chance.random() < 0.2:
        groups.append(["-numReduceTasks", chance.choice(["0", "1", "2", "x", "", "1.5", "+2", " 3"])])
    groups += [chance.choice(STREAMING) for _ in range(chance.choice([0, 1, 1, 2]))]
    chance.shuffle(groups)
    generic = [chance.choice(GENERIC) for _ in range(chance.choice([0, 1, 1, 2]))]
    files = {"in/f": b"b\t1\na\t2\nb\t3\n", "in2": b"c\n", "extra": b"extra\n", "site.xml": SITE}
    if chance.random() < 0.05:
        files["out/"] = b""
    return Job("", [word for group in generic + groups for word in group], files)
