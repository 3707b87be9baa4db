"""Splits: the input files divided into ranges, of which each becomes one map task.

Files are split by the rules of Hadoop's old API. Map tasks are numbered by the length of their split, longest first; in
a job without reducers this is the number of the part file. What Hadoop cannot read, .7z and .xz, is split where its
decoding can begin; if it can only begin at the start of the file, the splits are ranges of the decoded bytes, which one
process decodes for all tasks. .gz and .zst, which Hadoop reads as one split, are split only with
-D streamtools.split.packed=true.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from streamtools.errors import NoInputError, StreamtoolsError, UnavailableError
from streamtools.formats.hadoop_codecs import find_format, find_size, find_suffix, is_splittable
from streamtools.inputs.codecs import SEVENZIP
from streamtools.inputs.locations import is_remote, with_first_volumes
from streamtools.java import class_names
from streamtools.java.globs import split_at_commas
from streamtools.job import Job, launch_refused
from streamtools.job.properties.input import CUTS_COMPRESSED, InputProperties
from streamtools.local.input.input_files import input_files
from streamtools.local.input.line_reader import LineReader
from streamtools.local.input.split import Share, Split

SLOP = 1.1  # a rest of up to this many times the split size is not split further, as in Hadoop
OURS = ("7z", "xz")  # formats that Hadoop cannot read, so that splits need not be the same as its
LEAST_SIZE, TASKS = 8 << 20, 64  # compressed bytes of a split of those, if there are fewer tasks than that


class InputSplits(NamedTuple):
    """All splits of a job in the order of their map tasks.

    remarks: for each large input that is a single split, why, and what would change it.
    """

    splits: list[Split]
    remarks: list[str]


class _FileSplits(NamedTuple):
    """The splits of one input file; reason: why a large file is a single split, else empty."""

    path: str
    length: int
    splits: list[Split]
    reason: str = ""


def find_splits(job: Job) -> InputSplits:
    """Find the input files of a job and split them. Raises Refused if one does not exist."""
    files = list(_split_files(job))
    remarks = [
        f"{item.path}: one task for its {item.length:,} bytes: {item.reason}; st-pack {item.path} -o DIR would cut it"
        for item in files
        if item.reason
    ]
    splits = _complete(files, job.properties.input.member)
    return InputSplits(sorted(splits, key=lambda split: -split.length), remarks)


def _complete(files: Sequence[_FileSplits], member: str | None) -> Iterator[Split]:
    """Yield all splits, with the members to be read.

    Those that share a file named several times tell for which mention of it they are.
    """
    seen: Counter[str] = Counter()
    for item in files:
        for split in item.splits:
            share = split.share._replace(copy=seen[item.path]) if split.share else None
            yield split._replace(share=share, member=member)
        seen[item.path] += 1


def _split_files(job: Job) -> Iterator[_FileSplits]:
    files = find_files(job)
    if job.input_format == class_names.NLINE_INPUT:
        lines = job.properties.input.lines_per_split
        for path in files:
            yield _FileSplits(path, find_size(path), list(_split_by_lines(path, lines)))
        return
    sizes = [_find_remote_size(path) if is_remote(path) else find_size(path) for path in files]
    total = sum(sizes)
    for path, length in zip(files, sizes, strict=True):
        yield _split_file(job, path, length, total)


def find_files(job: Job) -> list[str]:
    """Return all input files in order, those on other machines last."""
    names = [name for given in job.inputs for name in split_at_commas(given)]
    remote = [name for name in names if _is_read_from_afar(name)]
    here = tuple(name for name in names if not _is_read_from_afar(name))
    if remote and (not _reads_lines(job) or job.input_format == class_names.AUTO_INPUT):
        raise launch_refused(f"{remote[0]}: only lines can be read from other machines", "copy the file here")
    found = input_files(replace(job, inputs=here)) if here else []
    try:
        return with_first_volumes(found) + remote
    except NoInputError as error:
        raise launch_refused(f"Input path does not exist: file:{error.place}: {error.problem}", error.remedy) from None


def _is_read_from_afar(name: str) -> bool:
    """Return whether an input is on another machine that streamtools can read from."""
    from streamtools.inputs.remote import EXTRAS

    return is_remote(name) and name.partition(":")[0].lower() in EXTRAS


def _find_remote_size(uri: str) -> int:
    """Return the bytes of an input on another machine, 0 if unknown. Raises Refused if it does not exist."""
    from streamtools.inputs.remote import Remote

    try:
        with Remote(uri) as file:
            return file.seek(0, os.SEEK_END) if file.seekable() else 0
    except UnavailableError as error:
        raise launch_refused(f"{uri}: {error.problem}", error.remedy) from None
    except StreamtoolsError as error:
        raise launch_refused(f"Input path does not exist: {uri}: {error.problem}", error.remedy) from None


def _split_file(job: Job, path: str, length: int, total: int) -> _FileSplits:
    """Split a file of `length` bytes; `total`: bytes of all input files."""
    settings = job.properties.input
    size = max(settings.least_split_size, min(total // max(settings.maps, 1), settings.block_size))
    whole = _FileSplits(path, length, list(_split_by_size(path, length, size)))
    format_ = find_format(path)
    if not format_ or is_remote(path) or not _reads_lines(job) or is_splittable(path):
        return whole
    if format_ in OURS:
        size = size if settings.has_maps else min(size, max(LEAST_SIZE, total // TASKS))
        size = max(size, settings.least_split_size)
    elif not settings.cuts_compressed:
        reason = f"Hadoop does not cut .{format_}; -D {CUTS_COMPRESSED}=true cuts it here, where it can be cut"
        return whole._replace(reason=reason if length > size * SLOP else "")
    return _split_encoded(whole, format_, size, settings)


def _split_encoded(whole: _FileSplits, format_: str, size: int, settings: InputProperties) -> _FileSplits:
    """Split a file where its format allows; if it does not, by its decoded bytes, as far as its headers tell them.

    size: encoded bytes of a split. Where damage is to be skipped all is decoded by one process, which knows what to
    leave out.
    """
    from streamtools.inputs.cuts import Division, divide, find_contents

    path, length, member = whole.path, whole.length, settings.member
    is_skipping = settings.skips_damage and format_ == SEVENZIP
    try:
        division = Division([]) if is_skipping else divide(path, format_, size, member=member)
        is_shared = len(division.ranges) < 2 and format_ in OURS
        contents = find_contents(path, format_, member) if is_shared else []
    except NoInputError as error:
        raise launch_refused(f"{path}: {error.problem}", error.remedy) from None
    except StreamtoolsError:  # damaged, or needs a password: its task will report that
        return whole
    if contents:
        decoded = contents[-1].end
        most = size * decoded // max(length, 1) if settings.has_maps else settings.block_size
        shares = list(_share(path, decoded, length, max(most, settings.least_split_size)))
        if len(shares) > 1 or is_skipping:
            return whole._replace(splits=shares)
    if len(division.ranges) < 2:
        return whole._replace(reason=division.reason)
    return whole._replace(splits=[Split(path, each.start, each.end - each.start, each) for each in division.ranges])


def _share(path: str, decoded: int, packed: int, most: int) -> Iterator[Split]:
    """Yield splits of at most `most` decoded bytes, all of the same size except a smaller last one.

    So the order of their tasks, the longest first, is that of the file.
    """
    count = -(-decoded // max(most, 1))
    size = -(-decoded // count)
    for start in range(0, decoded, size):
        end = min(start + size, decoded)
        part = packed * end // decoded - packed * start // decoded
        yield Split(path, start, end - start, share=Share(part, end == decoded))


def _reads_lines(job: Job) -> bool:
    if job.input_format == class_names.STREAM_INPUT:
        return not job.reads_xml
    return job.input_format in (class_names.TEXT_INPUT, class_names.KEY_VALUE_INPUT, class_names.AUTO_INPUT)


def _split_by_size(path: str, length: int, size: int) -> Iterator[Split]:
    """Yield splits of `size` bytes, or one if the file cannot be split."""
    rest = length
    while is_splittable(path) and rest / size > SLOP:
        yield Split(path, length - rest, size)
        rest -= size
    if rest or not length:
        yield Split(path, length - rest, rest)


def _split_by_lines(path: str, count: int) -> Iterator[Split]:
    """Yield splits of `count` lines, or one of all lines if that is 0 or less."""
    if find_suffix(path):
        yield Split(path, 0, find_size(path))
        return
    begin = position = taken = 0
    for sizes in LineReader(Split(path, 0, os.path.getsize(path))).sizes():
        for size in sizes:
            position += size
            taken += 1
            if taken == count:
                yield _split_of_lines(path, begin, position)
                begin, taken = position, 0
    if taken:
        yield _split_of_lines(path, begin, position)


def _split_of_lines(path: str, begin: int, end: int) -> Split:
    """Return the split whose reader reads the lines from `begin` to `end`: it drops what comes before a line end."""
    return Split(path, max(begin - 1, 0), end - max(begin, 1))
