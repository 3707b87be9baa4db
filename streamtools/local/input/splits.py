"""Splits: the ranges of the input files, of which each becomes one map task.

Cut by the rules of Hadoop's old API, then numbered by length, the longest first; in a job without reducers this is the
number of the part file. What Hadoop cannot read, .7z and .xz, is cut where its decoding can begin; .gz and .zst, which
it reads as one split, are cut with -D streamtools.split.packed=true only.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

from streamtools.errors import StreamtoolsError, UnavailableError
from streamtools.formats.hadoop_codecs import format_of, is_splittable, size_of, suffix_of
from streamtools.inputs.paths import is_remote, without_later_volumes
from streamtools.java.globs import split_at_commas
from streamtools.job import Job, classes, launch_refused
from streamtools.job.properties import INPUT_FORMAT
from streamtools.local.input.input_files import input_files
from streamtools.local.input.line_reader import LineReader
from streamtools.local.input.split import Split

SLOP = 1.1  # a rest of up to this many times the split size is not cut
SPLIT_PACKED = "streamtools.split.packed"
OURS = ("7z", "xz")  # formats that Hadoop cannot read, so that no result of it has to be met
BLOCK_SIZE = 32 << 20  # of local files, as Hadoop has it
LEAST_PACKED, TASKS = 8 << 20, 64  # packed bytes of a task of those, until there are so many


class _Input(NamedTuple):
    """An input file, its bytes, its splits, and why it is not cut when it is large enough."""

    path: str
    length: int
    splits: list[Split]
    reason: str


class Plan(NamedTuple):
    """All splits of a job in the order of their map tasks, and what is to be said of them.

    remarks: which inputs are one task though they are large, why, and what would change it.
    """

    splits: list[Split]
    remarks: list[str]


def plan(job: Job) -> Plan:
    """How a job would be cut; raises Refused for inputs that are not there."""
    inputs = list(_inputs(job))
    remarks = [
        f"{item.path}: one task for its {item.length:,} bytes: {item.reason}; st-pack {item.path} -o DIR would cut it"
        for item in inputs
        if item.reason
    ]
    found = chain.from_iterable(item.splits for item in inputs)
    return Plan(sorted(found, key=lambda split: -split.length), remarks)


def split_size(job: Job, total: int) -> int:
    """How many bytes a split has, from the number of maps wished for, the least size and the block size."""
    wished = job.number("mapreduce.job.maps") if job.given.get("mapreduce.job.maps", "").isdecimal() else 1
    least = max(job.number(f"{INPUT_FORMAT}.split.minsize"), 1)
    return max(least, min(total // max(wished, 1), job.number("fs.local.block.size", BLOCK_SIZE)))


def _inputs(job: Job) -> Iterator[_Input]:
    files = _files(job)
    if job.input_format == classes.NLINE_INPUT:
        lines = job.number("mapreduce.input.lineinputformat.linespermap", 1)
        for path in files:
            yield _Input(path, size_of(path), list(_by_lines(path, lines)), "")
        return
    sizes = [_remote_size(path) if is_remote(path) else size_of(path) for path in files]
    size = split_size(job, sum(sizes))
    for path, length in zip(files, sizes, strict=True):
        found, reason = _by_parts(job, path, length, sum(sizes), size)
        yield _Input(path, length, found or list(_by_size(path, length, size)), reason)


def _files(job: Job) -> list[str]:
    """All input files in order, those on other machines last."""
    names = [name for given in job.inputs for name in split_at_commas(given)]
    remote = [name for name in names if _is_read_from_afar(name)]
    here = tuple(name for name in job.inputs if not any(map(_is_read_from_afar, split_at_commas(name))))
    if remote and (not _reads_lines(job) or job.input_format == classes.AUTO_INPUT):
        raise launch_refused(f"{remote[0]}: only lines are read from other machines", "copy it here")
    found = input_files(replace(job, inputs=here)) if here else []
    return without_later_volumes(found) + remote


def _is_read_from_afar(name: str) -> bool:
    from streamtools.inputs.remote import EXTRAS

    return is_remote(name) and name.partition(":")[0].lower() in EXTRAS


def _remote_size(uri: str) -> int:
    """The bytes of an input on another machine, 0 where that does not tell; raises Refused when it is not there."""
    from streamtools.inputs.remote import Remote

    try:
        with Remote(uri) as file:
            return file.seek(0, os.SEEK_END) if file.seekable() else 0
    except UnavailableError as error:
        raise launch_refused(f"{uri}: {error.problem}", error.remedy) from None
    except StreamtoolsError as error:
        raise launch_refused(f"Input path does not exist: {uri}: {error.problem}", error.remedy) from None


def _by_parts(job: Job, path: str, length: int, total: int, size: int) -> tuple[list[Split], str]:
    """The splits of a file that is cut where its decoding can begin; else none, and why if it is a large one."""
    kind = format_of(path)
    if not kind or is_remote(path) or not _reads_lines(job) or is_splittable(path):
        return [], ""
    if kind in OURS:
        size = min(size, max(LEAST_PACKED, total // TASKS)) if "mapreduce.job.maps" not in job.given else size
        size = max(size, job.number(f"{INPUT_FORMAT}.split.minsize"), 1)
    elif not job.is_true(SPLIT_PACKED):
        reason = f"Hadoop does not cut .{kind}; -D {SPLIT_PACKED}=true cuts it here, where it can be cut"
        return [], reason if length > size * SLOP else ""
    from streamtools.inputs.cuts import parts

    try:
        cut = parts(path, kind, size)
    except StreamtoolsError:  # damaged, or without a password: its task will say so
        return [], ""
    if len(cut.parts) < 2:
        return [], cut.reason
    return [Split(path, part.start, part.end - part.start, part) for part in cut.parts], ""


def _reads_lines(job: Job) -> bool:
    if job.input_format == classes.STREAM_INPUT:
        return job.get("stream.recordreader.class") != classes.XML_READER
    return job.input_format in (classes.TEXT_INPUT, classes.KEY_VALUE_INPUT, classes.AUTO_INPUT)


def _by_size(path: str, length: int, size: int) -> Iterator[Split]:
    rest = length
    while is_splittable(path) and rest / size > SLOP:
        yield Split(path, length - rest, size)
        rest -= size
    if rest or not length:
        yield Split(path, length - rest, rest)


def _by_lines(path: str, count: int) -> Iterator[Split]:
    """Splits of `count` lines, one of all where that is 0 or less.

    All but the first begin one byte early, as readers drop what comes before a line.
    """
    if suffix_of(path):
        yield Split(path, 0, size_of(path))
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
