"""streamtools.local.tasks.combine: the combiner of a map task, a command or a Java class."""

import pytest
from attempts import make_attempt, make_job, map_task

from streamtools.formats.writables import TEXT
from streamtools.local.counters import FRAMEWORK
from streamtools.local.tasks.combine import make_combiner

AGGREGATE = "org.apache.hadoop.mapred.lib.aggregate.ValueAggregatorCombiner"


@pytest.mark.parametrize(
    ("combiner", "records", "combined"),
    [
        ("uniq", [b"a\t1\na\t1\n", b"b\t2\n"], b"a\t1\nb\t2\n"),
        ("true", [b"a\t1\n"], b""),
        (AGGREGATE, [b"LongValueSum:a\t1\nLongValueSum:a\t2\n"], b"LongValueSum:a\t3\n"),
    ],
)
def test_records_are_combined(folder, combiner, records, combined):
    (folder / "in").touch()
    job = make_job("-mapper", "cat", "-combiner", combiner, "-reducer", "cat")
    attempt = make_attempt(job, map_task(folder / "in"), folder)
    combine = make_combiner(attempt, job.combiner, TEXT, TEXT)
    assert b"".join(combine.run(iter(records))) == combined
    counted = [attempt.counters[FRAMEWORK, f"Combine {side} records"] for side in ("input", "output")]
    assert counted == [b"".join(records).count(b"\n"), combined.count(b"\n")]
