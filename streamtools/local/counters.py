"""Counters: gathered by tasks, added up by the job, printed as the job client prints them."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from streamtools.errors import DataError
from streamtools.javatext import decoded, trimmed

FRAMEWORK = "Map-Reduce Framework"
SHUFFLE_ERRORS = "Shuffle Errors"
FILE_INPUT, FILE_OUTPUT = "File Input Format Counters ", "File Output Format Counters "
ERRORS = ("BAD_ID", "CONNECTION", "IO_ERROR", "WRONG_LENGTH", "WRONG_MAP", "WRONG_REDUCE")
ENUMS = {
    "org.apache.hadoop.mapreduce.TaskCounter": FRAMEWORK,
    "org.apache.hadoop.mapred.Task$Counter": FRAMEWORK,
}
NAMES = {"SHUFFLED_MAPS": "Shuffled Maps ", "MERGED_MAP_OUTPUTS": "Merged Map outputs"}
MAP_ORDER = ("Map input records", "Map output records")
LONG = re.compile(r"[+-]?\d+")  # the digits of any script, as Java reads them
LIMIT = 1 << 63

Counters = Counter[tuple[str, str]]


class Told(NamedTuple):
    """What a line of stderr says: a counter to increment, or nothing but a remark about itself."""

    group: str
    name: str
    amount: int


def counter_of(line: bytes, prefix: bytes) -> Told | None:
    """The increment that a line `PREFIX counter:GROUP,NAME,AMOUNT` asks for; None when it is malformed."""
    text = trimmed(decoded(line[len(prefix) + len(b"counter:") :]))
    fields = text.split(",")
    while fields and not fields[-1]:
        fields.pop()
    if len(fields) != 3 or not LONG.fullmatch(fields[2]):
        return None
    amount = int(fields[2])
    if not -LIMIT <= amount < LIMIT:
        return None
    group, name = fields[:2]
    if group in ENUMS:
        return Told(ENUMS[group], NAMES.get(name, name.replace("_", " ").capitalize()), amount)
    return Told(group, name, amount)


def limited(counters: Mapping[tuple[str, str], int]) -> int:
    """How many of the counters mapreduce.job.counters.max is about: all but the framework's."""
    return sum(group != FRAMEWORK for group, _ in counters)


def too_many(counted: int, limit: int) -> DataError:
    """The failure of a task or a job with more counters than there may be."""
    problem = f"LimitExceededException: Too many counters: {counted} max={limit}"
    return DataError("", problem, "count fewer things, or set -D mapreduce.job.counters.max")


def framework(**amounts: int) -> Counters:
    """Counters of the framework by their names with `_` for blanks."""
    return Counter({(FRAMEWORK, name.replace("_", " ")): amount for name, amount in amounts.items()})


def wrapped(counters: Mapping[tuple[str, str], int]) -> Counters:
    """The counters as their 64 bits hold them."""
    return Counter({name: (amount + LIMIT) % (2 * LIMIT) - LIMIT for name, amount in counters.items()})


def printed(counters: Mapping[tuple[str, str], int]) -> str:
    """The block that the job client prints at the end of a job."""
    groups: dict[str, list[tuple[str, int]]] = {}
    for (group, name), amount in counters.items():
        groups.setdefault(group, []).append((name, amount))
    own = (FRAMEWORK, SHUFFLE_ERRORS, FILE_INPUT, FILE_OUTPUT)
    custom = sorted(group for group in groups if group not in own)
    lines = [f"Counters: {len(counters)}"]
    for group in (FRAMEWORK, SHUFFLE_ERRORS, *custom, FILE_INPUT, FILE_OUTPUT):
        if group in groups:
            lines.append(f"\t{group}")
            items = groups[group] if group in own else sorted(groups[group])
            lines += [f"\t\t{name}={amount}" for name, amount in items]
    return "\n".join(lines)
