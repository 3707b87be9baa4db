"""7z archives as streams: members in archive order, in memory bounded by the dictionary, every checksum verified.

archive.py    open (volumes, password), read the header -> folders of members
decoders.py   the coders of one folder -> one stream of bytes
here          a folder's stream, cut into its members
"""

from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from functools import partial
from itertools import chain, groupby
from operator import itemgetter

from streamtools.errors import DataError
from streamtools.inputs.ahead import Task, ordered
from streamtools.inputs.sevenzip.archive import Archive, Folder, Member, open_archive
from streamtools.inputs.sevenzip.decoders import check_supported, decode, methods, segments

__all__ = ["Archive", "Folder", "Member", "contents", "methods", "open_archive", "wanted"]


def wanted(archive: Archive, pattern: str | None) -> list[Member]:
    """The files of an archive, in its order, whose name (or its last part, for a pattern without `/`) fits a glob."""
    files = [member for member in archive.members if member.kind == "file"]
    if pattern is None:
        return files
    whole = "/" in pattern
    return [file for file in files if fnmatchcase(file.name if whole else file.name.rpartition("/")[2], pattern)]


def contents(
    archive: Archive,
    members: list[Member],
    on_error: Callable[[DataError], None] | None = None,
    jobs: int = 1,
    memory: int = 1 << 28,
) -> Iterator[tuple[Member, Iterator[bytes]]]:
    """Each of `members` with its bytes, in archive order; take those of one before asking for the next.

    Folders without such a member are not decoded. Raises DataError on damage; with `on_error` it is called instead
    and the next member goes on: the next one of the folder after a wrong checksum, else of the next folder.
    jobs: threads that decode folders, and segments of LZMA2 folders, ahead into about `memory` bytes.
    """
    of_folder: dict[int, list[Member]] = {}
    for member in members:
        if member.folder >= 0:  # empty files are in no folder
            of_folder.setdefault(member.folder, []).append(member)
    if on_error is None:
        for number in of_folder:
            check_supported(archive, archive.folders[number])
    decoded = ordered(_tasks(archive, of_folder, jobs), jobs, memory)
    try:
        for number, blocks in groupby(decoded, itemgetter(0)):
            stream = _FolderStream(archive, archive.folders[number], _joined(blocks), on_error)
            for member in of_folder[number]:
                yield member, stream.member(member)
    finally:
        decoded.close()


def _tasks(archive: Archive, of_folder: dict[int, list[Member]], jobs: int) -> Iterator[tuple[int, Task]]:
    """(folder, what decodes a part of it) for all that the members need."""
    for number, members in of_folder.items():
        folder = archive.folders[number]
        if jobs > 1:
            end = members[-1].offset + members[-1].size
            for segment in segments(archive, folder):
                if segment.offset >= end:
                    break
                yield number, partial(decode, archive, folder, segment)
        else:
            yield number, partial(decode, archive, folder)


def _joined(blocks: Iterable[tuple[int, Iterator[bytes]]]) -> Iterator[bytes]:
    return chain.from_iterable(part for _, part in blocks)


class _FolderStream:
    """One folder being decoded, from which members are taken in their order."""

    def __init__(
        self, archive: Archive, folder: Folder, blocks: Iterator[bytes], on_error: Callable[[DataError], None] | None
    ) -> None:
        self.archive, self.folder, self.blocks, self.on_error = archive, folder, blocks, on_error
        self.held = b""
        self.position = 0
        self.broken = False

    def member(self, member: Member) -> Iterator[bytes]:
        """The bytes of one member, whose checksum is verified at its end."""
        if self.broken:
            return
        try:
            yield from self._verified(member)
        except DataError as error:
            if self.on_error is None:
                raise
            self.on_error(error)

    def _verified(self, member: Member) -> Iterator[bytes]:
        from streamtools.inputs.checksums import crc32

        for _ in self._take(member.offset - self.position, member):
            pass
        checksum = 0
        for block in self._take(member.size, member):
            checksum = crc32(block, checksum)
            yield block
        if member.crc is not None and checksum != member.crc:
            raise DataError(
                f"{self.archive.name}: {member.name}",
                f"wrong checksum: {checksum:08x} where the archive says {member.crc:08x}"
                f" (all {member.size:,} bytes of the member were decoded)",
                self._advice(),
            )

    def _take(self, size: int, member: Member) -> Iterator[bytes]:
        end = self.position + size
        while self.position < end:
            block = self.held or self._next(member)
            left = end - self.position
            self.held = block[left:]  # b"" without a copy where the whole block is taken
            block = block[:left]
            self.position += len(block)
            yield block

    def _next(self, member: Member) -> bytes:
        try:
            block = next(self.blocks, b"")
        except DataError as error:
            self.broken = True
            raise DataError(self._place(member), error.problem, error.remedy or self._advice()) from error
        if not block:
            self.broken = True
            raise DataError(self._place(member), "the packed data ends too early", self._advice())
        return block

    def _place(self, member: Member) -> str:
        return f"{self.archive.name}: {member.name}: byte {self.position - member.offset:,} of {member.size:,}"

    def _advice(self) -> str:
        return "a wrong password, or damage" if self.folder.is_encrypted else ""
