"""Counters: read from commands, added up over tasks, printed as the job client prints them."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from streamtools.errors import DataError
from streamtools.java.primitives import parse_long, wrap_long
from streamtools.java.strings import decode, trim

FRAMEWORK = "Map-Reduce Framework"
SHUFFLE_ERRORS = "Shuffle Errors"
FILE_INPUT, FILE_OUTPUT = "File Input Format Counters ", "File Output Format Counters "
HADOOP_GROUPS = (FRAMEWORK, SHUFFLE_ERRORS, FILE_INPUT, FILE_OUTPUT)
ERRORS = ("BAD_ID", "CONNECTION", "IO_ERROR", "WRONG_LENGTH", "WRONG_MAP", "WRONG_REDUCE")
NAMES = {  # group -> constant in Hadoop's enumeration -> name of the counter
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
ENUMERATIONS = {  # Java class -> group
    "org.apache.hadoop.mapreduce.TaskCounter": FRAMEWORK,
    "org.apache.hadoop.mapred.Task$Counter": FRAMEWORK,
    "org.apache.hadoop.mapreduce.lib.input.FileInputFormatCounter": FILE_INPUT,
    "org.apache.hadoop.mapreduce.lib.output.FileOutputFormatCounter": FILE_OUTPUT,
}
NAMESAKE = "\0"  # ends the name of a command's group that is called like one of Hadoop's
LONGEST_GROUP, LONGEST_NAME = 128, 64  # characters
MOST_GROUPS = 50  # of a job

Counters = Counter[tuple[str, str]]


class Increment(NamedTuple):
    """A counter, and the amount that a command adds to it."""

    group: str
    name: str
    amount: int


def parse_counter(line: bytes, prefix: bytes) -> Increment | None:
    """Parse a line `PREFIX counter:GROUP,NAME,AMOUNT` of stderr; None if it is malformed.

    Raises DataError for a constant that one of Hadoop's enumerations does not have.
    """
    text = trim(decode(line[len(prefix) + len(b"counter:") :]))
    fields = text.split(",")
    while fields and not fields[-1]:
        fields.pop()
    if len(fields) != 3 or (amount := parse_long(fields[2])) is None:
        return None
    group, name = fields[:2]
    if group in ENUMERATIONS:
        names = NAMES[ENUMERATIONS[group]]
        if name not in names:
            raise DataError("", f"No enum constant {group}.{name}", f"use one of {', '.join(names)}")
        return Increment(ENUMERATIONS[group], names[name], amount)
    if group in NAMES:
        return Increment(group + NAMESAKE, name, amount)
    return Increment(_shorten(group, LONGEST_GROUP), _shorten(name, LONGEST_NAME), amount)


def _shorten(name: str, longest: int) -> str:
    """Shorten a name that is too long as Hadoop does: to one character less than it may have."""
    return name[: longest - 1] if len(name) > longest else name


def count_limited(counters: Mapping[tuple[str, str], int]) -> int:
    """Return how many counters mapreduce.job.counters.max applies to: all but those of the framework."""
    return sum(group != FRAMEWORK for group, _ in counters)


def check_groups(counters: Mapping[tuple[str, str], int]) -> None:
    """Raise DataError if commands count in more groups than a job may have."""
    groups = {group for group, _ in counters} - NAMES.keys()
    if len(groups) > MOST_GROUPS:
        problem = f"LimitExceededException: Too many counter groups: {len(groups)} max={MOST_GROUPS}"
        raise DataError("", problem, "count in fewer groups")


def too_many_counters(number: int, limit: int) -> DataError:
    """Return the failure of a task or job with `number` counters, more than it may have."""
    problem = f"LimitExceededException: Too many counters: {number} max={limit}"
    return DataError("", problem, "count fewer things, or set -D mapreduce.job.counters.max")


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


def count_fetched(counters: Counters, maps: int, reduces: int) -> None:
    """Count what the reducers of a job fetch from its map tasks."""
    counters[FRAMEWORK, "Reduce shuffle bytes"] = counters[FRAMEWORK, "Map output materialized bytes"]
    counters[FRAMEWORK, "Shuffled Maps "] = counters[FRAMEWORK, "Merged Map outputs"] = maps * reduces


def count_read_by_reducers(counters: Counters) -> None:
    """Count the records that reducers have read as spilled, as Hadoop writes them to disk before."""
    counters[FRAMEWORK, "Spilled Records"] += counters[FRAMEWORK, "Reduce input records"]


def wrap(counters: Mapping[tuple[str, str], int]) -> Counters:
    """Return the counters as Java's 64 bits hold them."""
    return Counter({name: wrap_long(amount) for name, amount in counters.items()})


def without_zeros(counters: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """Return the counters without those of Hadoop that are 0; what commands count is kept."""
    return {name: amount for name, amount in counters.items() if amount or name[0] not in HADOOP_GROUPS}


def format_counters(counters: Mapping[tuple[str, str], int]) -> str:
    """Format the counters as the job client prints them at the end of a job."""
    groups: dict[str, list[tuple[str, int]]] = {}
    for (group, name), amount in counters.items():
        groups.setdefault(group, []).append((name, amount))
    custom = sorted(group for group in groups if group not in HADOOP_GROUPS)
    lines = [f"Counters: {len(counters)}"]
    for group in (FRAMEWORK, SHUFFLE_ERRORS, *custom, FILE_INPUT, FILE_OUTPUT):
        if group in groups:
            lines.append(f"\t{group.removesuffix(NAMESAKE)}")
            items = groups[group] if group in HADOOP_GROUPS else sorted(groups[group])
            lines += [f"\t\t{name}={amount}" for name, amount in items]
    return "\n".join(lines)
