"""Sorted runs, each readable once: in memory, in a temporary file without a name, or from a stream."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from streamtools import records
from streamtools.errors import CannotCreateError, TransferError, UnavailableError, UsageError, in_words
from streamtools.files import open_without_name

FRAME = 1 << 15  # bytes of lines that are compressed together
NO_DESCRIPTORS = {errno.EMFILE, errno.ENFILE}


class Run(Protocol):
    """A sorted run, readable once.

    value: the common value of all its lines, which then are bare keys; None if they are whole lines. size: in bytes.
    first: its first line, without LF, if known. level: how often its lines have been merged.
    """

    value: bytes | None
    size: int
    first: bytes | None
    level: int

    def blocks(self, window: int) -> Iterator[bytes]:
        """Yield the lines in blocks of about `window` bytes; the run is gone afterwards."""
        ...

    def close(self) -> None:
        """Free memory, disk space and descriptors."""
        ...


class MemoryRun:
    """A run in memory."""

    level = 0

    def __init__(self, block: bytes, value: bytes | None) -> None:
        self.value, self.size, self._block = value, len(block), block
        self.first: bytes | None = block[: block.find(b"\n")]

    def blocks(self, window: int) -> Iterator[bytes]:
        yield from records.cut(self._block, window)
        self.close()

    def close(self) -> None:
        self._block = b""


class StreamRun:
    """A run that is an input of a merge; nothing is known of its lines before they are read."""

    value: bytes | None = None
    first: bytes | None = None
    size = level = 0

    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    def blocks(self, window: int) -> Iterator[bytes]:
        for block in self._stream:
            yield from records.cut(block, window)

    def close(self) -> None:
        self._stream = ()


class OutOfDescriptors(TransferError):
    """No more files can be opened: a reason to merge runs, or an error if there are none to merge."""

    def __init__(self) -> None:
        super().__init__("", "no file descriptors left for temporary files", "raise the limit: ulimit -n")


class RunFiles:
    """Makes runs in files: in each of the directories in turn, compressed or not.

    compression: "zst", "lz4" or None. Raises UsageError for another one, UnavailableError if its library is missing.
    """

    def __init__(self, directories: Sequence[str], compression: str | None = None) -> None:
        self._directories = itertools.cycle(directories or ["/tmp"])
        self._codec = find_codec(compression) if compression else None
        self._spare = -1
        self.reserve()

    def reserve(self) -> None:
        """Hold a descriptor back for the run into which others are merged when there are no more."""
        if self._spare < 0:
            with contextlib.suppress(OSError):  # none left: the next call tries again
                self._spare = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)

    def close(self) -> None:
        """Give the spare descriptor back."""
        spare, self._spare = self._spare, -1  # first: a signal after the closing must not let it be closed again
        if spare >= 0:
            os.close(spare)

    def new_run(self, value: bytes | None, level: int, use_spare: bool = False) -> FileRun:
        """Return an empty run in a file; `use_spare` frees the spare descriptor for it.

        Raises CannotCreateError, OutOfDescriptors.
        """
        if use_spare:
            self.close()
        return FileRun(next(self._directories), self._codec, value, level)


class FileRun:
    """A run in a temporary file, which vanishes when it is closed or this process ends."""

    def __init__(self, directory: str, codec: Codec | None, value: bytes | None, level: int) -> None:
        self.value, self.level = value, level
        self.size = 0
        self.first: bytes | None = b""
        self._directory, self._codec = directory, codec
        self._descriptor = temporary_file(directory)

    def write(self, block: bytes) -> None:
        """Append lines that sort after those before. Raises TransferError."""
        if not self.size:
            self.first = block[: block.find(b"\n")]
        try:
            if self._codec:
                for piece in records.cut(block, FRAME):
                    frame = self._codec.compress(piece)
                    records.write_all(len(frame).to_bytes(8, "big") + frame, self._descriptor)
            else:
                records.write_all(block, self._descriptor)
        except OSError as error:
            raise TransferError(
                self._directory,
                f"cannot write a temporary file: {in_words(error)}",
                "free some space, or choose another directory with -T",
            ) from error
        self.size += len(block)

    def blocks(self, window: int) -> Iterator[bytes]:
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        try:
            if self._codec:
                yield from self._frames(self._codec)
            else:
                yield from records.whole_lines(records.chunks(self._descriptor, window))
        except OSError as error:
            problem = f"cannot read a temporary file: {in_words(error)}"
            raise TransferError(self._directory, problem) from error
        self.close()

    def _frames(self, codec: Codec) -> Iterator[bytes]:
        while header := os.read(self._descriptor, 8):
            frame = os.read(self._descriptor, int.from_bytes(header, "big"))
            yield codec.decompress(frame)

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1  # first: a signal after the closing must not repeat it
        if descriptor >= 0:
            os.close(descriptor)


class Codec(NamedTuple):
    """How a run is compressed: two functions from bytes to bytes."""

    compress: Callable[[bytes], bytes]
    decompress: Callable[[bytes], bytes]


def find_codec(name: str) -> Codec:
    """Return the codec "zst" or "lz4".

    Raises UsageError for another name, UnavailableError if its library is missing.
    """
    try:
        if name == "lz4":
            import lz4.frame

            return Codec(lz4.frame.compress, lz4.frame.decompress)
        if name != "zst":
            raise UsageError("--compress-runs", f"unknown codec {name!r}", "use zst or lz4")
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError:
        library = "lz4" if name == "lz4" else "backports.zstd"
        raise UnavailableError(
            "--compress-runs", f"{name} needs the package {library}", f"pip install {library}"
        ) from None
    return Codec(lambda data: zstd.compress(data, 1), zstd.decompress)


def temporary_file(directory: str) -> int:
    """Open a file that has no name, so that nothing is left however this process ends.

    Raises CannotCreateError, OutOfDescriptors.
    """
    try:
        return _anonymous_file(directory)
    except OSError as error:
        if error.errno in NO_DESCRIPTORS:
            raise OutOfDescriptors from error
        problem = f"cannot make temporary files: {in_words(error)}"
        raise CannotCreateError(directory, problem, "choose another directory with -T") from error


def _anonymous_file(directory: str) -> int:
    if (descriptor := open_without_name(directory)) is not None:
        return descriptor
    name = os.path.join(directory, f".st-sort-{os.getpid()}-{os.urandom(8).hex()}")
    descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    os.unlink(name)
    return descriptor


def check_directories(directories: Iterable[str]) -> None:
    """Raise CannotCreateError for the first directory that does not exist or cannot be written to."""
    for directory in directories:
        if not os.path.isdir(directory) or not os.access(directory, os.W_OK | os.X_OK):
            raise CannotCreateError(directory, "cannot make temporary files", "choose another directory with -T")
