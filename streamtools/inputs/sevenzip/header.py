"""The header of a 7z archive: its members, in which folder and at which offset each one is, and its checksum.

py7zr parses the header. What it does not check is checked here (the checksum of the packed header, what follows the
archive, coders it cannot decode), so that a damaged header never looks like an archive of fewer members.
"""

import io
import os
import stat
from collections.abc import Iterator
from typing import Any, BinaryIO
from zlib import crc32

from streamtools.errors import DataError, StreamtoolsError
from streamtools.inputs.random_access import make_reader, read_at
from streamtools.inputs.read_options import OnRead, Password
from streamtools.inputs.sevenzip.archive import AES, CHECK_PASSWORD, Archive, Coder, Folder, Member
from streamtools.inputs.sevenzip.passwords import Secret
from streamtools.inputs.sevenzip.volumes import Volumes

MAGIC = b"7z\xbc\xaf\x27\x1c"
START = 32  # bytes of the signature header: magic, version, checksum, then where the header is
PACKED_HEADER = b"\x17"
UNIX_MODE = 0x8000  # the upper half of the attributes is a st_mode


def open_archive(file: BinaryIO, name: str, password: Password | None = None, on_read: OnRead | None = None) -> Archive:
    """Read the header of an archive from a seekable file.

    password: returns the password of an archive by its name; used if the environment variable does not have it.
    on_read: called with the number of packed bytes each time some were read.
    Raises DataError for a damaged archive, UsageError if a needed password is missing.
    """
    secret = Secret(name, password)
    header = _read_header(file, name, secret)
    reader, is_near = make_reader(file, on_read), isinstance(file, (io.FileIO, Volumes))
    if header is None or header.files_info is None:
        return Archive(name, reader, [], [], secret, is_near)
    try:
        folders = list(_read_folders(header.main_streams))
        members = list(_read_members(header, folders, name))
    except (AttributeError, IndexError, KeyError, StopIteration, RuntimeError, TypeError, ValueError) as error:
        raise DataError(name, f"invalid header of the archive: {error}") from error
    _check_extents(folders, file, name)
    return Archive(name, reader, folders, members, secret, is_near)


def _read_header(file: BinaryIO, name: str, secret: Secret) -> Any:
    """Return py7zr's Header of the archive, None if the archive is empty."""
    start = read_at(file, 0, START)
    if len(start) < START:
        raise DataError(name, f"truncated archive: it has {len(start)} of the {START} bytes of its start")
    if not start.startswith(MAGIC):
        raise DataError(name, "not a 7z archive")
    if crc32(start[12:]) != int.from_bytes(start[8:12], "little"):
        raise DataError(name, f"damaged archive: wrong checksum in its first {START} bytes")
    offset, size, checksum = (int.from_bytes(start[a:b], "little") for a, b in ((12, 20), (20, 28), (28, 32)))
    end, total = START + offset + size, file.seek(0, os.SEEK_END)
    if end > total:
        problem = f"truncated archive: it has {total:,} of {end:,} bytes, and its list of members is at the end"
        raise DataError(name, problem, "check that all volumes are there; nothing was read")
    _check_tail(file, end, total, name)
    if not size:
        return None
    raw = read_at(file, START + offset, size)
    if len(raw) != size or crc32(raw) != checksum:
        raise DataError(name, "damaged list of members: wrong checksum of the header")
    return _parse(file, raw, name, secret)


def _check_tail(file: BinaryIO, end: int, total: int, name: str) -> None:
    """Raise DataError unless only zeros follow the archive: a second archive there would silently be lost."""
    while end < total:
        tail = read_at(file, end, 1 << 16)
        if not tail or tail.strip(b"\0"):
            problem = f"{total - end:,} bytes follow the end of the archive, at byte {end:,}"
            raise DataError(name, problem, "if they are a second archive, cut it off into a file of its own")
        end += len(tail)


def _parse(file: BinaryIO, raw: bytes, name: str, secret: Secret) -> Any:
    """Return the Header that py7zr makes of the bytes of a header."""
    from py7zr.archiveinfo import Header

    password = None
    try:
        if raw[:1] == PACKED_HEADER:
            password = _check_packed_header(file, raw, name, secret)
        return Header.retrieve(file, io.BytesIO(raw), START, password)
    except StreamtoolsError:
        raise
    except Exception as error:  # py7zr lets struct, type, index, lzma and its own errors out
        remedy = CHECK_PASSWORD if password else ""
        raise DataError(name, f"cannot read the list of members: {error}", remedy) from error


