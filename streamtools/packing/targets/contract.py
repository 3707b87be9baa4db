"""The contract of a target: a place for files by name, each of which is there completely or not at all."""

from collections.abc import Iterator
from typing import Protocol

from streamtools.inputs import ReadOptions, open_inputs

MANIFEST = "_manifest.tsv"


class File(Protocol):
    """A file that is being written."""

    def write(self, data: bytes) -> None:
        """Append bytes."""

    def flush(self) -> None:
        """Wait until the bytes are on the disk, if the target can."""

    def commit(self) -> None:
        """Give the file its name."""

    def abort(self) -> None:
        """Remove what was written."""


class Log(Protocol):
    """A file that grows by lines."""

    def add(self, lines: bytes) -> None:
        """Append lines; they may be in the file only after `flush`."""

    def flush(self) -> None:
        """Write the lines that are not in the file yet."""

    def close(self) -> None:
        """End the growth of the file, and release what protects it."""


class Target(Protocol):
    """A place for files by name."""

    name: str

    def place(self, name: str) -> str:
        """Return the path or URI of a file."""

    def names(self) -> list[str]:
        """Return the blobs that are there; a target without listings knows only those in its manifest."""

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a file. Raises NoInputError if it is missing."""
        return open_inputs([self.place(name)], ReadOptions(format="plain"))

    def read(self, name: str) -> bytes | None:
        """Return all bytes of a file, None if it is missing."""

    def begin(self, name: str) -> File:
        """Begin a file, which has its name only after `commit`."""

    def put(self, name: str, data: bytes) -> None:
        """Write a file at once, over one of this name."""

    def remove(self, name: str) -> None:
        """Remove a file if it is there. Raises CannotCreateError if the target cannot."""

    def log(self, name: str, data: bytes) -> Log:
        """Begin a log that holds `data`. Raises CannotCreateError if another st-pack is writing to this target."""


def write_and_commit(file: File, data: bytes) -> None:
    """Write all bytes of a file and give it its name; remove it if that fails."""
    try:
        file.write(data)
        file.flush()
    except BaseException:
        file.abort()
        raise
    file.commit()
