"""Splits: the ranges of the input files, of which each becomes one map task.

Cut by the rules of Hadoop's old API, then numbered by length, the longest first; in a job without reducers this is the
number of the part file.
"""

import os
from collections.abc import Iterator
from typing import NamedTuple

from streamtools.job import Job, classes
from streamtools.job.properties import INPUT_FORMAT
from streamtools.local.codecs import is_splittable, suffix_of
from streamtools.local.paths import input_files

SLOP = 1.1  # a rest of up to this many times the split size is not cut


class Split(NamedTuple):
    """A range of bytes of a file (of its compressed bytes, for a compressed one)."""

    path: str
    start: int
    length: int

    @property
    def end(self) -> int:
        return self.start + self.length

    def __str__(self) -> str:
        return f"{self.path}:{self.start}+{self.length}"


def splits(job: Job) -> list[Split]:
    """All splits of a job in the order of their map tasks; raises Refused for inputs that are not there."""
    files = input_files(job)
    if job.input_format == classes.NLINE_INPUT:
        lines = max(job.number("mapreduce.input.lineinputformat.linespermap", 1), 1)
        found = [split for path in files for split in _by_lines(path, lines)]
    else:
        sizes = [os.path.getsize(path) for path in files]
        size = split_size(job, sum(sizes))
        found = [split for path, length in zip(files, sizes, strict=True) for split in _by_size(path, length, size)]
    return sorted(found, key=lambda split: -split.length)


def split_size(job: Job, total: int) -> int:
    """How many bytes a split has, from the number of maps wished for, the least size and the block size."""
    wished = job.number("mapreduce.job.maps") if job.given.get("mapreduce.job.maps", "").isdecimal() else 1
    least = max(job.number(f"{INPUT_FORMAT}.split.minsize"), 1)
    return max(least, min(total // max(wished, 1), job.number("fs.local.block.size")))


def _by_size(path: str, length: int, size: int) -> Iterator[Split]:
    rest = length
    while is_splittable(path) and rest / size > SLOP:
        yield Split(path, length - rest, size)
        rest -= size
    if rest or not length:
        yield Split(path, length - rest, rest)


def _by_lines(path: str, count: int) -> Iterator[Split]:
    """Splits of `count` lines. All but the first begin one byte early, as readers drop what comes before a line."""
    from streamtools.local.lines import LineReader

    if suffix_of(path):
        yield Split(path, 0, os.path.getsize(path))
        return
    begin = position = taken = 0
    for sizes in LineReader(Split(path, 0, os.path.getsize(path))).sizes():
        for size in sizes:
            position += size
            taken += 1
            if taken == count:
                yield _of_lines(path, begin, position)
                begin, taken = position, 0
    if taken:
        yield _of_lines(path, begin, position)


def _of_lines(path: str, begin: int, end: int) -> Split:
    return Split(path, max(begin - 1, 0), end - max(begin, 1))
