"""Disks: how much is free, how fast they are, and what is said when it is not enough."""

import os
import time
from collections.abc import Sequence

from streamtools.inputs.locations import is_remote
from streamtools.units import format_size

PLACES, PIECE = 16, 1 << 20  # at which a file is read for its rate, and bytes there
TRIAL = 32 << 20  # bytes written for the rate
FASTEST = 1e10  # bytes/s, where reading took no time that can be measured


def free(directory: str) -> int:
    """Return the bytes that are free for us on the disk of a directory."""
    state = os.statvfs(directory)
    return state.f_bavail * state.f_frsize


def read_rate(paths: Sequence[str]) -> float:
    """Return at how many bytes per second the largest of the files is read, from the disk or from the cache."""
    here = [path for path in paths if not is_remote(path)]
    if not here:
        return FASTEST
    path = max(here, key=os.path.getsize)
    size, read = os.path.getsize(path), 0
    began = time.monotonic()
    with open(path, "rb", buffering=0) as file:
        for place in range(PLACES):
            read += len(os.pread(file.fileno(), PIECE, size * place // PLACES))
    return max(read, 1) / max(time.monotonic() - began, read / FASTEST, 1e-9)


def write_rate(directory: str) -> float:
    """Return at how many bytes per second the disk of a directory takes data."""
    from tempfile import TemporaryFile

    began = time.monotonic()
    with TemporaryFile(dir=directory) as file:
        file.write(bytes(TRIAL))
        file.flush()
        os.fsync(file.fileno())
    return TRIAL / max(time.monotonic() - began, TRIAL / FASTEST)


def warning(spilled: int, free: int, directory: str) -> str:
    """Return a warning that intermediate data will not fit the disk."""
    needed = f"the job needs about {format_size(spilled)} in {directory}, where {format_size(free)} are free"
    return f"warning: {needed}; free some, name another directory with --work-dir, or use a combiner"
