"""Files read at any offset, from any thread."""

import io
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Lock
from typing import BinaryIO

from streamtools.inputs.read_options import OnRead

ReadAt = Callable[[int, int], bytes]  # (offset, size) -> up to size bytes, fewer only at the end of the file
UNREPORTED = 64  # reads of up to so many bytes look at headers; what they read is read again by a decoder


@contextmanager
def open_at_any_offset(path: str, on_read: OnRead | None = None) -> Generator[tuple[ReadAt, int], None, None]:
    """Open a file of this machine; give the function that reads it, and its size in bytes."""
    with open(path, "rb", buffering=0) as file:
        yield make_reader(file, on_read), os.fstat(file.fileno()).st_size


def make_reader(file: BinaryIO, on_read: OnRead | None) -> ReadAt:
    """Return a function that reads an open file: by pread if it has a descriptor, else by seek and read in turns."""
    descriptor = file.fileno() if isinstance(file, io.FileIO) else None
    turn = Lock()

    def read(offset: int, size: int) -> bytes:
        if descriptor is not None:
            chunk = os.pread(descriptor, size, offset)
        else:
            with turn:
                chunk = read_at(file, offset, size)
        if on_read and size > UNREPORTED:
            on_read(len(chunk))
        return chunk

    return read


def read_at(file: BinaryIO, offset: int, size: int) -> bytes:
    """Read up to `size` bytes from an offset, fewer only at the end of the file."""
    file.seek(offset)
    chunks = []
    while size > 0 and (chunk := file.read(size)):
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)
