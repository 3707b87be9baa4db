"""Archives of -archives, unpacked one member at a time into a directory that nothing may leave.

archive --members--> checked: name, kind, room --> directories and files --> links

An archive may come from anybody, so it is refused as a whole if a member has an absolute name or one with `..`, is a
link that leads out, a device or a pipe, or lies behind a link; and if it holds more than the disk has room for. Modes
are set through the descriptors of the files written here, without set-user-ID and without write permission for others.
Python's filters for tarfile would do part of it, but some versions have none, and zipfile never has.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Generator
from contextlib import closing, suppress
from typing import IO, NamedTuple

from streamtools.job import Refused
from streamtools.records import write_all

ZIP, TAR = (".zip", ".jar"), (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
CHUNK = 1 << 20
LONGEST_HEADER = 1 << 20  # bytes of a long name or extended header of tar, which tarfile reads as a whole
LONGEST_TARGET = 4096  # bytes of a symbolic link
GROWTH = 20  # times the size of a tar file that is unpacked before all of it has been looked through

Members = Generator[tuple["Member", IO[bytes] | None], None, None]


class Unfit(Exception):
    """An archive that must not be unpacked, and why."""


class Member(NamedTuple):
    """A member of an archive.

    kind: "directory", "file", "symbolic link", "hard link"; anything else is refused.
    size: in bytes, of a file; mode: permissions, 0 if not recorded; time: of the last change; target: of a link.
    """

    name: str
    kind: str
    size: int = 0
    mode: int = 0
    time: float | None = None
    target: str = ""


def unpack(path: str, directory: str) -> str:
    """Unpack an archive (zip, jar, tar, tar.gz, tgz, tar.bz2, tar.xz) into a new directory, and return it.

    Another file is linked there as it is. If the archive is damaged or unfit, removes what was unpacked and raises
    Refused.
    """
    os.makedirs(directory)
    lower = path.lower()
    if not lower.endswith((*ZIP, *TAR)):
        os.symlink(path, os.path.join(directory, os.path.basename(path)))
        return directory
    try:
        target = _Target(directory)
        with closing(_zip_members(path, target) if lower.endswith(ZIP) else _tar_members(path, target)) as members:
            target.unpack(members)
    except BaseException as error:
        from shutil import rmtree

        rmtree(directory, ignore_errors=True)
        if not isinstance(error, Exception):
            raise
        remedy = "use an archive that you trust" if isinstance(error, Unfit) else "check the archive"
        problem = " ".join(str(error).split())
        raise Refused(f"{path}: cannot unpack it: {problem}", remedy) from None  # each library has errors of its own
    return directory


class _Target:
    """A directory that members are unpacked into. Nothing is ever written through a link in it."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.links: list[Member] = []
        disk = os.statvfs(directory)
        self.block = disk.f_frsize  # bytes that a file takes at least
        self.room = self.free = disk.f_bavail * disk.f_frsize  # bytes that are left, and that were free
        self.files = disk.f_favail if disk.f_files else None  # that can be made; None: any number

    def reserve(self, size: int) -> None:
        """Take room on the disk for a file of `size` bytes. Raises Unfit if there is not enough."""
        self.room -= -(-size // self.block) * self.block
        if self.files is not None:
            self.files -= 1
        if self.room < 0 or (self.files is not None and self.files < 0):
            place = os.path.dirname(self.directory)
            raise Unfit(f"it holds more than the disk of {place} has room for")

    def unpack(self, members: Members) -> None:
        """Unpack members, links after everything else. Raises Unfit for a member that could leave the directory."""
        for member, data in members:
            parts = _parts(member.name)
            if member.kind == "directory":
                self._place([*parts, "."])
            elif not parts:
                raise Unfit(f"a {member.kind} without a name")
            elif member.kind == "file" and data:
                self._write(self._place(parts), member, data)
            elif member.kind in ("symbolic link", "hard link"):
                check_link(member)
                self.links.append(member)
            else:
                raise Unfit(f"{member.name!r} is a {member.kind}")
        for member in self.links:
            self._link(member)

    def _place(self, parts: list[str]) -> str:
        """Return the path for the parts of a name; its directories are made. Raises Unfit if it lies behind a link."""
        place = self.directory
        for part in parts[:-1]:
            place = os.path.join(place, part)
            with suppress(FileExistsError):
                os.mkdir(place)
            if not stat.S_ISDIR(os.lstat(place).st_mode):
                raise Unfit(f"{'/'.join(parts)!r} lies behind a link or file")
        return os.path.join(place, parts[-1])

    def _write(self, path: str, member: Member, data: IO[bytes]) -> None:
        _remove(path)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        with open(descriptor, "wb", buffering=0):
            left = member.size
            while left > 0 and (chunk := data.read(min(left, CHUNK))):  # a zip file's checksum is verified at the end
                left -= len(chunk)
                write_all(chunk, descriptor)
            if left or data.read(1):
                raise Unfit(f"{member.name!r} has another length than it says")
            if member.mode:
                os.fchmod(descriptor, member.mode & (0o755 if member.mode & 0o100 else 0o644) | 0o600)
            if member.time is not None:
                with suppress(OSError, OverflowError, ValueError):  # a time that this file system cannot have
                    os.utime(descriptor, (member.time, member.time))

    def _link(self, member: Member) -> None:
        path = self._place(_parts(member.name))
        if member.kind == "hard link":
            source = self._place(_parts(member.target))
            mode = os.lstat(source).st_mode
            if stat.S_ISREG(mode):
                _remove(path)
                os.link(source, path)
                return
            if not stat.S_ISLNK(mode):
                raise Unfit(f"hard link {member.name!r} to {member.target!r}, which is not a file")
            member = member._replace(kind="symbolic link", target=os.readlink(source))
            check_link(member)  # again: from here it may lead elsewhere
        _remove(path)
        os.symlink(member.target, path)


def _remove(path: str) -> None:
    """Remove an earlier member of the same name."""
    with suppress(FileNotFoundError):
        os.unlink(path)


def _parts(name: str) -> list[str]:
    """Return the parts of a member's name. Raises Unfit for an absolute name and one with `..`."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts:
        raise Unfit(f"the name {name!r} leads out of it")
    return parts


def check_link(link: Member) -> None:
    """Raise Unfit for a link that leads out of the archive.

    The target of a symbolic link may begin with `..` as often as there are directories above it; behind that it goes
    down only. So each step stays inside, whatever other links it goes through, and in whichever order they are made.
    """
    if link.kind == "hard link":
        if not _parts(link.target):
            raise Unfit(f"hard link {link.name!r} without a target")
        return
    steps = [step for step in link.target.split("/") if step not in ("", ".")]
    up = next((number for number, step in enumerate(steps) if step != ".."), len(steps))
    if link.target.startswith("/") or up >= len(_parts(link.name)) or ".." in steps[up:]:
        raise Unfit(f"symbolic link {link.name!r} to {link.target!r} leads out of it")


def _zip_members(path: str, target: _Target) -> Members:
    """Yield the members of a zip file. A symbolic link is a file with its target for data, as Hadoop unpacks it."""
    from zipfile import ZipFile

    with ZipFile(path) as archive:
        infos = archive.infolist()
        for info in infos:
            target.reserve(info.file_size)
        for info in infos:
            mode = info.external_attr >> 16
            kind = stat.S_IFMT(mode)
            if info.is_dir():
                yield Member(info.filename, "directory"), None
            elif kind not in (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
                yield Member(info.filename, "device or pipe"), None
            else:
                if kind == stat.S_IFLNK:
                    with archive.open(info) as data:
                        text = os.fsdecode(data.read(LONGEST_TARGET))
                    check_link(Member(info.filename, "symbolic link", target=text))
                with archive.open(info) as data:
                    yield Member(info.filename, "file", info.file_size, stat.S_IMODE(mode) & 0o777), data


def _tar_members(path: str, target: _Target) -> Members:
    """Yield the members of a tar file, compressed or not.

    It has no list of them, and to look through a compressed one takes as long as to unpack it. So that is done only
    when it turns out to hold far more than its own size, or the disk is too small for as much.
    """
    import tarfile

    long_headers = (
        tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE,
    )  # fmt: skip

    class Header(tarfile.TarInfo):
        """A header that is refused before tarfile reads too much of it into memory."""

        @classmethod
        def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Header:
            header = super().frombuf(buf, encoding, errors)
            if header.type in long_headers and header.size > LONGEST_HEADER:
                raise Unfit(f"a header of {header.size:,} bytes")
            return header

    usual = GROWTH * os.path.getsize(path)
    with tarfile.open(path, tarinfo=Header) as archive:
        reserved = 0
        for number, info in enumerate(archive):
            following: tarfile.TarInfo | None = info if number == reserved else None
            while following:
                target.reserve(following.size if following.isreg() else 0)
                reserved += 1
                is_unusual = usual > target.free or target.free - target.room > usual
                following = archive.next() if is_unusual else None
            if info.isdir():
                yield Member(info.name, "directory"), None
            elif info.issym() or info.islnk():
                yield Member(info.name, "symbolic link" if info.issym() else "hard link", target=info.linkname), None
            elif info.isreg():
                yield Member(info.name, "file", info.size, info.mode, info.mtime), archive.extractfile(info)
            else:
                yield Member(info.name, "device or pipe"), None
