"""The file system on which results lie: this machine's, or the cluster's behind `hadoop fs`."""

import os
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from shutil import rmtree
from typing import Protocol

from streamtools.cluster.job_failure import without_stack_frames
from streamtools.errors import TransferError, UnavailableError


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

    def remove_if_empty(self, path: str) -> None:
        """Remove a directory, if it exists and nothing is in it."""


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

    def remove_if_empty(self, path: str) -> None:
        with suppress(OSError):
            os.rmdir(path)


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

    def remove_if_empty(self, path: str) -> None:
        self._call(["-rmdir", path], allowed=(0, 1))

    def _call(self, words: Sequence[str], data: bytes = b"", allowed: Sequence[int] = (0,)) -> tuple[int, bytes]:
        """Run a command of `hadoop fs`; return its status, which is one of `allowed`, and its output."""
        command = [self.hadoop, "fs", *self.options, *words]
        try:
            done = subprocess.run(command, input=data, capture_output=True)
        except OSError:
            remedy = "put hadoop on PATH, or give its path: --hadoop"
            raise UnavailableError(self.hadoop, "cannot be run", remedy) from None
        if done.returncode not in allowed:
            lines = without_stack_frames(done.stderr.splitlines())
            said = [text for line in lines if (text := line.decode("utf-8", "surrogateescape").strip())]
            raise TransferError(
                f"hadoop fs {words[0]} {words[-1]}",
                said[-1] if said else "no reason given",
                "check it with hadoop fs -ls",
            )
        return done.returncode, done.stdout
