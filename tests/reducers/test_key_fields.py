"""Keys of several fields: reducers see them as one, and print them as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools.reducers.key_fields import fields_in_task, with_key_fields
from streamtools.reducers.picking import identity
from streamtools.reducers.totals import count, distinct

LINES = b"a\tb\t1\na\tb\t2\na\tc\t3\nd\n\t\n\x01\t\x03\tx\n"


def reduce(transform, fields, *blocks):
    return b"".join(with_key_fields(transform, fields)(blocks))


def test_the_first_fields_are_the_key():
    assert reduce(count, 2, LINES) == b"a\tb\t2\na\tc\t1\nd\t1\n\t\t1\n\x01\t\x03\t1\n"
    assert reduce(distinct, 2, LINES) == b"a\tb\na\tc\nd\n\t\n\x01\t\x03\n"
    assert reduce(count, 1, b"a\tb\na\tc\n", b"a\td\n") == b"a\t3\n"


@given(st.lists(st.binary(max_size=12).filter(lambda line: b"\n" not in line), min_size=1), st.integers(1, 3))
def test_lines_of_any_bytes_come_out_as_they_went_in(lines, fields):
    block = b"".join(line + b"\n" for line in lines)
    assert reduce(identity, fields, block) == block


FIELDS, PARTITIONER, OPTIONS = (
    "stream_num_map_output_key_fields",
    "mapred_partitioner_class",
    "mapreduce_partition_keypartitioner_options",
)
LIB = "org.apache.hadoop.mapred.lib."
TASKS = [
    ({}, 1),
    ({FIELDS: "2"}, 2),
    ({FIELDS: "0"}, 1),
    ({FIELDS: "x"}, 1),
    ({FIELDS: "2", PARTITIONER: f"{LIB}HashPartitioner"}, 2),
    ({FIELDS: "2", PARTITIONER: f"{LIB}KeyFieldBasedPartitioner", OPTIONS: "-k1,1"}, 1),
    ({FIELDS: "3", PARTITIONER: f"{LIB}KeyFieldBasedPartitioner", OPTIONS: "-k1,2"}, 2),
    ({FIELDS: "3", PARTITIONER: f"{LIB}KeyFieldBasedPartitioner", OPTIONS: "-k2,2"}, 1),
    ({FIELDS: "3", PARTITIONER: f"{LIB}KeyFieldBasedPartitioner", "num_key_fields_for_partition": "2"}, 2),
    ({FIELDS: "2", "stream_map_output_field_separator": ","}, 1),
]


@pytest.mark.parametrize("environment, fields", TASKS)
def test_in_a_task_the_jobs_properties_tell(environment, fields):
    assert fields_in_task(environment) == fields


BY_BOTH = [b"a\tx\t6", b"a\ty\t1", b"b\tx\t1"]
REDUCERS = {
    "st-reduce": BY_BOTH,  # within the task
    "bash -c st-reduce": BY_BOTH,  # in a process of its own
    "st-reduce count --key-fields 1": [b"a\t3", b"b\t1"],
}


@pytest.mark.parametrize("reducer", REDUCERS)
def test_in_a_job(run_job, reducer):
    options = f"-D stream.num.map.output.key.fields=2 -input i -mapper cat -reducer '{reducer}'"
    assert run_job(options, i=b"a\tx\t1\nb\tx\t1\na\ty\t1\na\tx\t5\n").lines == REDUCERS[reducer]
