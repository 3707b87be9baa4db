"""An archive read in ranges, each by a task of its own, as the lines of its members one after the other.

A member that lies in one range is verified there. Of a member that lies in several ranges each task reports the
checksum of its slice, and all slices together are verified at the end.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from streamtools.errors import DataError
from streamtools.inputs.sevenzip.archive import CHECK_PASSWORD, Archive, Member
from streamtools.inputs.sevenzip.folder_decoder import decode_folder
from streamtools.inputs.sevenzip.folder_ranges import FolderRange


class MemberSlice(NamedTuple):
    """What a task has read of a member that lies in several ranges.

    member_start: its folder and its offset there, as several members may have one name.
    """

    place: str
    offset: int
    size: int
    crc: int
    member_size: int
    member_crc: int | None
    member_start: tuple[int, int] = (0, 0)


Report = Callable[[MemberSlice], None]


def read_ranges(archive: Archive, chosen: Iterable[FolderRange], report: Report | None) -> Iterator[bytes]:
    """Yield the decoded bytes of some ranges, with an LF after each member that ends in one of them without LF.

    The last member of the archive gets no LF. `report` is called for the members that lie in several ranges; the others
    are verified here. Without `report` nothing is verified: a task reads on in the range of the next one. Raises
    DataError for damage and wrong checksums.
    """
    of_folder: dict[int, list[Member]] = defaultdict(list)
    last = None
    for member in archive.members:
        if member.size and member.kind == "file":
            of_folder[member.folder].append(member)
            last = member
    for each in chosen:
        yield from _read_range(archive, each, of_folder[each.folder], last, report)


def _read_range(
    archive: Archive, chosen: FolderRange, members: list[Member], last: Member | None, report: Report | None
) -> Iterator[bytes]:
    begin, end = chosen.offset, chosen.offset + chosen.size
    stream = _RangeStream(decode_folder(archive, archive.folders[chosen.folder], chosen), begin)
    for member in members[bisect_right([member.offset + member.size for member in members], begin) :]:
        if member.offset >= end:
            break
        start, stop = max(member.offset, begin), min(member.offset + member.size, end)
        last_byte = b""
        for chunk in _verify_chunks(archive, member, stream, (start, stop), report):
            yield chunk
            last_byte = chunk[-1:]
        if stop == member.offset + member.size and last_byte != b"\n" and member is not last:
            yield b"\n"


def _verify_chunks(
    archive: Archive, member: Member, stream: "_RangeStream", within: tuple[int, int], report: Report | None
) -> Iterator[bytes]:
    """Yield the bytes of a member between two offsets of its folder; verify them if they are all, else report them."""
    from streamtools.inputs.checksums import crc32

    start, end = within
    place, checksum = f"{archive.name}: {member.name}", 0
    for chunk in stream.take(start, end, place):
        checksum = crc32(chunk, checksum)
        yield chunk
    if report and end - start < member.size:
        member_start = (member.folder, member.offset)
        offset, size = start - member.offset, end - start
        report(MemberSlice(place, offset, size, checksum, member.size, member.crc, member_start))
    if report and end - start == member.size and member.crc not in (None, checksum):
        is_encrypted = archive.folders[member.folder].is_encrypted
        raise _wrong_checksum(place, checksum, member.crc or 0, CHECK_PASSWORD if is_encrypted else "")


class _RangeStream:
    """Decoded chunks of a range, from which members are taken in order. position: offset in the folder."""

    def __init__(self, chunks: Iterator[bytes], position: int) -> None:
        self.chunks, self.position, self.held = chunks, position, b""

    def take(self, start: int, end: int, place: str) -> Iterator[bytes]:
        """Yield the bytes between two offsets of the folder. Raises DataError with this place."""
        while self.position < end:
            try:
                chunk = self.held or next(self.chunks, b"")
            except DataError as error:
                raise DataError(place, error.problem, error.remedy) from error
            if not chunk:
                raise DataError(place, f"the packed data end too early, at byte {self.position:,} of their folder")
            left = (start if self.position < start else end) - self.position
            self.held = chunk[left:]
            chunk = chunk[:left]
            if self.position >= start:
                yield chunk
            self.position += len(chunk)


def verify_members(slices: Iterable[MemberSlice]) -> None:
    """Raise DataError unless the slices of each member have its checksum together.

    A member that some task did not read to its end is not verified, as it is not when one task reads all of it.
    """
    members: dict[tuple[str, tuple[int, int]], dict[int, MemberSlice]] = defaultdict(dict)
    for each in slices:
        known = members[each.place, each.member_start].setdefault(each.offset, each)
        if known != each:  # the same slice twice is fine: the archive is an input twice
            problem = f"was decoded twice from byte {each.offset:,} on, with different results"
            raise DataError(each.place, problem, "read it again; if that fails too, check the memory of the machine")
    for (place, _), of_member in members.items():
        _verify_member(place, [of_member[offset] for offset in sorted(of_member)])


def _verify_member(place: str, slices: list[MemberSlice]) -> None:
    from streamtools.inputs.checksums import crc32_combine

    checksum = position = 0
    for each in slices:
        if each.offset == position:
            checksum = crc32_combine(checksum, each.crc, each.size)
            position += each.size
    size, recorded = slices[0].member_size, slices[0].member_crc
    if position == size and recorded not in (None, checksum):
        raise _wrong_checksum(place, checksum, recorded or 0, "")


def _wrong_checksum(place: str, found: int, recorded: int, remedy: str) -> DataError:
    return DataError(place, f"wrong checksum {found:08x}, the archive records {recorded:08x}", remedy)
