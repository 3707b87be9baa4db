"""Where an input can be cut, and its parts as streams of their own: one file becomes work for several cores.

    7z   folders, and segments inside an LZMA2 folder   (sevenzip/pieces.py)
    xz   blocks, by the index                           (xz.py)
    bz2  blocks, by their marks                         (bzip2.py)
    zst  frames; gz: the members of BGZF                (frames.py)

`stretches` cuts one stream for decoding in order; `parts` cuts a file into map tasks, whose borders cut lines:

    parts(path) -> Part, Part, ...      open_part(path, part) -> its own bytes, and those that follow
    task:  drops its bytes up to the first end of a line  |  its own  |  reads on up to the first end of a line
    end:   verify(all slices that were reported) -> the checksums of members that lie in several parts
"""

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from streamtools.errors import DataError
from streamtools.inputs.codecs import CODECS, SEVENZIP, decode
from streamtools.inputs.sevenzip.pieces import Piece, Report, Slice, verify

__all__ = ["Cut", "Part", "Slice", "Stretch", "grouped", "is_cut", "open_part", "parts", "stretches", "verify"]

ReadAt = Callable[[int, int], bytes]
SLOP = 1.1  # a rest of up to this many times the size asked for is not cut
PIECE = 1 << 18
FINEST = 1 << 16  # packed bytes: no cuts nearer to each other than this
ONE = {  # why a file of a format is one part
    "xz": "it is one block; xz writes several with --block-size or -T",
    "zst": "it is one frame",
    "gz": "gzip has no place to begin at",
    "lz4": "its blocks need those before them",
}


class Stretch(NamedTuple):
    """Bytes of a file that decode on their own; `pieces` gives them as a whole file of their format."""

    start: int
    end: int
    pieces: Callable[[ReadAt], Iterator[bytes]]


class Part(NamedTuple):
    """A part of a file: its bytes, what is in them of an archive, and whether lines are cut at its borders."""

    start: int
    end: int
    pieces: tuple[Piece, ...] = ()
    begins_line: bool = True
    ends_line: bool = True


class Cut(NamedTuple):
    """The parts of a file, in order; they have all of it. reason: why there is only one, when there is."""

    parts: list[Part]
    reason: str = ""


def is_cut(kind: str) -> bool:
    """Whether files of a format can have several parts; bz2 has them by Hadoop's own rules, which count bytes."""
    return kind in ("xz", "zst", "gz", SEVENZIP)


def grouped(sizes: Iterable[int], size: int, total: int) -> Iterator[int]:
    """How many items, in their order, make a group of at least `size`; a last one of a tenth of it joins the others."""
    count = held = 0
    for item in sizes:
        count, held, total = count + 1, held + item, total - item
        if held >= size and total > size * (SLOP - 1):
            yield count
            count = held = 0
    if count:
        yield count


