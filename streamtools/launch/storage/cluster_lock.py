"""A lock on a directory of a cluster's file system, which has none of its own: a file that only one run can make.

A run writes a file under a name of its own and renames it to `_lock`. HDFS renames no file onto another one, so that
of several runs one succeeds. The file says whose it is: that of a process of this machine that has ended is taken over.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from streamtools.errors import TransferError
from streamtools.launch.storage.file_systems import Storage
from streamtools.launch.storage.publishing import in_use
from streamtools.scratch.locking import Owner

NAME = "_lock"


class Holder(NamedTuple):
    """Who has a lock."""

    host: str
    process: int
    since: str

    def has_ended(self) -> bool:
        """Return whether it is a process of this machine that does not run any more."""
        return self.host == socket.gethostname() and not Owner(self.process, "").is_alive()


@contextmanager
def locked_on_cluster(storage: Storage, directory: str, output: str, host: str = "") -> Iterator[None]:
    """Hold the lock of a directory. Raises Refused, about `output`, if another run has it. host: this machine."""
    own = Holder(host or socket.gethostname(), os.getpid(), time.strftime("%F %T"))
    lock = f"{directory}/{NAME}"
    unlocked = f"{lock}.{own.host}.{own.process}"
    storage.write(unlocked, json.dumps(own).encode())
    try:
        if not _take(storage, unlocked, lock):
            holder = _read(storage, lock)
            is_free = holder and holder.has_ended() and _put_aside(storage, lock, holder, f"{unlocked}.ended")
            if not (is_free and _take(storage, unlocked, lock)):
                raise in_use(output, _remedy(holder, lock), holder.since if holder else "")
    except BaseException:
        _remove(storage, unlocked)
        raise
    try:
        yield
    finally:
        _remove(storage, lock)


def _take(storage: Storage, unlocked: str, lock: str) -> bool:
    try:
        storage.move(unlocked, lock)
    except TransferError:
        if storage.exists(lock):
            return False
        raise
    return True


def _read(storage: Storage, path: str) -> Holder | None:
    """Return whose a lock is; None if it has gone meanwhile."""
    try:
        host, process, since = json.loads(storage.read(path))
    except (TransferError, ValueError):
        return None
    return Holder(str(host), int(process), str(since))


def _put_aside(storage: Storage, lock: str, holder: Holder, place: str) -> bool:
    """Remove the lock of a process that has ended; return False if another run has been faster."""
    try:
        storage.move(lock, place)
    except TransferError:
        return False
    if _read(storage, place) != holder:  # that of the faster one: back with it
        storage.move(place, lock)
        return False
    storage.remove(place)
    return True


def _remedy(holder: Holder | None, lock: str) -> str:
    if holder is None:
        return "start again"
    return f"wait for it, or if process {holder.process} on {holder.host} has ended: hadoop fs -rm {lock}"


def _remove(storage: Storage, path: str) -> None:
    with suppress(TransferError):  # the directory has gone with it, or the cluster
        storage.remove(path)
