"""Counters read from what Hadoop's job client writes."""

from streamtools.cluster.job_counters import parse_counters
from streamtools.local.counters import format_counters

OUTPUT = """\
2026-11-21 12:00:01,000 INFO mapreduce.Job:  map 100% reduce 100%
2026-11-21 12:00:02,000 INFO mapreduce.Job: Counters: 4
\tMap-Reduce Framework
\t\tMap input records=3
\t\tShuffled Maps =1
\tmine
\t\ta=b=-7
\t\tchanged=0
2026-11-21 12:00:02,100 INFO streaming.StreamJob: Output directory: out
\t\tnot a counter=1
"""


def test_groups_and_names_as_the_client_shows_them():
    assert parse_counters(OUTPUT) == {
        ("Map-Reduce Framework", "Map input records"): 3,
        ("Map-Reduce Framework", "Shuffled Maps "): 1,
        ("mine", "a=b"): -7,
        ("mine", "changed"): 0,
    }


def test_the_last_ones_count_and_none_are_none():
    assert parse_counters(OUTPUT + "INFO Job: Counters: 1\n\tg\n\t\tn=1\n") == {("g", "n"): 1}
    assert parse_counters("INFO mapreduce.Job: Running job: job_1_0001\n") is None


def test_our_own_client_writes_them_so_too():
    from collections import Counter

    counters = Counter({("g", "n"): 5, ("g", "m"): -1})
    assert parse_counters(f"x INFO mapreduce.Job: {format_counters(counters)}\n") == counters
