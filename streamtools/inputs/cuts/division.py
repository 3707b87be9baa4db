"""A file of this machine divided into ranges, one for each map task."""

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import NamedTuple

from streamtools.inputs.codecs import SEVENZIP
from streamtools.inputs.cuts.ranges import SLOP, EncodedRange, find_decodable_ranges, group_sizes
from streamtools.inputs.random_access import open_at_any_offset
from streamtools.inputs.read_options import OnRead
from streamtools.inputs.sevenzip import Archive, choose_members, method_names, open_archive
from streamtools.inputs.sevenzip.folder_ranges import FolderRange, divide_archive
from streamtools.inputs.sevenzip.volumes import open_all_volumes

FINEST = 1 << 16  # encoded bytes: cuts are not nearer to each other than this
DIVISIBLE = ("xz", "zst", "gz")  # besides 7z; bz2 is divided by Hadoop's own rules, which count bytes
WHY_WHOLE = {  # why a file of a format could not be divided
    "xz": "it is one block; xz writes several with --block-size or -T",
    "zst": "it is one frame",
    "gz": "a gzip stream can only be decoded from its start",
    "lz4": "its blocks need those before them",
}


class Division(NamedTuple):
    """The ranges of a file, in order and without gaps. reason: why a large file has only one."""

    ranges: list[EncodedRange]
    reason: str = ""


def divide(path: str, format: str, size: int, *, inside_folders: bool = True, member: str | None = None) -> Division:
    """Divide a file into ranges of about `size` bytes, as far as its format allows.

    format: one of codecs.FORMATS. inside_folders: also cut inside the folders of an archive, and so inside its members,
    whose checksums only `verify_members` can verify then. member: see `ReadOptions`. Raises DataError for a damaged
    archive, NoInputError for one without such a member.
    """
    if format == SEVENZIP:
        return _divide_archive(path, size, inside_folders, member)
    with open_at_any_offset(path) as (read_at, total):
        if total <= size * SLOP:
            return Division([EncodedRange(0, total)])
        if format not in DIVISIBLE:
            return Division([EncodedRange(0, total)], WHY_WHOLE.get(format, "this format cannot be divided"))
        found = list(find_decodable_ranges(format, read_at, total, min(FINEST, size), path))
    cuts = [0]
    begin = 0
    for count in group_sizes((each.end - each.start for each in found), size, total):
        begin += count
        cuts.append(found[begin].start if begin < len(found) else total)
    ranges = [EncodedRange(start, end, (), start == 0, end == total) for start, end in pairwise(cuts)]
    return Division(ranges, WHY_WHOLE[format] if len(ranges) == 1 else "")


def _divide_archive(path: str, size: int, inside_folders: bool, member: str | None) -> Division:
    with open_local_archive(path, member) as (archive, total):
        if total <= size * SLOP:
            return Division([EncodedRange(0, total)])
        found = list(divide_archive(archive, inside_folders))
        offsets = [archive.folders[each.folder].offset + each.packed_offset for each in found]
        if len(found) < 2 or offsets != sorted(offsets):
            return Division([EncodedRange(0, total)], _why_solid(archive, found))
        ranges: list[EncodedRange] = []
        begin = 0
        for count in group_sizes((each.packed for each in found), size, total):
            chosen = _join_adjacent(found[begin : begin + count])
            begin += count
            is_last = begin == len(found)
            start, end = ranges[-1].end if ranges else 0, total if is_last else offsets[begin]
            ends_line = is_last or found[begin].offset == 0
            ranges.append(EncodedRange(start, end, chosen, not ranges or ranges[-1].ends_line, ends_line))
    return Division(ranges)


def _why_solid(archive: Archive, found: Sequence[FolderRange]) -> str:
    if not found:
        return ""
    methods = ", ".join({method_names(archive.folders[each.folder]) for each in found})
    why = "which cannot be divided" if methods != "LZMA2" else "written by one thread: it has no dictionary reset"
    return f"it is one solid block of {methods}, {why}"


def _join_adjacent(found: Sequence[FolderRange]) -> tuple[FolderRange, ...]:
    joined: list[FolderRange] = []
    for each in found:
        if joined and joined[-1].folder == each.folder:
            joined[-1] = joined[-1].extend(each)
        else:
            joined.append(each)
    return tuple(joined)


@contextmanager
def open_local_archive(
    path: str, member: str | None = None, on_read: OnRead | None = None
) -> Generator[tuple[Archive, int], None, None]:
    """Open an archive of this machine, with all its volumes; give it and its size in bytes.

    member: a glob; the archive then has only the members that match it. Raises NoInputError if there is none.
    """
    with open_all_volumes(path) as file:
        archive = open_archive(file, path, None, on_read)
        if member is not None:
            archive = archive._replace(members=choose_members(archive, member))
        yield archive, file.seek(0, os.SEEK_END)
