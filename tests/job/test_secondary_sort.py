"""--secondary-sort: the values of each key in order, by Hadoop's own key fields, partitioner and comparator."""

import shlex

import pytest

from streamtools.errors import UsageError
from streamtools.job import parse
from streamtools.job.secondary_sort import sort_values

JOB = ["-input", "in", "-output", "out"]
COMPARATOR = "mapreduce.job.output.key.comparator.class=org.apache.hadoop.mapred.lib.KeyFieldBasedComparator"
SETTINGS = [  # fields, number of key fields, partitioner's options, comparator's options
    ("2", "2", "-k1,1", "-k1,1 -k2,2"),
    ("2n", "2", "-k1,1", "-k1,1 -k2,2n"),
    ("3nr,2", "3", "-k1,1", "-k1,1 -k3,3nr -k2,2"),
    ("2:4r", "4", "-k1,2", "-k1,2 -k4,4r"),
]


@pytest.mark.parametrize("fields, number, partitioner, comparator", SETTINGS)
def test_what_follows_from_the_fields(fields, number, partitioner, comparator):
    line = sort_values(parse(JOB), fields)
    assert [value for _, value in line.generic] == [
        f"stream.num.map.output.key.fields={number}",
        f"mapreduce.partition.keypartitioner.options={partitioner}",
        COMPARATOR,
        f"mapreduce.partition.keycomparator.options={comparator}",
    ]
    assert line.one("partitioner") == "org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner"


def test_a_separator_of_the_mapper_is_that_of_the_keys_fields_too():
    line = sort_values(parse(["-D", "stream.map.output.field.separator=,", *JOB]), "2")
    assert ("D", "mapreduce.map.output.key.field.separator=,") in line.generic


WRONG = [
    ("", JOB, "invalid fields"),
    ("2x", JOB, "invalid fields"),
    ("0", JOB, "invalid fields"),
    ("1", JOB, "field 1 belongs to the key; sort by fields from 2 on"),
    ("2:2n", JOB, "field 2 belongs to the key"),
    ("2", [*JOB, "-partitioner", "X"], "the job has a -partitioner of its own"),
    ("2", ["-D", "mapred.output.key.comparator.class=X", *JOB], "mapreduce.job.output.key.comparator.class itself"),
    ("2", [*JOB, "-jobconf", "stream.num.map.output.key.fields=1"], "stream.num.map.output.key.fields itself"),
]


@pytest.mark.parametrize("fields, words, message", WRONG)
def test_refused(fields, words, message):
    with pytest.raises(UsageError) as error:
        sort_values(parse(words), fields)
    assert message in str(error.value)


def test_the_values_of_each_key_come_in_order(run_job):
    records = b"a\t10\tx\nb\t2\ty\na\t9\tz\na\t100\tw\nc\t1\tv\n"
    line = sort_values(parse(JOB), "2n")
    generic = shlex.join([f"-D{value}" for _, value in line.generic])
    ran = run_job(
        f"{generic} -D mapreduce.job.reduces=2 -input in -mapper cat -reducer cat"
        f" -partitioner {line.one('partitioner')}",
        **{"in": records},
    )
    assert [line for line in ran.lines if line[:1] == b"a"] == [b"a\t9\tz", b"a\t10\tx", b"a\t100\tw"]
    assert sorted(ran.lines) == sorted(records.splitlines())
    assert all(len({part for part in ran.parts.values() if key in part}) == 1 for key in (b"a\t", b"b\t", b"c\t"))
