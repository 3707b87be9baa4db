"""The manifest of a directory of blobs: for each stretch of a source its place, size, lines and checksum, in order.

A header tells how the blobs were made and of which inputs. The lines of a blob are written before it gets its name, so
a blob that is there has all of them; lines of one that is not there are of a run that was ended, and do not count.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from operator import attrgetter
from typing import NamedTuple

from streamtools.errors import CannotCreateError, DataError, NoInputError
from streamtools.inputs import Source
from streamtools.inputs.paths import STDIN, is_remote
from streamtools.packing.target import Log, Target
from streamtools.records import ESCAPES, escape, lines_of, whole_lines

NAME, SUCCESS = "_manifest.tsv", "_SUCCESS"
COLUMNS = b"#blob\tsource\tmember\tstart\tend\tbytes\tlines\tcrc32"


class Row(NamedTuple):
    """A stretch of a source in a blob. start, end: in the decoded source; size: in the blob, with an LF added."""

    blob: str
    source: Source
    start: int
    end: int
    size: int
    lines: int
    crc: int

    def is_followed_by(self, row: "Row") -> bool:
        """Whether the next row goes on where this one ends."""
        return self.source == row.source and self.end == row.start

    def joined(self, row: "Row") -> "Row":
        """This row and the one that follows as one."""
        from streamtools.inputs.checksums import crc32_combine

        return self._replace(
            end=row.end,
            size=self.size + row.size,
            lines=self.lines + row.lines,
            crc=crc32_combine(self.crc, row.crc, row.size),
        )

    def line(self) -> bytes:
        """The row as a line of the manifest."""
        names = (self.blob, *self.source)
        numbers = b"%d\t%d\t%d\t%d\t%08x\n" % (self.start, self.end, self.size, self.lines, self.crc)
        return b"\t".join([*map(escape, map(os.fsencode, names)), numbers])


class Place(NamedTuple):
    """Where an earlier run has stopped: in which source, after how many members of its input, at which byte."""

    source: Source
    members_before: int
    end: int


class Manifest:
    """The manifest of a target, to which the rows of new blobs are added."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.blobs: list[str] = []
        self.place: Place | None = None
        self.chunk = 0  # bytes of lines that are compressed at a time: blobs made again must end where others begin
        self.log: Log | None = None

    @classmethod
    def of(cls, target: Target) -> "Manifest":
        """The manifest of a target that is complete; raises NoInputError for another one."""
        if target.read(SUCCESS) is None:
            raise NoInputError(target.name, f"has no {SUCCESS}", "it is no finished output of st-pack")
        return cls(target)

    @classmethod
    def begun(cls, target: Target, told: Mapping[str, object], chunk: int, resume: bool) -> "Manifest":
        """The manifest of a new target, or with `resume` that of one that was begun with the same settings and inputs.

        chunk: bytes of the chunks of a new target; one that was begun goes on with those that it has. Raises
        CannotCreateError where there is something else.
        """
        manifest = cls(target)
        manifest.chunk = chunk
        header = b"\t".join([b"#st-pack 1", *(f"{name}={value}".encode() for name, value in told.items())])
        there = target.read(NAME)
        if there is None and target.names():
            raise CannotCreateError(target.name, "exists and is not empty", "name another directory")
        if there is not None and not resume:
            state = "finished already" if target.read(SUCCESS) is not None else "begun by a run that has not finished"
            raise CannotCreateError(target.name, f"was {state}", "go on with --resume, or name another directory")
        kept: list[bytes] = []
        if there is not None:
            begun, _, size = there.partition(b"\n")[0].rpartition(b"\tchunk=")
            if begun != header or not size.isdigit():
                problem = "was begun with other options or inputs, or these have changed"
                raise CannotCreateError(target.name, problem, "name another directory")
            target.remove(SUCCESS)
            manifest.chunk = int(size)
            kept += manifest._kept()
        manifest.log = target.log(NAME, b"".join([b"%s\tchunk=%d\n" % (header, manifest.chunk), COLUMNS, b"\n", *kept]))
        return manifest

    def _kept(self) -> Iterator[bytes]:
        """The lines of all blobs before the first one that is not there, or that has no lines."""
        there = set(self.target.names())
        before: dict[str, int] = {}
        for blob, rows in self.by_blob(whole=False):
            if blob not in there or not blob.startswith(name_of(len(self.blobs))):
                return
            self.blobs.append(blob)
            for row in rows:
                if row.start == 0:
                    before = {row.source.input: before.get(row.source.input, -1) + 1}
                self.place = Place(row.source, before[row.source.input], row.end)
                yield row.line()

    def add(self, blob: str, rows: Sequence[Row]) -> None:
        """Write the rows of a blob that is about to get its name."""
        assert self.log
        self.log.add(b"".join(row.line() for row in rows))
        self.blobs.append(blob)

    def finish(self) -> None:
        """All blobs are there: say so."""
        assert self.log
        self.log.flush()
        self.target.put(SUCCESS, b"")

    def close(self) -> None:
        if self.log:
            self.log.close()

    def by_blob(self, *, whole: bool = True) -> Iterator[tuple[str, Iterator[Row]]]:
        """Each blob with its rows; take those of one before asking for the next.

        whole: raise DataError for a line that is none; otherwise the last one may be: a run was killed writing it.
        """
        return ((blob, rows) for blob, rows in groupby(self._rows(whole), attrgetter("blob")))

    def _rows(self, whole: bool) -> Iterator[Row]:
        lines = chain.from_iterable(map(lines_of, whole_lines(self.target.blocks(NAME))))
        for line in lines:
            if not line.startswith(b"#"):
                try:
                    yield _row(line)
                except (ValueError, LookupError):
                    if not whole and next(lines, None) is None:
                        return
                    problem = f"is damaged at {line[:60]!r}"
                    raise DataError(self.target.place(NAME), problem, "pack into another directory") from None


def name_of(number: int) -> str:
    """The name of a blob, without the suffix of its codec."""
    return f"part-{number:05d}"


def stamp(inputs: Iterable[str]) -> str:
    """A digest of the names, sizes and times of inputs: it changes when one of them does."""
    import hashlib

    digest = hashlib.sha256()
    for name in inputs:
        state = None if name == STDIN or is_remote(name) else os.stat(name)
        digest.update(repr((name, state and (state.st_size, state.st_mtime_ns))).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:32]


def _row(line: bytes) -> Row:
    blob, source, member, start, end, size, lines, crc = line.split(b"\t")
    if len(crc) != 8:
        raise ValueError("a line that was not written to its end")
    names = [_unescaped(name) for name in (blob, source, member)]
    row = Row(names[0], Source(names[1], names[2]), int(start), int(end), int(size), int(lines), int(crc, 16))
    if row.size - (row.end - row.start) not in (0, 1):
        raise ValueError("a size that is not that of its stretch, nor with an LF")
    return row


def _unescaped(name: bytes) -> str:
    import re

    back = {escaped: byte for byte, escaped in ESCAPES.items()}
    return os.fsdecode(re.sub(rb"\\.", lambda match: back[match[0]], name))
