"""An archive read in pieces, each by a task of its own, as the lines of its members one after the other.

A piece is a folder, or some segments of one. A member that lies in one piece is verified there; of one that lies in
several each reports the checksum of its slice, and all of these together are verified at the end.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from streamtools.errors import DataError
from streamtools.inputs.sevenzip.archive import Archive, Member
from streamtools.inputs.sevenzip.decoders import decode, segments
from streamtools.inputs.sevenzip.segments import Segment


class Piece(NamedTuple):
    """A part of a folder that decodes on its own."""

    folder: int
    segment: Segment

    def joined(self, after: "Piece") -> "Piece":
        """This piece and the one right after it in the same folder as one."""
        mine, other = self.segment, after.segment
        return Piece(self.folder, mine._replace(packed=mine.packed + other.packed, size=mine.size + other.size))


class Slice(NamedTuple):
    """What a task has read of a member that lies in several pieces. begun: the folder of the member, and where in it:
    several members may have one name.
    """

    place: str
    offset: int
    size: int
    crc: int
    of_size: int
    of_crc: int | None
    begun: tuple[int, int] = (0, 0)


Report = Callable[[Slice], None]


def pieces(archive: Archive, inside: bool = True) -> Iterator[Piece]:
    """The smallest pieces of an archive, in its order: its folders, or what they can be cut into."""
    used = {member.folder for member in archive.members if member.kind == "file"}
    for folder in archive.folders:
        if folder.number in used:
            cut = segments(archive, folder) if inside else [Segment(0, folder.packed, 0, folder.size)]
            yield from (Piece(folder.number, segment) for segment in cut)


def rest_of_folder(archive: Archive, piece: Piece) -> Piece | None:
    """What follows a piece in its folder, decodable from there; None at the end of the folder."""
    folder, segment = archive.folders[piece.folder], piece.segment
    packed, offset = segment.packed_offset + segment.packed, segment.offset + segment.size
    if offset >= folder.size:
        return None
    return Piece(folder.number, Segment(packed, folder.packed - packed, offset, folder.size - offset))


def read(archive: Archive, chosen: Iterable[Piece], report: Report | None) -> Iterator[bytes]:
    """The bytes of some pieces; a member that ends in one without LF gets one, unless no other follows in the archive.

    Raises DataError for damage, also for the wrong checksum of a member that lies in its piece as a whole; for the
    others `report` is called. Without `report` nothing is verified: a task that reads on in the next one's piece.
    """
    of_folder: dict[int, list[Member]] = defaultdict(list)
    last = None
    for member in archive.members:
        if member.size and member.kind == "file":
            of_folder[member.folder].append(member)
            last = member
    for piece in chosen:
        yield from _piece(archive, piece, of_folder[piece.folder], last, report)


def _piece(
    archive: Archive, piece: Piece, members: list[Member], last: Member | None, report: Report | None
) -> Iterator[bytes]:
    begin, end = piece.segment.offset, piece.segment.offset + piece.segment.size
    blocks = _Blocks(decode(archive, archive.folders[piece.folder], piece.segment), begin)
    for member in members[bisect_right([member.offset + member.size for member in members], begin) :]:
        if member.offset >= end:
            break
        start, stop = max(member.offset, begin), min(member.offset + member.size, end)
        byte = b""
        for block in _verified(archive, member, blocks, start, stop, report):
            yield block
            byte = block[-1:]
        if stop == member.offset + member.size and byte != b"\n" and member is not last:
            yield b"\n"


def _verified(
    archive: Archive, member: Member, blocks: "_Blocks", start: int, end: int, report: Report | None
) -> Iterator[bytes]:
    """The bytes of a member between two offsets of its folder."""
    from streamtools.inputs.checksums import crc32

    place, checksum = f"{archive.name}: {member.name}", 0
    for block in blocks.take(start, end, place):
        checksum = crc32(block, checksum)
        yield block
    if report and end - start < member.size:
        begun = (member.folder, member.offset)
        report(Slice(place, start - member.offset, end - start, checksum, member.size, member.crc, begun))
    if report and end - start == member.size and member.crc not in (None, checksum):
        encrypted = archive.folders[member.folder].is_encrypted
        raise _wrong(place, checksum, member.crc or 0, "a wrong password, or damage" if encrypted else "")


class _Blocks:
    """Decoded blocks from which ranges are taken, in their order."""

    def __init__(self, blocks: Iterator[bytes], position: int) -> None:
        self.blocks, self.position, self.held = blocks, position, b""

    def take(self, start: int, end: int, place: str) -> Iterator[bytes]:
        """What is between two offsets; raises DataError with this place."""
        while self.position < end:
            try:
                block = self.held or next(self.blocks, b"")
            except DataError as error:
                raise DataError(place, error.problem, error.remedy) from error
            if not block:
                raise DataError(place, f"the packed data end too early, at byte {self.position:,} of their folder")
            left = (start if self.position < start else end) - self.position
            self.held = block[left:]
            block = block[:left]
            if self.position >= start:
                yield block
            self.position += len(block)


def verify(slices: Iterable[Slice]) -> None:
    """Check that the slices of each member make up its checksum; raises DataError where they do not.

    A member of which a task left something unread is not judged, as it is not when one task reads all of it.
    """
    members: dict[tuple[str, tuple[int, int]], dict[int, Slice]] = defaultdict(dict)
    for part in slices:
        if members[part.place, part.begun].setdefault(part.offset, part) != part:  # the archive is an input twice
            raise DataError(part.place, f"was decoded twice from byte {part.offset:,} on, with different results")
    for (place, _), of_member in members.items():
        _verify(place, [of_member[offset] for offset in sorted(of_member)])


def _verify(place: str, slices: list[Slice]) -> None:
    from streamtools.inputs.checksums import crc32_combine

    checksum = position = 0
    for part in slices:
        if part.offset == position:
            checksum = crc32_combine(checksum, part.crc, part.size)
            position += part.size
    of_size, of_crc = slices[0].of_size, slices[0].of_crc
    if position == of_size and of_crc not in (None, checksum):
        raise _wrong(place, checksum, of_crc or 0, "")


def _wrong(place: str, found: int, told: int, remedy: str) -> DataError:
    return DataError(place, f"wrong checksum: {found:08x} where the archive says {told:08x}", remedy)