def stretches(kind: str, read_at: ReadAt, size: int, least: int, place: str) -> Iterator[Stretch]:
    """A file of `size` bytes cut into stretches of at least `least` bytes, in order and without a gap.

    What the cutting itself finds wrong is told by the decoder of the last one, the rest; for bz2 it is a DataError.
    """
    if kind == "bz2":
        from streamtools.inputs.cuts.bzip2 import runs

        for run in runs(read_at, size, least, place):
            yield Stretch(run.start // 8, run.end // 8, run.pieces)
    elif kind == "xz":
        yield from _of_blocks(read_at, size, least)
    elif kind in ("zst", "gz"):
        from streamtools.inputs.cuts.frames import bgzf_members, zstd_frames

        found = zstd_frames(read_at, size) if kind == "zst" else bgzf_members(read_at, size)
        start = 0
        for frame in found:
            if frame.end - start >= least or frame.end == size:
                yield _range(start, frame.end)
                start = frame.end
    else:
        yield _range(0, size)


def _of_blocks(read_at: ReadAt, size: int, least: int) -> Iterator[Stretch]:
    from streamtools.inputs.cuts.xz import Unclear, blocks, pieces

    try:
        found = blocks(read_at, size)
    except Unclear:
        found = []
    if len(found) < 2:
        yield _range(0, size)
        return
    begin = start = 0
    for count in grouped((block.end - block.start for block in found), least, size):
        chosen, begin = found[begin : begin + count], begin + count
        end = found[begin].start if begin < len(found) else size
        yield Stretch(start, end, partial(pieces, chosen=chosen))
        start = end


def _range(start: int, end: int) -> Stretch:
    def pieces(read_at: ReadAt) -> Iterator[bytes]:
        at = start
        while at < end and (piece := read_at(at, min(PIECE, end - at))):
            yield piece
            at += len(piece)

    return Stretch(start, end, pieces)


def parts(path: str, kind: str, size: int, *, inside_folders: bool = True) -> Cut:
    """A file of this machine cut into parts of about `size` bytes, as far as it can be cut.

    kind: its format, one of codecs.FORMATS. inside_folders: also cut the folders of an archive, and so its members,
    which only `verify` can verify then. Raises DataError for a damaged archive.
    """
    if kind == SEVENZIP:
        return _of_archive(path, size, inside_folders)
    with _opened(path) as (read_at, total):
        if total <= size * SLOP or not is_cut(kind):
            return Cut([Part(0, total)], "" if total <= size * SLOP else ONE.get(kind, "this format cannot be cut"))
        found = list(stretches(kind, read_at, total, min(FINEST, size), path))
    cuts = [0]
    begin = 0
    for count in grouped((stretch.end - stretch.start for stretch in found), size, total):
        begin += count
        cuts.append(found[begin].start if begin < len(found) else total)
    made = [Part(start, end, (), start == 0, end == total) for start, end in pairwise(cuts)]
    return Cut(made, ONE[kind] if len(made) == 1 else "")


def _of_archive(path: str, size: int, inside: bool) -> Cut:
    from streamtools.inputs.sevenzip import methods
    from streamtools.inputs.sevenzip.pieces import pieces

    with _archive(path) as (archive, total):
        if total <= size * SLOP:
            return Cut([Part(0, total)])
        found = list(pieces(archive, inside))
        offsets = [archive.folders[piece.folder].offset + piece.segment.packed_offset for piece in found]
        if len(found) < 2 or offsets != sorted(offsets):
            told = ", ".join({methods(archive.folders[piece.folder]) for piece in found})
            kind = "is never cut" if told != "LZMA2" else "was written by one thread: no dictionary reset in it"
            return Cut([Part(0, total)], f"it is one solid block of {told}, which {kind}" if found else "")
        made: list[Part] = []
        begin = 0
        for count in grouped((piece.segment.packed for piece in found), size, total):
            chosen = _joined(found[begin : begin + count])
            begin += count
            last = begin == len(found)
            start, end = made[-1].end if made else 0, total if last else offsets[begin]
            ends_line = last or found[begin].segment.offset == 0
            made.append(Part(start, end, chosen, not made or made[-1].ends_line, ends_line))
    return Cut(made)


def _joined(found: Sequence[Piece]) -> tuple[Piece, ...]:
    joined: list[Piece] = []
    for piece in found:
        if joined and joined[-1].folder == piece.folder:
            joined[-1] = joined[-1].joined(piece)
        else:
            joined.append(piece)
    return tuple(joined)


@contextmanager
def open_part(
    path: str, kind: str, part: Part, report: Report | None = None
) -> Generator[tuple[Iterator[bytes], Iterator[bytes]], None, None]:
    """The decoded bytes of a part, and those after it, from which its last line may be finished.

    report: called with the slice of each member that lies in several parts; `verify` needs all of them.
    Both raise DataError for damage; where a part begins in the middle of a line, it begins with the end of that.
    """
    if kind == SEVENZIP:
        from streamtools.inputs.sevenzip.pieces import read, rest_of_folder

        with _archive(path) as (archive, _):
            after = rest_of_folder(archive, part.pieces[-1])
            yield (
                read(archive, part.pieces, report or (lambda _: None)),
                read(archive, [after] if after and not part.ends_line else [], None),
            )
        return
    with _opened(path) as (read_at, size):

        def between(start: int, end: int) -> Iterator[bytes]:
            if start < end:
                yield from decode(_whole(kind, read_at, size, start, end), CODECS[kind], path, start)

        yield between(part.start, part.end), between(part.end, size)


def _whole(kind: str, read_at: ReadAt, size: int, start: int, end: int) -> Iterator[bytes]:
    """What lies between two cuts as a whole file of its format."""
    if kind == "xz" and (start, end) != (0, size):
        from streamtools.inputs.cuts.xz import Unclear, blocks, pieces

        try:
            chosen = [block for block in blocks(read_at, size) if start <= block.start < end]
        except Unclear:
            raise DataError("", "the file is not the one that was cut: it has changed") from None
        yield from pieces(read_at, chosen)
    else:
        yield from _range(start, end).pieces(read_at)


@contextmanager
def _opened(path: str) -> Generator[tuple[ReadAt, int], None, None]:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield lambda offset, size: os.pread(descriptor, size, offset), os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


@contextmanager
def _archive(path: str):  # type: ignore[no-untyped-def]
    from streamtools.inputs.sevenzip import open_archive
    from streamtools.inputs.sevenzip.volumes import open_volumes

    with open_volumes(path) as file:
        yield open_archive(file, path), file.seek(0, os.SEEK_END)
