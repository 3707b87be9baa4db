"""Whether two runs of a job have the same results; the order of the values of a key is left open."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from math import isclose

from streamtools.formats.hadoop_codecs import read_blocks
from streamtools.local.output.part_file import part_files
from streamtools.records import lines_of

FLOAT = re.compile(rb"(-?\d+\.\d+(?:[eE][-+]?\d+)?)")
SHOWN = 10  # lines of a key
Groups = dict[bytes, list[bytes]]  # key -> its lines


def find_difference(left: str, right: str, titles: tuple[str, str]) -> str:
    """Return how the part files in two directories differ first, "" if they are the same.

    Numbers with a point may differ in their last digits, as sums in another order do. titles: of the directories, in
    the text that is returned.
    """
    for name in sorted({os.path.basename(path) for path in part_files(left) + part_files(right)}):
        groups = [_read_groups(os.path.join(directory, name)) for directory in (left, right)]
        for key in groups[0] | groups[1]:
            ones, others = (sorted(group.get(key, [])) for group in groups)
            if not _are_alike(ones, others):
                return f"{name}: key {_show(key)}: " + ", ".join(
                    f"{_show_all(lines)} {title}" for lines, title in zip((ones, others), titles, strict=True)
                )
    return ""


def _read_groups(path: str) -> Groups:
    groups: Groups = {}
    if os.path.exists(path):
        for block in read_blocks(path):
            for line in lines_of(block):
                groups.setdefault(line.partition(b"\t")[0], []).append(line)
    return groups


def _are_alike(ones: Sequence[bytes], others: Sequence[bytes]) -> bool:
    return len(ones) == len(others) and all(map(_is_alike, ones, others))


def _is_alike(one: bytes, other: bytes) -> bool:
    """Return whether two lines are the same but for the last digits of numbers."""
    if one == other:
        return True
    pieces = list(zip(FLOAT.split(one), FLOAT.split(other), strict=False))
    if len(FLOAT.split(one)) != len(FLOAT.split(other)):
        return False
    return all(
        isclose(float(left), float(right), rel_tol=1e-9) if number % 2 else left == right
        for number, (left, right) in enumerate(pieces)
    )


def _show(data: bytes) -> str:
    return repr(data.decode("utf-8", "backslashreplace"))


def _show_all(lines: Sequence[bytes]) -> str:
    if not lines:
        return "nothing"
    more = len(lines) - SHOWN
    return ", ".join(map(_show, lines[:SHOWN])) + (f" and {more:,} more" if more > 0 else "")
