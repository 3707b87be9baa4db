"""Files and directories: what lies below a directory, and output that appears only when it is complete."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from streamtools.errors import CannotCreateError, in_words

FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC  # of a new file
NO_ANONYMOUS = {errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL}  # file systems without O_TMPFILE


def files_below(directory: str) -> Iterator[str]:
    """Yield all files in a directory and below it, in order, without Python's compiled ones."""
    for place, directories, names in os.walk(directory):
        directories[:] = sorted(name for name in directories if name != "__pycache__")
        yield from (os.path.join(place, name) for name in sorted(names))


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Lock an open file or directory; return False if another process, or a child that has it open, holds the lock.

    shared: beside others that share it. Raises OSError on a file system without locks.
    """
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def open_without_name(directory: str, mode: int = 0o600) -> int | None:
    """Open a new file without a name, which is gone when it is closed, however its process ends.

    Return None if the file system of `directory` has no such files. Raises OSError.
    """
    if sys.platform != "linux":
        return None
    try:
        return os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, mode)
    except OSError as error:
        if error.errno not in NO_ANONYMOUS:
            raise
    return None


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
    """Open a file that takes the place of `path` at the end, and goes away if an exception is raised.

    It has no name until then, so that nothing is left of it if this process is killed; where the file system has no
    such files, it has a hidden one.
    """
    final = os.path.realpath(path)
    hidden = os.path.join(os.path.dirname(final), f".{os.getpid()}-{os.urandom(4).hex()}.unfinished")
    try:  # a signal may come between any two lines
        try:
            nameless = _open_for_link(os.path.dirname(final), mode)
            descriptor = os.open(hidden, FLAGS, mode) if nameless is None else nameless
        except OSError as error:
            problem = f"cannot write the output: {in_words(error)}"
            raise CannotCreateError(path, problem, "choose another output file") from error
        try:
            yield descriptor
            is_in_place = nameless is not None and _link(nameless, final, hidden)
        finally:
            os.close(descriptor)
        if not is_in_place:
            os.replace(hidden, final)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(hidden)


def _open_for_link(directory: str, mode: int) -> int | None:
    """Open a file without a name that can be given one; return None where that is not possible."""
    descriptor = open_without_name(directory, mode)
    if descriptor is not None and not os.path.exists(f"/proc/self/fd/{descriptor}"):
        os.close(descriptor)
        return None
    return descriptor


def _link(descriptor: int, final: str, hidden: str) -> bool:
    """Name a file without a name `final`, or `hidden` if there is a file `final`; return whether it is `final`."""
    for name in (final, hidden):
        with suppress(FileExistsError):  # with src_dir_fd, whose value does not matter here, Python follows the link
            os.link(f"/proc/self/fd/{descriptor}", name, src_dir_fd=descriptor, follow_symlinks=True)
            return name == final
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), hidden)
