"""launch/telling/summary.py: the last lines about a job."""

import pytest

from streamtools.job import build_job, parse
from streamtools.launch.telling.summary import find_remarks, sum_up, summarize
from streamtools.local import Outcome, Settings
from streamtools.local.counters import FRAMEWORK, Counters
from streamtools.local.reporting.history import Amount, AttemptRecord, History, Usage


def job(*words: str):
    return build_job(parse(["-input", "in", "-output", "out", "-mapper", "cat", "-reducer", "cat", *words]))


def reduce(number: int, start: float, end: float, amount: Amount) -> AttemptRecord:
    return AttemptRecord(f"reduce task {number}", False, 0, f"partition {number}", start, end, amount)


MAP = AttemptRecord("map task 0", True, 0, "in", 0, 2, Amount(1000, 50_000_000), usage=Usage(1.0, 30, 400_000_000))
COUNTERS = Counters(
    {
        (FRAMEWORK, "Map input records"): 1000,
        (FRAMEWORK, "Reduce output records"): 12,
        (FRAMEWORK, "Failed Shuffles"): 0,
        ("Mine", "errors"): 0,
    }
)


def test_one_line_sums_a_job_up():
    history = History([MAP, reduce(0, 2, 4, Amount(10, 10))], COUNTERS, 4.0, True)
    outcome = Outcome(True, COUNTERS, history, ["out/part-00000"])
    assert sum_up(job(), outcome) == (
        "1,000 records in, 12 out, 1 part file, 4.00 s (12.5 MB/s), most memory 400 MB in map task 0"
    )


REMARKS = [  # reduce tasks, jobs at a time, beginning of the remark
    ([reduce(0, 2, 30, Amount(9, 90))], 4, "the only reducer ran 28.0 s while 3 other cores had nothing to do; -D "),
    ([reduce(0, 2, 30, Amount(9, 90))], 1, ""),
    ([reduce(0, 2, 3, Amount(9, 90))], 4, ""),
    ([reduce(n, 2, 9, Amount(9, 90)) for n in range(3)], 4, ""),
    (
        [reduce(0, 2, 9, Amount(98, 980)), reduce(1, 2, 3, Amount(1, 10)), reduce(2, 2, 3, Amount(1, 10))],
        4,
        "reduce task 0 got 98 % of all records, 2.94 times the bytes of the mean: few keys have most values",
    ),
]


@pytest.mark.parametrize(("reduces", "jobs", "told"), REMARKS)
def test_remarks(reduces, jobs, told):
    remarks = list(find_remarks(History([MAP, *reduces], seconds=30.0), jobs))
    assert len(remarks) == bool(told) and "".join(remarks).startswith(told)


@pytest.mark.parametrize("all_counters", [False, True])
def test_counters_of_hadoop_that_are_0_are_shown_on_demand(all_counters):
    said: list[str] = []
    outcome = Outcome(True, COUNTERS, History([MAP], COUNTERS, 1.0, True), [])
    summarize(job(), outcome, Settings(), said.append, all_counters=all_counters)
    assert ("Failed Shuffles=0" in said[0]) == all_counters
    assert said[0].startswith(f"Counters: {3 + all_counters}\n") and "errors=0" in said[0]
