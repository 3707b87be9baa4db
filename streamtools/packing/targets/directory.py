"""Blobs in a directory of this machine."""

import fcntl
import os
from shutil import rmtree
from typing import BinaryIO

from streamtools.errors import CannotCreateError, in_words, naming
from streamtools.packing.targets.contract import File, Log, Target, write_and_commit
from streamtools.records import write_all

TEMPORARY = "_temporary"


class Directory(Target):
    """A directory of this machine."""

    def __init__(self, name: str) -> None:
        self.name = name

    def place(self, name: str) -> str:
        return os.path.join(self.name, name)

    def names(self) -> list[str]:
        if os.path.lexists(self.name) and not os.path.isdir(self.name):
            raise CannotCreateError(self.name, "is not a directory", "name another one")
        entries = sorted(os.listdir(self.name)) if os.path.isdir(self.name) else []
        return [name for name in entries if not name.startswith(("_", "."))]

    def read(self, name: str) -> bytes | None:
        try:
            with open(self.place(name), "rb") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def begin(self, name: str) -> File:
        os.makedirs(self.place(TEMPORARY), exist_ok=True)
        return _DirectoryFile(os.path.join(self.place(TEMPORARY), name), self.place(name))

    def put(self, name: str, data: bytes) -> None:
        write_and_commit(self.begin(name), data)

    def remove(self, name: str) -> None:
        if os.path.exists(self.place(name)):
            os.unlink(self.place(name))

    def log(self, name: str, data: bytes) -> Log:
        try:
            os.makedirs(self.name, exist_ok=True)
            lock = os.open(self.name, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise CannotCreateError(self.name, in_words(error), "name another directory") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise CannotCreateError(self.name, "another st-pack is still writing to it", "wait for it to end") from None
        rmtree(self.place(TEMPORARY), ignore_errors=True)  # of a run that was killed
        try:
            self.put(name, data)
            return _DirectoryLog(self, name, lock)
        except BaseException:
            rmtree(self.place(TEMPORARY), ignore_errors=True)
            os.close(lock)
            raise


class _DirectoryFile:
    """A file that is written in the temporary directory and moved to its name."""

    def __init__(self, temporary: str, path: str) -> None:
        self.temporary, self.path = temporary, path
        self.file: BinaryIO = open(temporary, "wb", buffering=0)  # noqa: SIM115  closed by commit or abort

    def write(self, data: bytes) -> None:
        with naming(self.path):
            write_all(data, self.file.fileno())

    def flush(self) -> None:
        with naming(self.path):
            os.fsync(self.file.fileno())

    def commit(self) -> None:
        self.file.close()
        os.replace(self.temporary, self.path)

    def abort(self) -> None:
        self.file.close()
        if os.path.exists(self.temporary):
            os.unlink(self.temporary)


class _DirectoryLog:
    """A file that is appended to, while this process holds the lock of the directory."""

    def __init__(self, directory: Directory, name: str, lock: int) -> None:
        self.directory, self.path, self.lock = directory, directory.place(name), lock
        self.file: BinaryIO = open(self.path, "ab", buffering=0)  # noqa: SIM115  closed by `close`

    def add(self, lines: bytes) -> None:
        with naming(self.path):
            write_all(lines, self.file.fileno())
        self.flush()

    def flush(self) -> None:
        with naming(self.path):
            os.fsync(self.file.fileno())

    def close(self) -> None:
        """Also remove a file that a signal left between its creation and the moment when `abort` was set up."""
        self.file.close()
        rmtree(self.directory.place(TEMPORARY), ignore_errors=True)
        os.close(self.lock)
