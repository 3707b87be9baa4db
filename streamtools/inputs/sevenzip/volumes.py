"""An archive in several volumes, x.7z.001, x.7z.002, ..., read as one file."""

import io
import os
import re
from bisect import bisect_right
from typing import BinaryIO


def find_volumes(path: str) -> list[str]:
    """Return all volumes of an archive from its first one, `x.7z.001`: 001, 002, ... without a gap.

    Any other path is returned alone.
    """
    match = re.fullmatch(r"(.+\.)(0*1)", path)
    if not match:
        return [path]
    found: list[str] = []
    while os.path.exists(volume := f"{match[1]}{len(found) + 1:0{len(match[2])}d}"):
        found.append(volume)
    return found


def open_all_volumes(path: str) -> BinaryIO:
    """Open an archive of this machine, with all its volumes if it is the first of them."""
    paths = find_volumes(path)
    return Volumes(paths) if len(paths) > 1 else open(path, "rb", buffering=0)  # type: ignore[return-value]


class Volumes(io.RawIOBase):
    """Several files as one readable and seekable file, with one descriptor open at a time."""

    def __init__(self, paths: list[str]) -> None:
        self.paths = paths
        self.starts = [0]
        for path in paths:
            self.starts.append(self.starts[-1] + os.stat(path).st_size)
        self.position = 0
        self.current: tuple[int, BinaryIO] | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self.position, os.SEEK_END: self.starts[-1]}[whence]
        self.position = max(0, base + offset)
        return self.position

    def read(self, size: int = -1) -> bytes:
        end = self.starts[-1] if size < 0 else min(self.starts[-1], self.position + size)
        chunks = []
        while self.position < end:
            chunk = self._read_some(end - self.position)
            if not chunk:
                break
            chunks.append(chunk)
            self.position += len(chunk)
        return b"".join(chunks)

    def _read_some(self, size: int) -> bytes:
        number = bisect_right(self.starts, self.position) - 1
        if self.current is None or self.current[0] != number:
            self._close_current()
            self.current = number, open(self.paths[number], "rb", buffering=0)  # noqa: SIM115  closed by _close_current
            if self.closed:  # meanwhile, and this is a thread that decodes ahead and had not ended
                self._close_current()
                raise ValueError("read of closed volumes")
        file = self.current[1]
        file.seek(self.position - self.starts[number])
        return file.read(size)

    def _close_current(self) -> None:
        if self.current is not None:
            self.current[1].close()
            self.current = None

    def close(self) -> None:
        super().close()
        self._close_current()
