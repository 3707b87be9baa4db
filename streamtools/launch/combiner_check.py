"""--check-combiner: a job is run again without its combiner, and the part files are compared key by key.

The order of the values of a key is left open.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, zip_longest
from math import isclose
from typing import NamedTuple

from streamtools.formats.hadoop_codecs import read_blocks
from streamtools.job import STDOUT, Job
from streamtools.local import Settings, run
from streamtools.records import lines_of

SHOWN = 60  # bytes of a line
MASK = (1 << 64) - 1
NUMBER = re.compile(rb"(-?[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?)")
ROUNDING = 1e-9  # relative difference that another order of adding floats makes, at most


def is_same_without_combiner(job: Job, settings: Settings, parts: Sequence[str]) -> bool:
    """Run a job again without its combiner; return whether the results are the same as in `parts`, and say so."""
    found: list[Difference | None] = []
    say = settings.console.say
    separator = job.properties.output.separator
    plain = replace(job, combiner=None, output=STDOUT)
    again = replace(settings, resume=False, is_inspected=True)
    outcome = run(plain, again, lambda others: found.append(first_difference(parts, others, separator)))
    if not outcome.succeeded:
        say("--check-combiner: the job fails without its combiner; a job must not rely on one being run")
        return False
    difference = found[0]
    if difference is None:
        maps = len({attempt.name for attempt in outcome.history.attempts if attempt.is_map})
        doubt = "; with a single map task that proves little: try --tasks 2x2" if maps < 2 else ""
        say(f"--check-combiner: the same results without the combiner{doubt}")
        return True
    part, one, other = difference
    group = one or other
    assert group
    key = group.key.decode("utf-8", "backslashreplace")
    say(
        f"--check-combiner: {part}: key {key!r}: {describe(one)} with the combiner, {describe(other)} without; "
        "a combiner must not change what the reducer makes of a key, however often it is run"
    )
    return False


class Group(NamedTuple):
    """The lines of one key in a part file: how many, the least, and a sum of hashes, the same in any order."""

    key: bytes
    lines: int
    least: bytes
    hashes: int


class Difference(NamedTuple):
    """The first group in which two part files differ; None stands for the end of a file."""

    part: str
    one: Group | None
    other: Group | None


def first_difference(
    ones: Sequence[str], others: Sequence[str], separator: bytes = b"\t", *, rounds: bool = False
) -> Difference | None:
    """Return where the part files of two runs differ first; None if they are the same.

    separator: ends a key. rounds: numbers are the same if they differ only as sums of floats do in another order.
    """
    for one, other in zip_longest(ones, others):
        groups = [_read_groups(path, separator) if path else iter(()) for path in (one, other)]
        for left, right in zip_longest(*groups):
            if (
                left is None
                or right is None
                or (left.key, left.lines, left.hashes) != (right.key, right.lines, right.hashes)
            ) and not (rounds and left and right and _is_rounded(left, right)):
                return Difference(os.path.basename(one or other), left, right)
    return None


def _is_rounded(left: Group, right: Group) -> bool:
    """Return whether two groups of one line each are the same but for the last digits of numbers."""
    ones, others = NUMBER.split(left.least), NUMBER.split(right.least)
    if left.lines != 1 or right.lines != 1 or ones[::2] != others[::2]:
        return False
    return all(isclose(float(one), float(other), rel_tol=ROUNDING) for one, other in zip(ones[1::2], others[1::2]))


def _read_groups(path: str, separator: bytes) -> Iterator[Group]:
    lines = (line for block in read_blocks(path) for line in lines_of(block))
    for key, group in groupby(lines, key=lambda line: line.partition(separator)[0]):
        yield _sum_up(key, group)


def _sum_up(key: bytes, lines: Iterator[bytes]) -> Group:
    least = next(lines)
    count, hashes = 1, hash(least)
    for line in lines:
        least = min(least, line)
        count += 1
        hashes = (hashes + hash(line)) & MASK
    return Group(key, count, least, hashes & MASK)


def describe(group: Group | None) -> str:
    """Return a group in words."""
    if group is None:
        return "nothing"
    shown = group.least[:SHOWN].decode("utf-8", "backslashreplace") + ("..." if len(group.least) > SHOWN else "")
    return f"{shown!r}" + (f" and {group.lines - 1:,} more" if group.lines > 1 else "")
