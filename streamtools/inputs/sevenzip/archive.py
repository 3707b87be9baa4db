"""The header of a 7z archive: which members there are, in which folder, at which offsets, with which checksums.

py7zr parses the header; what it leaves unchecked is checked here (the checksum of the packed header, what follows
the archive, coders it cannot decode), so that no damage of the header can pass for fewer members.
"""

import io
import os
import stat
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any, BinaryIO, NamedTuple
from zlib import crc32

from streamtools.errors import DataError, StreamtoolsError, UsageError
from streamtools.inputs.sevenzip.volumes import Volumes

MAGIC = b"7z\xbc\xaf\x27\x1c"
HEADERS = 64  # reads of so few bytes look at headers; what they read is read again by a decoder
START = 32  # bytes of the signature header: magic, version, checksum, then where the header is
UNIX_MODE = 0x8000  # the upper half of the attributes is a st_mode
AES = b"\x06\xf1\x07\x01"
ASKING = Lock()  # two archives that are decoded at once ask one after the other
PASSWORD_VARIABLE = "STREAMTOOLS_7Z_PASSWORD"
ReadAt = Callable[[int, int], bytes]  # (offset, size) -> up to size bytes, fewer only at the end; from any thread
Password = Callable[[str], "str | None"]  # archive name -> its password


class Coder(NamedTuple):
    """One step of the decoding of a folder: method id, its properties, and the bytes that come out of it."""

    method: bytes
    properties: bytes
    size: int


class Folder(NamedTuple):
    """A solid block: where its packed bytes are in the file, and the coders that they pass, in decoding order."""

    number: int
    offset: int
    packed: int
    coders: tuple[Coder, ...]
    size: int
    is_branched: bool  # a coder takes several streams: not decoded here

    @property
    def is_encrypted(self) -> bool:
        return any(coder.method == AES for coder in self.coders)


class Member(NamedTuple):
    """What an archive holds under one name; an empty member is in no folder (-1)."""

    name: str
    kind: str  # file, directory or link
    size: int
    crc: int | None  # None: the archive has no checksum of it
    folder: int
    offset: int  # in the decoded folder


class Archive(NamedTuple):
    """An open archive; `name` is for messages, `password` gives the password when a folder needs it.

    is_near: a read of some bytes costs next to nothing, as it does in a file of this machine.
    """

    name: str
    read_at: ReadAt
    folders: list[Folder]
    members: list[Member]
    password: Callable[[], str]
    is_near: bool = True


def open_archive(
    file: BinaryIO, name: str, password: Password | None = None, on_read: Callable[[int], None] | None = None
) -> Archive:
    """Read the header of an archive from a seekable file.

    password: gives the password of an archive by its name; by default the environment variable has it.
    on_read: called with the number of packed bytes, each time some were read.
    Raises DataError for a damaged archive, UsageError when a password is needed and there is none.
    """
    secret = _Secret(name, password)
    header = _read_header(file, name, secret)
    read_at, is_near = _reader(file, on_read), isinstance(file, (io.FileIO, Volumes))
    if header is None or header.files_info is None:
        return Archive(name, read_at, [], [], secret, is_near)
    try:
        folders = list(_folders(header.main_streams))
        members = list(_members(header, folders, name))
    except (AttributeError, IndexError, KeyError, StopIteration, RuntimeError, TypeError, ValueError) as error:
        raise DataError(name, f"the header of the archive makes no sense: {error}") from error
    _check_extents(folders, file, name)
    return Archive(name, read_at, folders, members, secret, is_near)


class _Secret:
    """The password of one archive, asked for once and only when it is needed."""

    def __init__(self, name: str, ask: Password | None) -> None:
        self.name, self.ask, self.known = name, ask, ""

    def __call__(self) -> str:
        with ASKING:
            if not self.known:
                self.known = os.environ.get(PASSWORD_VARIABLE) or (self.ask(self.name) if self.ask else "") or ""
        if not self.known:
            raise UsageError(self.name, "is encrypted", f"set {PASSWORD_VARIABLE} to its password")
        return self.known


