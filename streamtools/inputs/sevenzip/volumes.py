"""An archive cut into volumes, x.7z.001, x.7z.002, ..., read as one file."""

import io
import os
import re
from bisect import bisect_right
from typing import BinaryIO


def volumes(path: str) -> list[str]:
    """All volumes of the archive whose first volume `x.7z.001` is given: 001, 002, ... as far as they are there."""
    match = re.fullmatch(r"(.+\.)(0*1)", path)
    if not match:
        return [path]
    found: list[str] = []
    while os.path.exists(volume := f"{match[1]}{len(found) + 1:0{len(match[2])}d}"):
        found.append(volume)
    return found


def open_volumes(path: str) -> BinaryIO:
    """An archive of this machine, with all its volumes if it is the first of them."""
    paths = volumes(path)
    return Volumes(paths) if len(paths) > 1 else open(path, "rb", buffering=0)  # type: ignore[return-value]


class Volumes(io.RawIOBase):
    """Several files as if they were one: readable and seekable, one descriptor open at a time."""

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
        pieces = []
        while self.position < end:
            piece = self._read_some(end - self.position)
            if not piece:
                break
            pieces.append(piece)
            self.position += len(piece)
        return b"".join(pieces)

    def _read_some(self, size: int) -> bytes:
        number = bisect_right(self.starts, self.position) - 1
        if self.current is None or self.current[0] != number:
            self.close_current()
            self.current = number, open(self.paths[number], "rb", buffering=0)  # noqa: SIM115  closed by us
            if self.closed:  # meanwhile, while a thread that decodes ahead had not ended
                self.close_current()
                raise ValueError("read of closed volumes")
        file = self.current[1]
        file.seek(self.position - self.starts[number])
        return file.read(size)

    def close_current(self) -> None:
        if self.current is not None:
            self.current[1].close()
            self.current = None

    def close(self) -> None:
        super().close()
        self.close_current()
