"""The lock of a directory: held by the process that works in it, and by those that it forks, to their ends.

So it is free when the last of them has ended, however it ended. The file says which process has taken it.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from contextlib import suppress
from typing import NamedTuple

from streamtools.files import try_lock
from streamtools.showing import to_show

LOCK = "lock"
GLANCE = 0.3  # seconds for which another process may look whether a directory can go
PATIENCE = 5.0  # seconds for the processes of an owner that was killed to notice it and to end
PAUSE = 0.02  # seconds between two tries
LONGEST_COMMAND = 2000  # characters


class Owner(NamedTuple):
    """The process that works, or worked last, in a directory. command: its command line, fit to show."""

    process: int
    command: str

    def is_alive(self) -> bool:
        """Return whether there is a process of this number, of whichever user."""
        try:
            os.kill(self.process, 0)
        except OSError as error:
            return error.errno != errno.ESRCH
        return True

    def __str__(self) -> str:
        return f"process {self.process}: {self.command}" if self.command else f"process {self.process}"


class InUse(OSError):
    """Another process works in a directory. who: that process in words, to stand within a line."""

    def __init__(self, path: str, owner: Owner | None) -> None:
        self.who = str(owner or "a process that has just begun")
        if owner and not owner.is_alive():
            self.who = f"what {owner}, which has ended, had started"
        super().__init__(errno.EBUSY, f"in use by {self.who}", path)


def make_private(directory: str) -> None:
    """Make a directory that is ours alone, or accept it as it is there. Raises OSError for anything else, also a link.

    Its name can be guessed, so that another user may have made it before: nothing is written or believed in it then.
    """
    os.makedirs(os.path.dirname(directory), exist_ok=True)
    with suppress(FileExistsError):
        os.mkdir(directory, mode=0o700)
    found = os.lstat(directory)
    if not stat.S_ISDIR(found.st_mode):
        raise PermissionError(errno.EPERM, "is not a directory")
    if not _is_private(found):
        raise PermissionError(errno.EPERM, "belongs to another user, or others can write in it")


def take(path: str, *, shared: bool = False) -> int:
    """Make a directory, or accept one of ours that is there, and lock it. Return the descriptor that holds the lock.

    The processes of an owner that was killed are waited for. shared: beside others that take it so. Raises InUse;
    OSError if it is not ours, see `make_private`.
    """
    began = time.monotonic()
    while True:
        owner = None
        with suppress(FileNotFoundError):  # it was removed between two steps
            make_private(path)
            lock = _open_lock(path)
            try:
                if _try_lock(lock, shared) and _is_in(lock, path):
                    _sign(lock, shared)
                    return lock
                owner = _read_owner(lock)
            except BaseException:
                os.close(lock)
                raise
            os.close(lock)
        patience = GLANCE if owner is None or owner.is_alive() else PATIENCE
        if time.monotonic() - began > patience:
            raise InUse(path, owner)
        time.sleep(PAUSE)


def take_unused(path: str) -> int | None:
    """Lock a directory if it is ours and nobody works in it; return the descriptor that holds the lock, or None.

    Raises OSError on a file system without locks, and for what has just gone away.
    """
    found = os.lstat(path)
    if not (stat.S_ISDIR(found.st_mode) and _is_private(found)):
        return None
    names = os.listdir(path)
    if names and LOCK not in names:  # not made by us; an empty one may be about to get its lock
        return None
    lock = _open_lock(path)
    is_free = False
    try:
        is_free = try_lock(lock) and _is_in(lock, path)
    finally:
        if not is_free:
            os.close(lock)
    return lock if is_free else None


def is_in_use(path: str) -> bool:
    """Return whether a process works in a directory, or it is not ours, or that cannot be told."""
    try:
        lock = take_unused(path)
    except OSError:
        return True
    if lock is not None:
        os.close(lock)
    return lock is None


def owner_of(path: str) -> Owner | None:
    """Return who works in a directory, or worked there last; None if that is not known."""
    try:
        lock = os.open(os.path.join(path, LOCK), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return _read_owner(lock)
    finally:
        os.close(lock)


def _is_private(found: os.stat_result) -> bool:
    return found.st_uid == os.getuid() and not found.st_mode & 0o022


def _open_lock(path: str) -> int:
    return os.open(os.path.join(path, LOCK), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _try_lock(lock: int, shared: bool) -> bool:
    try:
        return try_lock(lock, shared=shared)
    except OSError:  # a file system without locks; as nothing there can be known to be unused, nothing is removed
        return True


def _is_in(lock: int, path: str) -> bool:
    """Return whether a lock is the one in a directory, which may have been removed, or made anew, meanwhile."""
    try:
        return os.path.samestat(os.fstat(lock), os.lstat(os.path.join(path, LOCK)))
    except OSError:
        return False


def _sign(lock: int, shared: bool) -> None:
    """Write into a lock who has it; of several who share it, the first one does."""
    if shared and os.fstat(lock).st_size:
        return
    from shlex import join

    words = [os.path.basename(sys.argv[0]), *sys.argv[1:]]
    text = to_show(join(words)).replace("\n", "\\n")[:LONGEST_COMMAND]
    os.ftruncate(lock, 0)
    os.pwrite(lock, b"%d\n%s\n" % (os.getpid(), os.fsencode(text)), 0)


def _read_owner(lock: int) -> Owner | None:
    process, _, command = os.fsdecode(os.pread(lock, 4 * LONGEST_COMMAND, 0)).partition("\n")
    return Owner(int(process), command.rstrip("\n")) if process.isdecimal() and process.isascii() else None