def _read_header(file: BinaryIO, name: str, secret: _Secret) -> Any:
    """py7zr's Header of the archive, None if it is empty."""
    start = _read_at(file, 0, START)
    if len(start) < START:
        raise DataError(name, f"the archive is cut short: {len(start)} of the {START} bytes of its start are there")
    if not start.startswith(MAGIC):
        raise DataError(name, "is no 7z archive")
    if crc32(start[12:]) != int.from_bytes(start[8:12], "little"):
        raise DataError(name, "the start of the archive is damaged (wrong checksum in its first 32 bytes)")
    offset, size, checksum = (int.from_bytes(start[a:b], "little") for a, b in ((12, 20), (20, 28), (28, 32)))
    end, there = START + offset + size, file.seek(0, os.SEEK_END)
    if end > there:
        missing = f"the archive is cut short: it has {there:,} bytes of {end:,}"
        raise DataError(name, missing, "its list of members is at the end: nothing was read; are all volumes there?")
    _check_tail(file, end, there, name)
    if not size:
        return None
    raw = _read_at(file, START + offset, size)
    if len(raw) != size or crc32(raw) != checksum:
        raise DataError(name, "the list of members is damaged (wrong checksum of the header)")
    return _parse(file, raw, name, secret)


def _check_tail(file: BinaryIO, end: int, there: int, name: str) -> None:
    """Only zeros may follow the archive: anything else may be a second archive, which would be lost silently."""
    while end < there:
        tail = _read_at(file, end, 1 << 16)
        if not tail or tail.strip(b"\0"):
            problem = f"{there - end:,} bytes follow the end of the archive, at byte {end:,}"
            raise DataError(name, problem, "two archives in one file? cut them apart")
        end += len(tail)


def _parse(file: BinaryIO, raw: bytes, name: str, secret: _Secret) -> Any:
    from py7zr.archiveinfo import Header

    password = None
    try:
        if raw[:1] == b"\x17":  # the header itself is packed, perhaps encrypted
            password = _check_packed_header(file, raw, name, secret)
        return Header.retrieve(file, io.BytesIO(raw), START, password)
    except StreamtoolsError:
        raise
    except Exception as error:  # py7zr lets struct, type, index, lzma and its own errors out
        remedy = "a wrong password, or damage" if password else ""
        raise DataError(name, f"the list of members cannot be read: {error}", remedy) from error


def _check_packed_header(file: BinaryIO, raw: bytes, name: str, secret: _Secret) -> "str | None":
    """Verify the checksums of the packed header, which py7zr ignores; return the password if it is encrypted."""
    from py7zr.archiveinfo import HeaderStreamsInfo

    streams = HeaderStreamsInfo.retrieve(io.BytesIO(raw[1:]))
    position = START + streams.packinfo.packpos
    checksums = iter(streams.packinfo.crcs)
    for size, defined in zip(streams.packinfo.packsizes, streams.packinfo.digestdefined, strict=False):
        if defined and crc32(_read_at(file, position, size)) != next(checksums):
            raise DataError(name, "the list of members is damaged (wrong checksum of the packed header)")
        position += size
    coders = [coder for folder in streams.unpackinfo.folders for coder in folder.coders]
    return secret() if any(coder["method"] == AES for coder in coders) else None


def _folders(streams: Any) -> Iterator[Folder]:
    if streams is None or streams.unpackinfo is None:
        return
    pack = streams.packinfo
    stream = 0  # a folder with BCJ2 has four packed streams, so folders and streams must be counted apart
    for number, folder in enumerate(streams.unpackinfo.folders):
        count = len(folder.packed_indices)
        offset = START + pack.packpos + pack.packpositions[stream]
        packed = sum(pack.packsizes[stream : stream + count])
        if stream + count > len(pack.packsizes):
            raise ValueError("more folders than packed streams")
        stream += count
        yield _folder(number, offset, packed, folder)


def _folder(number: int, offset: int, packed: int, folder: Any) -> Folder:
    branched = any(coder["numinstreams"] != 1 or coder["numoutstreams"] != 1 for coder in folder.coders)
    listed_only = (Coder(coder["method"], b"", 0) for coder in folder.coders)  # BCJ2: cannot be decoded here
    coders = tuple(listed_only if branched else _chain(folder))
    return Folder(number, offset, packed, coders, folder.get_unpack_size(), branched)


