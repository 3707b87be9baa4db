"""The manifest of a directory of blobs: for each range of a source its blob, size, lines and checksum, in order.

A header says how the blobs were made and of which inputs. The lines of a blob are written before it gets its name, so
that a blob that is there has all of them. Lines of a blob that is not there are of a run that was ended: they are
ignored.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from operator import attrgetter
from typing import NamedTuple

from streamtools.errors import CannotCreateError, DataError, NoInputError
from streamtools.inputs import Source
from streamtools.inputs.locations import STDIN, is_remote
from streamtools.packing.targets import MANIFEST, Log, Target
from streamtools.records import ESCAPES, escape, lines_of, whole_lines
from streamtools.showing import redact

SUCCESS = "_SUCCESS"
COLUMNS = b"#blob\tsource\tmember\tstart\tend\tbytes\tlines\tcrc32"


class Row(NamedTuple):
    """A range of a source in a blob. start, end: in the decoded source; size: in the blob, with the LF added to it."""

    blob: str
    source: Source
    start: int
    end: int
    size: int
    lines: int
    crc: int

    def is_followed_by(self, row: "Row") -> bool:
        """Return whether a row begins where this one ends."""
        return self.source == row.source and self.end == row.start

    def extend(self, row: "Row") -> "Row":
        """Return this row and the one that follows as one row."""
        from streamtools.inputs.checksums import crc32_combine

        return self._replace(
            end=row.end,
            size=self.size + row.size,
            lines=self.lines + row.lines,
            crc=crc32_combine(self.crc, row.crc, row.size),
        )

    def to_line(self) -> bytes:
        """Return the row as a line of the manifest."""
        names = (self.blob, to_keep(self.source.input), self.source.member)
        numbers = b"%d\t%d\t%d\t%d\t%08x\n" % (self.start, self.end, self.size, self.lines, self.crc)
        return b"\t".join([*map(escape, map(os.fsencode, names)), numbers])


def to_keep(name: str) -> str:
    """Return the name of an input without its secrets, but with a digest of them, as two may differ only there."""
    if (shown := redact(name)) == name:
        return name
    from hashlib import sha256

    return f"{shown} ({sha256(os.fsencode(name)).hexdigest()[:12]})"


class StopPoint(NamedTuple):
    """Where an earlier run stopped: in which source, after how many members of its input, at which byte."""

    source: Source
    members_before: int
    end: int


class Manifest:
    """The manifest of a target, to which the rows of new blobs are added.

    block_size: bytes of lines that are compressed at a time. It is kept, as blobs that are made again must end where
    the next ones begin.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self.blobs: list[str] = []
        self.stop_point: StopPoint | None = None
        self.block_size = 0
        self.log: Log | None = None

    @classmethod
    def of_finished(cls, target: Target) -> "Manifest":
        """Return the manifest of a target that is complete. Raises NoInputError for any other."""
        if target.read(SUCCESS) is None:
            problem = f"has no {SUCCESS}: it is not the finished output of st-pack"
            raise NoInputError(target.name, problem, "finish the run with --resume, or check the name")
        return cls(target)

    @classmethod
    def begin(cls, target: Target, how: Mapping[str, object], block_size: int, resume: bool) -> "Manifest":
        """Return the manifest of a new target, or with `resume` that of an earlier run of the same inputs and options.

        how: the options and inputs; block_size: for a new target. Raises CannotCreateError if the target
        holds anything else.
        """
        manifest = cls(target)
        manifest.block_size = block_size
        header = b"\t".join([b"#st-pack 1", *(f"{name}={value}".encode() for name, value in how.items())])
        found = target.read(MANIFEST)
        if found is None and target.names():
            raise CannotCreateError(target.name, "exists and is not empty", "name another directory")
        if found is not None and not resume:
            state = "already finished" if target.read(SUCCESS) is not None else "begun by a run that did not finish"
            raise CannotCreateError(target.name, f"was {state}", "continue with --resume, or name another directory")
        kept: list[bytes] = []
        if found is not None:
            begun, _, size = found.partition(b"\n")[0].rpartition(b"\tchunk=")
            if begun != header or not size.isdigit():
                problem = "was begun with other options or inputs, or an input changed"
                raise CannotCreateError(target.name, problem, "name another directory")
            target.remove(SUCCESS)
            manifest.block_size = int(size)
            kept += manifest._keep_blobs()
        head = [b"%s\tchunk=%d\n" % (header, manifest.block_size), COLUMNS, b"\n"]
        manifest.log = target.log(MANIFEST, b"".join([*head, *kept]))
        return manifest

    def _keep_blobs(self) -> Iterator[bytes]:
        """Yield the lines of all blobs before the first one that is missing or has no lines; note where they end."""
        present = set(self.target.names())
        before: dict[str, int] = {}
        for blob, rows in self.by_blob(whole=False):
            if blob not in present or not blob.startswith(blob_name(len(self.blobs))):
                return
            self.blobs.append(blob)
            for row in rows:
                if row.start == 0:
                    before = {row.source.input: before.get(row.source.input, -1) + 1}
                self.stop_point = StopPoint(row.source, before[row.source.input], row.end)
                yield row.to_line()

    def add(self, blob: str, rows: Sequence[Row]) -> None:
        """Write the rows of a blob, before it gets its name."""
        assert self.log
        self.log.add(b"".join(row.to_line() for row in rows))
        self.blobs.append(blob)

    def finish(self) -> None:
        """Mark the target as complete."""
        assert self.log
        self.log.flush()
        self.target.put(SUCCESS, b"")

    def close(self) -> None:
        """Close the log; a target without `finish` can be resumed."""
        if self.log:
            self.log.close()

    def by_blob(self, *, whole: bool = True) -> Iterator[tuple[str, Iterator[Row]]]:
        """Yield each blob with its rows; take those of one before asking for the next.

        Raises DataError for a damaged line. whole=False: the last line may be one, as a run was killed writing it.
        """
        return ((blob, rows) for blob, rows in groupby(self._rows(whole), attrgetter("blob")))

    def _rows(self, whole: bool) -> Iterator[Row]:
        lines = chain.from_iterable(map(lines_of, whole_lines(self.target.chunks(MANIFEST))))
        for line in lines:
            if not line.startswith(b"#"):
                try:
                    yield parse_row(line)
                except (ValueError, LookupError):
                    if not whole and next(lines, None) is None:
                        return
                    problem = f"is damaged at {line[:60]!r}"
                    raise DataError(self.target.place(MANIFEST), problem, "pack into another directory") from None


