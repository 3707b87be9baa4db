"""Where a record of a map task is: file, member of an archive, line and byte.

The file is read from its beginning up to the record, and on to the end of its member, where a checksum may tell that it
is damaged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from streamtools.formats.hadoop_codecs import find_format, find_suffix, read_decoded, read_range
from streamtools.formats.writables import decode_long
from streamtools.inputs.locations import is_remote
from streamtools.job import Job
from streamtools.local.input.readers import line_reader_of, open_reader
from streamtools.local.input.split import Split

FARTHEST = 4 << 30  # bytes of a file, decoded, that are read to count lines; 1 GB takes 20 s from a solid archive
VERIFIED = 1 << 28  # bytes after the record that are read for the sake of a checksum

Pieces = Iterable[tuple[str, Iterable[bytes]]]  # the members of a file, each with its bytes


class RecordPlace(NamedTuple):
    """The place of a record.

    member: of an archive, else "". line: counted from 1 in the member or file, 0 if not known. offset: of the first
    byte, decoded, in the member or file; None if not known.
    """

    file: str
    member: str = ""
    line: int = 0
    offset: int | None = None

    def __str__(self) -> str:
        """`solid.7z: logs/README.txt: line 1`; a byte stands for a line that is not known."""
        parts = [self.file, self.member]
        if self.line:
            parts.append(f"line {self.line:,}")
        elif self.offset is not None:
            parts.append(f"byte {self.offset:,}")
        return ": ".join(filter(None, parts))


def find_offset(job: Job, split: Split, number: int) -> int | None:
    """Return the offset of the record with a number, from 0, of a split; None if the input has no lines or fewer.

    Of a range of a compressed file it is an estimate.
    """
    lines = line_reader_of(open_reader(job, split))
    if lines is None:
        return None
    keys = (key for pairs in lines.pairs() for key in pairs.keys)
    key = next(islice(keys, number, None), None)
    return None if key is None else decode_long(key)


def find_place(job: Job, split: Split, number: int) -> RecordPlace:
    """Return the place of a record of a split, counted from 0. Raises DataError if what is read for it is damaged."""
    path = split.path
    offset = find_offset(job, split, number)
    if offset is None or not (split.share or split.is_whole or not find_suffix(path)) or is_remote(path):
        return RecordPlace(path)
    if offset > FARTHEST or job.properties.input.delimiter is not None:
        return RecordPlace(path, offset=offset)
    if find_format(path) == "7z":
        return _find_in_members(path, _read_members(path, split.member), offset)
    return _find_in_members(path, [("", read_decoded(path) if find_suffix(path) else read_range(path, 0))], offset)


def _read_members(path: str, chosen: str | None) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Yield the members of an archive that match a glob, None for all, each with its bytes."""
    from streamtools.inputs import ReadOptions, open_sources

    for source, chunks in open_sources([path], ReadOptions(member=chosen)):
        yield source.member, chunks


def _find_in_members(path: str, members: Pieces, offset: int) -> RecordPlace:
    """Return the place of the line at an offset in all members together, where each ends with an LF."""
    start = 0
    for member, chunks in members:
        lines, position, last = _LineCounter(), start, b""
        found = None
        for chunk in chunks:
            if found is None:
                lines.add(chunk[: offset - position])
                if offset < position + len(chunk):
                    found = RecordPlace(path, member, lines.number + 1, offset - start)
                    if not find_suffix(path):
                        return found
            elif position > offset + VERIFIED:
                break
            position, last = position + len(chunk), chunk or last
        if found:
            return found
        start = position + (not last.endswith(b"\n") if member else 0)
    return RecordPlace(path, offset=offset)


class _LineCounter:
    """Counts line ends: LF, CR and CRLF."""

    def __init__(self) -> None:
        self.number = 0
        self.ends_in_cr = False

    def add(self, chunk: bytes) -> None:
        """Count those of the bytes that follow."""
        self.number += chunk.count(b"\n")
        if b"\r" in chunk:
            self.number += chunk.count(b"\r") - chunk.count(b"\r\n")
        if self.ends_in_cr and chunk.startswith(b"\n"):
            self.number -= 1
        self.ends_in_cr = chunk.endswith(b"\r") if chunk else self.ends_in_cr
