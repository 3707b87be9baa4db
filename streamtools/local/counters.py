"""Counters: gathered by tasks, added up by the job, printed as the job client prints them."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from streamtools.errors import DataError
from streamtools.java.strings import decode, trim

FRAMEWORK = "Map-Reduce Framework"
SHUFFLE_ERRORS = "Shuffle Errors"
FILE_INPUT, FILE_OUTPUT = "File Input Format Counters ", "File Output Format Counters "
ERRORS = ("BAD_ID", "CONNECTION", "IO_ERROR", "WRONG_LENGTH", "WRONG_MAP", "WRONG_REDUCE")
NAMES = {  # of Hadoop's own enumerations
    FRAMEWORK: {
        **{
            name.replace(" ", "_").upper(): name
            for name in (
                *("Map input records", "Map output records", "Map output bytes", "Map output materialized bytes"),
                *("Map skipped records", "Combine input records", "Combine output records", "Reduce input groups"),
                *("Reduce shuffle bytes", "Reduce input records", "Reduce output records", "Reduce skipped records"),
                *("Reduce skipped groups", "Spilled Records", "Merged Map outputs"),
            )
        },
        "SPLIT_RAW_BYTES": "Input split bytes",
        "SHUFFLED_MAPS": "Shuffled Maps ",
        "FAILED_SHUFFLE": "Failed Shuffles",
        "GC_TIME_MILLIS": "GC time elapsed (ms)",
        "COMMITTED_HEAP_BYTES": "Total committed heap usage (bytes)",
        "CPU_MILLISECONDS": "CPU time spent (ms)",
        "PHYSICAL_MEMORY_BYTES": "Physical memory (bytes) snapshot",
        "VIRTUAL_MEMORY_BYTES": "Virtual memory (bytes) snapshot",
        "MAP_PHYSICAL_MEMORY_BYTES_MAX": "Peak Map Physical memory (bytes)",
        "MAP_VIRTUAL_MEMORY_BYTES_MAX": "Peak Map Virtual memory (bytes)",
        "REDUCE_PHYSICAL_MEMORY_BYTES_MAX": "Peak Reduce Physical memory (bytes)",
        "REDUCE_VIRTUAL_MEMORY_BYTES_MAX": "Peak Reduce Virtual memory (bytes)",
    },
    FILE_INPUT: {"BYTES_READ": "Bytes Read"},
    FILE_OUTPUT: {"BYTES_WRITTEN": "Bytes Written"},
}
ENUMS = {
    "org.apache.hadoop.mapreduce.TaskCounter": FRAMEWORK,
    "org.apache.hadoop.mapred.Task$Counter": FRAMEWORK,
    "org.apache.hadoop.mapreduce.lib.input.FileInputFormatCounter": FILE_INPUT,
    "org.apache.hadoop.mapreduce.lib.output.FileOutputFormatCounter": FILE_OUTPUT,
}
OWN = (FRAMEWORK, SHUFFLE_ERRORS, FILE_INPUT, FILE_OUTPUT)
NAMESAKE = "\0"  # ends the name of a group that a command calls like one of the framework's
LONGEST_GROUP, LONGEST_NAME = 128, 64
GROUPS = 50  # that a job may have
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
    """The increment that a line `PREFIX counter:GROUP,NAME,AMOUNT` asks for; None when it is malformed.

    Raises DataError for a counter that one of Hadoop's own groups does not have.
    """
    text = trim(decode(line[len(prefix) + len(b"counter:") :]))
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
        names = NAMES[ENUMS[group]]
        if name not in names:
            raise DataError("", f"No enum constant {group}.{name}", f"the names are {', '.join(names)}")
        return Told(ENUMS[group], names[name], amount)
    if group in (FRAMEWORK, FILE_INPUT, FILE_OUTPUT):
        return Told(group + NAMESAKE, name, amount)
    return Told(_filtered(group, LONGEST_GROUP), _filtered(name, LONGEST_NAME), amount)


def _filtered(name: str, longest: int) -> str:
    """A name as it is kept: one that is too long loses one character more than it has to."""
    return name[: longest - 1] if len(name) > longest else name


def limited(counters: Mapping[tuple[str, str], int]) -> int:
    """How many of the counters mapreduce.job.counters.max is about: all but the framework's."""
    return sum(group != FRAMEWORK for group, _ in counters)


def check_groups(counters: Mapping[tuple[str, str], int]) -> None:
    """Raise DataError when commands count in more groups than there may be."""
    groups = {group for group, _ in counters} - {FRAMEWORK, FILE_INPUT, FILE_OUTPUT}
    if len(groups) > GROUPS:
        problem = f"LimitExceededException: Too many counter groups: {len(groups)} max={GROUPS}"
        raise DataError("", problem, "count in fewer groups")


def too_many(counted: int, limit: int) -> DataError:
    """The failure of a task or a job with more counters than there may be."""
    problem = f"LimitExceededException: Too many counters: {counted} max={limit}"
    return DataError("", problem, "count fewer things, or set -D mapreduce.job.counters.max")


def framework(**amounts: int) -> Counters:
    """Counters of the framework by their names with `_` for blanks."""
    return Counter({(FRAMEWORK, name.replace("_", " ")): amount for name, amount in amounts.items()})


def initial_counters(has_reducers: bool) -> Counters:
    """Return the counters that a job has from the start, all 0, in the order in which they are printed."""
    names = ["Map input records", "Map output records"]
    if has_reducers:
        names += ["Map output bytes", "Map output materialized bytes", "Combine input records"]
        names += ["Combine output records", "Reduce input groups", "Reduce shuffle bytes", "Reduce input records"]
        names += ["Reduce output records"]
    names += ["Spilled Records", *(["Shuffled Maps "] if has_reducers else []), "Failed Shuffles", "Merged Map outputs"]
    counters = Counters(dict.fromkeys([(FRAMEWORK, name) for name in names], 0))
    if has_reducers:
        counters.update(dict.fromkeys([(SHUFFLE_ERRORS, name) for name in ERRORS], 0))
    counters.update({(FILE_INPUT, "Bytes Read"): 0, (FILE_OUTPUT, "Bytes Written"): 0})
    return counters


def wrapped(counters: Mapping[tuple[str, str], int]) -> Counters:
    """The counters as their 64 bits hold them."""
    return Counter({name: (amount + LIMIT) % (2 * LIMIT) - LIMIT for name, amount in counters.items()})


def printed(counters: Mapping[tuple[str, str], int]) -> str:
    """The block that the job client prints at the end of a job."""
    groups: dict[str, list[tuple[str, int]]] = {}
    for (group, name), amount in counters.items():
        groups.setdefault(group, []).append((name, amount))
    custom = sorted(group for group in groups if group not in OWN)
    lines = [f"Counters: {len(counters)}"]
    for group in (FRAMEWORK, SHUFFLE_ERRORS, *custom, FILE_INPUT, FILE_OUTPUT):
        if group in groups:
            lines.append(f"\t{group.removesuffix(NAMESAKE)}")
            items = groups[group] if group in OWN else sorted(groups[group])
            lines += [f"\t\t{name}={amount}" for name, amount in items]
    return "\n".join(lines)