def blob_name(number: int) -> str:
    """Return the name of a blob, without the suffix of its codec."""
    return f"part-{number:05d}"


def digest_inputs(inputs: Iterable[str]) -> str:
    """Return a digest of the names and stamps of inputs, which changes if one of them changes."""
    import hashlib

    from streamtools.inputs.stamps import stamp_file

    digest = hashlib.sha256()
    for name in inputs:
        stamp = None if name == STDIN or is_remote(name) else stamp_file(name)
        digest.update(repr((name, stamp)).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:32]


def parse_row(line: bytes) -> Row:
    """Parse a line of the manifest without its LF. Raises ValueError or LookupError for a damaged one."""
    blob, source, member, start, end, size, lines, crc = line.split(b"\t")
    if len(crc) != 8:
        raise ValueError("the line is incomplete")
    names = [_unescape(name) for name in (blob, source, member)]
    row = Row(names[0], Source(names[1], names[2]), int(start), int(end), int(size), int(lines), int(crc, 16))
    if row.size - (row.end - row.start) not in (0, 1):
        raise ValueError("the size does not fit the range")
    return row


def _unescape(name: bytes) -> str:
    import re

    back = {escaped: byte for byte, escaped in ESCAPES.items()}
    return os.fsdecode(re.sub(rb"\\.", lambda match: back[match[0]], name))
