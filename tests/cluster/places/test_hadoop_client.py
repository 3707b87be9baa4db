"""The job client as a child: a job that waits for its first task is remarked on, once."""

import sys

import pytest

from streamtools.cluster.places.hadoop_client import WAITING, run_client

CLIENT = """
import os, sys, time
for line in {before!r}:
    print(line, file=sys.stderr, flush=True)
while {waits} and not os.path.exists("remarked"):
    time.sleep(0.01)
"""
RUNNING = "2026-11-24 09:12:31,100 INFO mapreduce.Job: Running job: job_1_0001"
NOTHING_YET = "2026-11-24 09:12:39,100 INFO mapreduce.Job:  map 0% reduce 0%"
WORKING = "2026-11-24 09:12:41,100 INFO mapreduce.Job:  map 7% reduce 0%"


@pytest.mark.parametrize(
    "before, remarks",
    [([RUNNING], 1), ([RUNNING, NOTHING_YET], 1), ([RUNNING, NOTHING_YET, WORKING], 0), (["Connecting"], 0)],
)
def test_a_job_that_waits(folder, before, remarks):
    """The client waits for the remark where one is due; where none is, patience outlasts it."""
    written = []

    def write(line):
        written.append(line)
        if line == WAITING:
            (folder / "remarked").touch()

    code = CLIENT.format(before=before, waits=bool(remarks))
    ended = run_client([sys.executable, "-c", code], write, patience=0.01 if remarks else 60)
    assert ended.status == 0 and written.count(WAITING) == remarks
