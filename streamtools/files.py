"""Files and directories: what lies below a directory, and output that appears only when it is complete."""

from __future__ import annotations

import fcntl
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from streamtools.errors import CannotCreateError, in_words


def files_below(directory: str) -> Iterator[str]:
    """Yield all files in a directory and below it, in order, without Python's compiled ones."""
    for place, directories, names in os.walk(directory):
        directories[:] = sorted(name for name in directories if name != "__pycache__")
        yield from (os.path.join(place, name) for name in sorted(names))


def try_lock(descriptor: int) -> bool:
    """Lock an open file or directory; return False if another process, or a child that has it open, holds the lock.

    Raises OSError on a file system without locks.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def open_output(output: str | None) -> Iterator[int]:
    """Open an output and give its descriptor: a file appears under its name only if no exception is raised.

    Until then it grows beside it, so that it may be one of the inputs. None and "-" stand for standard output; a
    device or a pipe is written as it is. Raises CannotCreateError.
    """
    sys.stdout.flush()
    if output is None or output == "-":
        yield sys.stdout.fileno()
        return
    mode = os.stat(output).st_mode if os.path.exists(output) else stat.S_IFREG | 0o666
    if stat.S_ISDIR(mode):
        raise CannotCreateError(output, "is a directory", "choose a file")
    if stat.S_ISREG(mode):
        with _replace_file(output, stat.S_IMODE(mode)) as descriptor:
            yield descriptor
        return
    descriptor = os.open(output, os.O_WRONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _replace_file(path: str, mode: int) -> Iterator[int]:
    """Open a file beside `path` that takes its place at the end, and is removed if an exception is raised."""
    final = os.path.realpath(path)
    unfinished = f"{final}.{os.getpid()}.unfinished"
    try:  # a signal may come between any two lines
        try:
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        except OSError as error:
            problem = f"cannot write the output: {in_words(error)}"
            raise CannotCreateError(path, problem, "choose another output file") from error
        try:
            yield descriptor
        finally:
            os.close(descriptor)
        os.replace(unfinished, final)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(unfinished)
