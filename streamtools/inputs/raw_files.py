"""Inputs as they are stored, before decoding: files, standard input, volumes, and other machines."""

import io
import os
import stat
from collections.abc import Iterator
from typing import BinaryIO

from streamtools.errors import UsageError
from streamtools.inputs.codecs import may_be_encoded
from streamtools.inputs.locations import STDIN, is_remote
from streamtools.inputs.read_options import OnRead

CHUNK = 1 << 18  # bytes per read: with 64 KiB `st-cat` of a plain file takes 1.1 times as long
LONGEST_MAGIC = 16  # bytes that decide the format


def open_raw(name: str) -> BinaryIO:
    """Open an input without decoding it."""
    if name == STDIN:
        return _Stdin(0, "rb", closefd=False)
    if is_remote(name):
        from streamtools.inputs.remote import Remote

        return Remote(name)  # type: ignore[return-value]
    return open(name, "rb", buffering=0)


def open_volumes(name: str, file: BinaryIO) -> BinaryIO:
    """Return an open archive itself, or all its volumes as one file if it is the first of several.

    Raises UsageError if the archive cannot be read at any offset.
    """
    from streamtools.inputs.sevenzip.volumes import Volumes, find_volumes

    if not file.seekable():
        raise UsageError(name, "a .7z archive cannot be read from a pipe", "pass the name of the file")
    paths = find_volumes(name) if name != STDIN and not is_remote(name) else []
    return Volumes(paths) if len(paths) > 1 else file  # type: ignore[return-value]


def read_head(file: BinaryIO) -> bytes:
    """Read the first bytes of a file, enough to detect its format; do not wait for more if they are plain text."""
    head = file.read(CHUNK)
    while 0 < len(head) < LONGEST_MAGIC and may_be_encoded(head) and (more := file.read(CHUNK)):
        head += more
    return head


def read_chunks(file: BinaryIO, head: bytes, on_read: OnRead | None) -> Iterator[bytes]:
    """Yield `head`, which has been read before, then the rest of the file; report the size of each chunk."""
    chunk = head
    while chunk:
        if on_read:
            on_read(len(chunk))
        yield chunk
        chunk = file.read(CHUNK)


def is_regular(file: BinaryIO) -> bool:
    """Return whether a file is a regular one, neither a pipe nor a device."""
    return stat.S_ISREG(os.fstat(file.fileno()).st_mode)


class _Stdin(io.FileIO):
    """Standard input, also if it is non-blocking: a read that finds nothing yet is not the end."""

    def read(self, size: int | None = -1, /) -> bytes:
        while (chunk := super().read(size)) is None:
            from select import select

            select([self], [], [])
        return chunk
