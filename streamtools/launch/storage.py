"""The file system on which results lie: this machine's, or the cluster's behind `hadoop fs`.

What is put beside an output begins with `_`, so that a job over the directory around it does not read it.
"""

import fcntl
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from shutil import rmtree
from typing import Protocol

from streamtools.errors import CannotCreateError, TransferError, UnavailableError, UsageError, in_words

MARK = "_SUCCESS"


class Storage(Protocol):
    """What is done to files and directories. Paths are as the user writes them."""

    def exists(self, path: str) -> bool:
        """Return whether there is a file or directory."""

    def names(self, path: str) -> list[str]:
        """Return the names in a directory, "" for one without a name, as of a file."""

    def read(self, path: str) -> bytes:
        """Return the content of a file."""

    def write(self, path: str, data: bytes) -> None:
        """Write a file, which appears when it is complete."""

    def make_directory(self, path: str) -> None:
        """Make a directory with its parents, unless it exists."""

    def move(self, path: str, target: str) -> None:
        """Move a directory to a path at which there is nothing."""

    def remove(self, path: str) -> None:
        """Remove a file or a directory with all in it, if it exists."""


class LocalStorage:
    """This machine's files. Methods raise OSError."""

    def exists(self, path: str) -> bool:
        return os.path.lexists(path)

    def names(self, path: str) -> list[str]:
        return sorted(os.listdir(path)) if os.path.isdir(path) and not os.path.islink(path) else [""]

    def read(self, path: str) -> bytes:
        with open(path, "rb") as file:
            return file.read()

    def write(self, path: str, data: bytes) -> None:
        with open(f"{path}.new", "wb") as file:
            file.write(data)
        os.replace(f"{path}.new", path)

    def make_directory(self, path: str) -> None:
        os.makedirs(path, exist_ok=True)

    def move(self, path: str, target: str) -> None:
        os.rename(path, target)

    def remove(self, path: str) -> None:
        if os.path.isdir(path) and not os.path.islink(path):
            rmtree(path)
        elif os.path.lexists(path):
            os.unlink(path)


class HadoopStorage:
    """The cluster's files, by `hadoop fs`. hadoop: the command; options: generic ones that select the file system.

    Methods raise TransferError with the command's last line.
    """

    def __init__(self, hadoop: str, options: Sequence[str] = ()) -> None:
        self.hadoop, self.options = hadoop, options

    def exists(self, path: str) -> bool:
        return self._call(["-test", "-e", path], allowed=(0, 1))[0] == 0

    def names(self, path: str) -> list[str]:
        listed = self._call(["-ls", path])[1].decode("utf-8", "surrogateescape").splitlines()
        paths = [fields[7] for line in listed if len(fields := line.split(None, 7)) == 8]
        return ["" if found == path else found.rpartition("/")[2] for found in paths]

    def read(self, path: str) -> bytes:
        return self._call(["-cat", path])[1]

    def write(self, path: str, data: bytes) -> None:
        self._call(["-put", "-f", "-", path], data)

    def make_directory(self, path: str) -> None:
        self._call(["-mkdir", "-p", path])

    def move(self, path: str, target: str) -> None:
        self._call(["-mv", path, target])

    def remove(self, path: str) -> None:
        self._call(["-rm", "-r", "-f", "-skipTrash", path])

    def _call(self, words: Sequence[str], data: bytes = b"", allowed: Sequence[int] = (0,)) -> tuple[int, bytes]:
        """Run a command of `hadoop fs`; return its status, which is one of `allowed`, and its output."""
        command = [self.hadoop, "fs", *self.options, *words]
        try:
            done = subprocess.run(command, input=data, capture_output=True)
        except OSError:
            remedy = "put hadoop on PATH, or give its path: --hadoop"
            raise UnavailableError(self.hadoop, "cannot be run", remedy) from None
        if done.returncode not in allowed:
            lines = done.stderr.decode("utf-8", "surrogateescape").strip().splitlines() or ["no reason given"]
            raise TransferError(f"hadoop fs {words[0]} {words[-1]}", lines[-1].strip(), "check it with hadoop fs -ls")
        return done.returncode, done.stdout


def beside(path: str, suffix: str) -> str:
    """Return the hidden path beside an output: `a/_out.new` for a/out. Raises UsageError for a path without a name."""
    folder, slash, name = path.rstrip("/").rpartition("/")
    if name in ("", ".", "..") or folder.endswith(":/"):
        raise UsageError(f"-output {path}", "nothing can lie beside it", "name a directory below it")
    return f"{folder}{slash}_{name}.{suffix}"


def publish(storage: Storage, new: str, output: str, *, overwrite: bool) -> None:
    """Let a complete directory take the place of `output`. With `overwrite` what was there is removed then, not before.

    Raises CannotCreateError if `output` exists without `overwrite`.
    """
    if not storage.exists(output):
        storage.move(new, output)
        return
    if not overwrite:
        raise CannotCreateError(output, f"has appeared in the meantime; the results are in {new}", "move one of them")
    old = beside(output, "old")
    storage.remove(old)
    storage.move(output, old)
    storage.move(new, output)
    storage.remove(old)


def check_replaceable(storage: Storage, output: str) -> None:
    """Raise CannotCreateError unless `output` is the output of a job, or empty: all else is not ours to remove.

    If a run was killed while its output took the place of an older one, that one is put back first.
    """
    old = beside(output, "old")
    if storage.exists(old):
        if storage.exists(output):
            storage.remove(old)
        else:
            storage.move(old, output)
    if not storage.exists(output):
        return
    names = storage.names(output)
    if "" in names:
        raise CannotCreateError(f"--overwrite {output}", "is not a directory", "remove it yourself, or name another")
    foreign = [name for name in names if not name.startswith(("part-", "_", "."))]
    if foreign and MARK not in names:
        problem = f"{foreign[0]} in it is not the output of a job"
        raise CannotCreateError(f"--overwrite {output}", problem, "remove it yourself, or name another directory")


@contextmanager
def locked(directory: str, output: str) -> Iterator[None]:
    """Hold a lock on a directory of this machine. Raises CannotCreateError if another process, or its child, has it."""
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise CannotCreateError(directory, in_words(error), "name another -output") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        problem = "another st-run is still writing it"
        raise CannotCreateError(output, problem, "wait for it, or end its processes") from None
    try:
        yield
    finally:
        os.close(descriptor)
