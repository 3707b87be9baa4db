"""A job on Dataproc: the command of gcloud."""

import shlex

import pytest

from streamtools.cluster.places import dataproc
from streamtools.errors import UsageError

GCLOUD = [
    ("-input a -output b -mapper 'tr a b'", "-- -input a -output b -mapper 'tr a b'"),
    (
        "-D a=1 -D b=2 -files m.py,streamtools.pyz -archives modules.zip -libjars x.jar -input a -output b",
        "--files=m.py,streamtools.pyz --archives=modules.zip --properties=a=1,b=2 -- -input a -output b",
    ),
    ("-D a=1,2 -D b=3 -input a", "'--properties=^;^a=1,2;b=3' -- -input a"),
]


@pytest.mark.parametrize("words, made", GCLOUD, ids=["plain", "shipped", "commas"])
def test_the_command_of_gcloud(words, made):
    ours, _, rest = made.rpartition("-- ")
    jars = f"--jars={dataproc.JAR}" + (",x.jar" if "x.jar" in words else "")
    start = ["gcloud", "dataproc", "jobs", "submit", "hadoop", "--cluster=c", "--region=r", jars]
    wanted = [
        *start,
        *shlex.split(ours),
        "--class=org.apache.hadoop.streaming.HadoopStreaming",
        "--",
        *shlex.split(rest),
    ]
    assert dataproc.dataproc_argv(shlex.split(words), "c", "r") == wanted


@pytest.mark.parametrize("words", ["-conf x -input a", "-fs hdfs://h -input a", "-files a#b -input a", "-D a=,;|@~%"])
def test_what_gcloud_cannot_do(words):
    with pytest.raises(UsageError):
        dataproc.dataproc_argv(words.split(), "c")