def _check_packed_header(file: BinaryIO, raw: bytes, name: str, secret: Secret) -> str | None:
    """Verify the checksums of the packed header, which py7zr ignores; return the password if it is encrypted."""
    from py7zr.archiveinfo import HeaderStreamsInfo

    streams = HeaderStreamsInfo.retrieve(io.BytesIO(raw[1:]))
    position = START + streams.packinfo.packpos
    checksums = iter(streams.packinfo.crcs)
    for size, defined in zip(streams.packinfo.packsizes, streams.packinfo.digestdefined, strict=False):
        if defined and crc32(read_at(file, position, size)) != next(checksums):
            raise DataError(name, "damaged list of members: wrong checksum of the packed header")
        position += size
    coders = [coder for folder in streams.unpackinfo.folders for coder in folder.coders]
    return secret() if any(coder["method"] == AES for coder in coders) else None


def _read_folders(streams: Any) -> Iterator[Folder]:
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
        yield _make_folder(number, offset, packed, folder)


def _make_folder(number: int, offset: int, packed: int, folder: Any) -> Folder:
    is_branched = any(coder["numinstreams"] != 1 or coder["numoutstreams"] != 1 for coder in folder.coders)
    listed_only = (Coder(coder["method"], b"", 0) for coder in folder.coders)  # BCJ2: cannot be decoded here
    coders = tuple(listed_only if is_branched else _order_coders(folder))
    return Folder(number, offset, packed, coders, folder.get_unpack_size(), is_branched)


def _order_coders(folder: Any) -> Iterator[Coder]:
    """Yield the coders in decoding order: from the one that takes the packed bytes along the bonds to the last one."""
    successor = {bond.outcoder: bond.incoder for bond in folder.bindpairs}
    index: int | None = folder.packed_indices[0]
    for _ in folder.coders:
        if index is None:
            raise ValueError("the coders of a folder do not form a chain")
        coder = folder.coders[index]
        yield Coder(coder["method"], coder["properties"] or b"", folder.unpacksizes[index])
        index = successor.get(index)
    if index is not None:
        raise ValueError("the coders of a folder form a circle")


def _read_members(header: Any, folders: list[Folder], name: str) -> Iterator[Member]:
    """Yield the members in archive order; the streams of the folders go, in order, to those that have bytes."""
    streams = _read_streams(header.main_streams, folders)
    info = header.files_info
    empty_file = iter(info.emptyfiles or [])
    for file in info.files:
        member = file.get("filename") or os.path.basename(name).rpartition(".")[0]
        if file["emptystream"]:
            kind = _kind_of(file, "file" if next(empty_file, False) else "directory")
            yield Member(member, kind, 0, None, -1, 0)
        else:
            folder, offset, size, crc = next(streams)
            yield Member(member, _kind_of(file, "file"), size, crc, folder, offset)
    if next(streams, None) is not None:
        raise ValueError("more streams than members")


def _kind_of(file: dict[str, Any], kind: str) -> str:
    attributes = file.get("attributes") or 0
    if attributes & UNIX_MODE and stat.S_ISLNK(attributes >> 16):
        return "link"  # its bytes are the name of another file
    if file["emptystream"] and attributes:  # py7zr does not mark its empty files, but their attributes do
        return "directory" if attributes & stat.FILE_ATTRIBUTE_DIRECTORY else "file"
    return kind


def _read_streams(streams: Any, folders: list[Folder]) -> Iterator[tuple[int, int, int, int | None]]:
    """Yield folder, offset in the folder, size and checksum of each stream of members."""
    sub = streams.substreamsinfo if streams is not None else None
    counts = sub.num_unpackstreams_folders if sub else [1] * len(folders)
    sizes = iter(sub.unpacksizes or []) if sub else iter([])
    checksums = zip(sub.digestsdefined, sub.digests, strict=True) if sub else iter([])
    for folder, count in zip(folders, counts, strict=True):
        offset = 0
        for number in range(count):
            size = next(sizes, -1)
            if number == count - 1:
                size = folder.size - offset  # not stored: the rest
            defined, checksum = next(checksums, (False, 0))
            if size < 0:
                raise ValueError("the members of a folder are larger than the folder")
            yield folder.number, offset, size, checksum if defined else _checksum_of_folder(streams, folder, count)
            offset += size
        if not count:
            next(sizes, None)  # py7zr has one also for a folder without members


def _checksum_of_folder(streams: Any, folder: Folder, count: int) -> int | None:
    known = streams.unpackinfo.folders[folder.number]
    return known.crc if known.digestdefined and count == 1 else None


def _check_extents(folders: list[Folder], file: BinaryIO, name: str) -> None:
    end = file.seek(0, os.SEEK_END)
    for folder in folders:
        if folder.offset + folder.packed > end:
            raise DataError(name, f"truncated archive: folder {folder.number} lies beyond its end")
