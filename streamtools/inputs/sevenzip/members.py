"""The members of an archive: chosen by name, and decoded folder by folder."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import partial
from itertools import chain, groupby
from operator import itemgetter

from streamtools.errors import DataError, NoInputError
from streamtools.inputs.joining import drop_torn_line
from streamtools.inputs.read_options import OnError, ReadOptions
from streamtools.inputs.sevenzip.archive import CHECK_PASSWORD, Archive, Folder, Member
from streamtools.inputs.sevenzip.folder_decoder import decode_folder
from streamtools.inputs.sevenzip.folder_ranges import divide_folder
from streamtools.inputs.sevenzip.methods import check_supported
from streamtools.inputs.threads import Task, run_in_threads


def select_members(archive: Archive, pattern: str | None) -> list[Member]:
    """Return the files of an archive that match a glob, in its order; None matches all.

    A pattern without `/` is compared with the last part of each name.
    """
    files = [member for member in archive.members if member.kind == "file"]
    if pattern is None:
        return files
    whole = "/" in pattern
    return [file for file in files if fnmatchcase(file.name if whole else file.name.rpartition("/")[2], pattern)]


def choose_members(archive: Archive, pattern: str | None) -> list[Member]:
    """Return the members that `select_members` returns. Raises NoInputError if a pattern matches none."""
    members = select_members(archive, pattern)
    if pattern is not None and not members:
        raise NoInputError(archive.name, f"no member matches {pattern!r}", "list the members with st-cat --list")
    return members


def read_members(
    archive: Archive, members: list[Member], options: ReadOptions
) -> Iterator[tuple[Member, Iterator[bytes]]]:
    """Yield each of `members` with its chunks, in archive order; take those of one before asking for the next.

    Folders that hold none of them are not decoded. Raises DataError for damage. With `on_error` this is called instead,
    and the next member is read: after a wrong checksum that of the same folder, else the first of the next folder.
    """
    of_folder: dict[int, list[Member]] = {}
    for member in members:
        if member.folder >= 0:  # empty files are in no folder
            of_folder.setdefault(member.folder, []).append(member)
    if options.on_error is None:
        for number in of_folder:
            check_supported(archive, archive.folders[number])
    results = run_in_threads(_make_tasks(archive, of_folder, options.jobs), options.jobs, options.memory)
    try:
        for number, ranges in groupby(results, itemgetter(0)):
            stream = _FolderStream(archive, archive.folders[number], _join(ranges), options.on_error)
            for member in of_folder[number]:
                yield member, stream.read(member)
    finally:
        results.close()


def _make_tasks(archive: Archive, of_folder: dict[int, list[Member]], jobs: int) -> Iterator[tuple[int, Task[bytes]]]:
    """Yield the number of a folder and a task that decodes a range of it, for all that the members need."""
    for number, members in of_folder.items():
        folder = archive.folders[number]
        if jobs > 1:
            end = members[-1].offset + members[-1].size
            for each in divide_folder(archive, folder):
                if each.offset >= end:
                    break
                yield number, partial(decode_folder, archive, folder, each)
        else:
            yield number, partial(decode_folder, archive, folder)


def _join(ranges: Iterable[tuple[int, Iterator[bytes]]]) -> Iterator[bytes]:
    return chain.from_iterable(chunks for _, chunks in ranges)


class _FolderStream:
    """A folder that is being decoded, from which members are read in order."""

    def __init__(self, archive: Archive, folder: Folder, chunks: Iterator[bytes], on_error: OnError | None) -> None:
        self.archive, self.folder, self.chunks, self.on_error = archive, folder, chunks, on_error
        self.held = b""
        self.position = 0
        self.is_broken = False

    def read(self, member: Member) -> Iterator[bytes]:
        """Yield the bytes of one member, whose checksum is verified at its end.

        One that lies behind the damage of its folder is lost, which is told, too.
        """
        if self.is_broken and self.on_error:
            place = f"{self.archive.name}: {member.name}"
            self.on_error(DataError(place, f"all {member.size:,} bytes are lost, behind the damage in its folder"))
            return
        try:
            yield from self._verify(member)
        except DataError as error:
            if self.on_error is None:
                raise
            self.on_error(error)

    def _verify(self, member: Member) -> Iterator[bytes]:
        from streamtools.inputs.checksums import crc32

        for _ in self._take(member.offset - self.position, member):
            pass
        checksum = 0
        chunks = self._take(member.size, member)
        for chunk in drop_torn_line(chunks) if self.on_error else chunks:
            checksum = crc32(chunk, checksum)
            yield chunk
        if member.crc is not None and checksum != member.crc:
            place = f"{self.archive.name}: {member.name}"
            problem = f"wrong checksum {checksum:08x}, the archive records {member.crc:08x}"
            raise DataError(place, f"{problem} (all {member.size:,} bytes were decoded)", self._remedy())

    def _take(self, size: int, member: Member) -> Iterator[bytes]:
        """Yield the next `size` bytes of the folder; `member` is for messages."""
        end = self.position + size
        while self.position < end:
            chunk = self.held or self._next_chunk(member)
            left = end - self.position
            self.held = chunk[left:]  # b"" without a copy if the whole chunk is taken
            chunk = chunk[:left]
            self.position += len(chunk)
            yield chunk

    def _next_chunk(self, member: Member) -> bytes:
        try:
            chunk = next(self.chunks, b"")
        except DataError as error:
            self.is_broken = True
            raise DataError(self._place(member), error.problem, error.remedy or self._remedy()) from error
        if not chunk:
            self.is_broken = True
            raise DataError(self._place(member), "the packed data end too early", self._remedy())
        return chunk

    def _place(self, member: Member) -> str:
        return f"{self.archive.name}: {member.name}: byte {self.position - member.offset:,} of {member.size:,}"

    def _remedy(self) -> str:
        return CHECK_PASSWORD if self.folder.is_encrypted else ""
