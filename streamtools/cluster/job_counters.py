"""The counters of a job, from what Hadoop's job client writes when the job has ended.

26/11/21 12:00:02 INFO mapreduce.Job: Counters: 2
\tMap-Reduce Framework
\t\tMap input records=3
\t\tMap output records=3
"""

import re
from collections import Counter

HEADING = re.compile(r"(?:^|.*: )Counters: \d+\s*")


def parse_counters(output: str) -> Counter[tuple[str, str]] | None:
    """Return the counters that were written last, by group and name; None if there are none."""
    found: Counter[tuple[str, str]] | None = None
    group = ""
    is_inside = False
    for line in output.split("\n"):
        if HEADING.fullmatch(line):
            found, is_inside = Counter(), True
        elif is_inside and found is not None and line.startswith("\t\t"):
            name, equals, amount = line[2:].rpartition("=")
            if equals and re.fullmatch(r"-?\d+", amount.strip()):
                found[group, name] += int(amount)
        elif is_inside and line.startswith("\t"):
            group = line[1:]
        else:
            is_inside = False
    return found