def _chain(folder: Any) -> Iterator[Coder]:
    """The coders in decoding order: from the one that takes the packed bytes along the bonds to the last one."""
    successor = {bond.outcoder: bond.incoder for bond in folder.bindpairs}
    index: int | None = folder.packed_indices[0]
    for _ in folder.coders:
        if index is None:
            raise ValueError("the coders of a folder are no chain")
        coder = folder.coders[index]
        yield Coder(coder["method"], coder["properties"] or b"", folder.unpacksizes[index])
        index = successor.get(index)
    if index is not None:
        raise ValueError("the coders of a folder are a circle")


def _members(header: Any, folders: list[Folder], name: str) -> Iterator[Member]:
    """The members in archive order, with the streams of the folders dealt out to those that have bytes."""
    streams = _streams(header.main_streams, folders)
    info = header.files_info
    empty_file = iter(info.emptyfiles or [])
    for file in info.files:
        told = file.get("filename") or os.path.basename(name).rpartition(".")[0]
        if file["emptystream"]:
            kind = _kind(file, "file" if next(empty_file, False) else "directory")
            yield Member(told, kind, 0, None, -1, 0)
        else:
            folder, offset, size, crc = next(streams)
            yield Member(told, _kind(file, "file"), size, crc, folder, offset)
    if next(streams, None) is not None:
        raise ValueError("more streams than members")


def _kind(file: dict[str, Any], kind: str) -> str:
    attributes = file.get("attributes") or 0
    if attributes & UNIX_MODE and stat.S_ISLNK(attributes >> 16):
        return "link"  # its bytes are the name of another file
    if file["emptystream"] and attributes:  # py7zr does not mark its empty files, the attributes tell
        return "directory" if attributes & stat.FILE_ATTRIBUTE_DIRECTORY else "file"
    return kind


def _streams(streams: Any, folders: list[Folder]) -> Iterator[tuple[int, int, int, "int | None"]]:
    """(folder, offset in the folder, size, checksum) of each stream of members."""
    sub = streams.substreamsinfo if streams is not None else None
    counts = sub.num_unpackstreams_folders if sub else [1] * len(folders)
    sizes = iter(sub.unpacksizes or []) if sub else iter([])
    checksums = zip(sub.digestsdefined, sub.digests, strict=True) if sub else iter([])
    for folder, count in zip(folders, counts, strict=True):
        offset = 0
        for number in range(count):
            size = next(sizes, -1)
            if number == count - 1:
                size = folder.size - offset  # not stored: what is left
            defined, checksum = next(checksums, (False, 0))
            if size < 0:
                raise ValueError("the members of a folder are larger than the folder")
            yield folder.number, offset, size, checksum if defined else _own_checksum(streams, folder, count)
            offset += size
        if not count:
            next(sizes, None)  # py7zr has one also for a folder without members


def _own_checksum(streams: Any, folder: Folder, count: int) -> "int | None":
    known = streams.unpackinfo.folders[folder.number]
    return known.crc if known.digestdefined and count == 1 else None


def _check_extents(folders: list[Folder], file: BinaryIO, name: str) -> None:
    end = file.seek(0, os.SEEK_END)
    for folder in folders:
        if folder.offset + folder.packed > end:
            raise DataError(name, f"the archive is cut short: folder {folder.number} lies beyond its end")


def _reader(file: BinaryIO, on_read: Callable[[int], None] | None) -> ReadAt:
    """How to read at any offset, from any thread: by pread where the file is one, else by seek and read in turns."""
    descriptor = file.fileno() if isinstance(file, io.FileIO) else None
    turn = Lock()

    def read_at(offset: int, size: int) -> bytes:
        if descriptor is not None:
            piece = os.pread(descriptor, size, offset)
        else:
            with turn:
                piece = _read_at(file, offset, size)
        if on_read and size > HEADERS:
            on_read(len(piece))
        return piece

    return read_at


def _read_at(file: BinaryIO, offset: int, size: int) -> bytes:
    """Up to `size` bytes from an offset, as many as there are."""
    file.seek(offset)
    pieces = []
    while size > 0 and (piece := file.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
