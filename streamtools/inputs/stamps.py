"""What shows that an input has changed since it was looked at: size, time, and a sample of its bytes.

A file that has only grown still holds all that was planned to be read, as a log does that is being written: it counts
as unchanged, as in Hadoop, which reads up to the planned end. A file that is gone cannot be looked at again: whoever
had not opened it has failed, and whoever had has read it to its end.
"""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO, NamedTuple

from streamtools.errors import DataError, StreamtoolsError
from streamtools.inputs.codecs import SEVENZIP_NAME
from streamtools.inputs.locations import is_remote

BLOCK = 1 << 12  # bytes of a block of a sample
LEAST, MOST = 4, 64  # blocks in the sample of a file; of all files together MOST, if that leaves each LEAST of them
REMEDY = "run it again when nothing writes to it"


class Stamp(NamedTuple):
    """A file as it was once, or an input of another machine; then `tag` is what its server calls this version of it.

    blocks: how many were sampled, spread evenly from the first to the last.
    """

    path: str
    size: int
    time: int = 0
    blocks: int = 0
    sample: str = ""
    tag: str = ""


def stamp_inputs(paths: Iterable[str]) -> dict[str, tuple[Stamp, ...]]:
    """Return for each input the stamps of its files, of which only archives in volumes have several.

    What is neither a regular file nor on another machine, like a pipe, has none.
    """
    names = list(dict.fromkeys(paths))
    blocks = min(max(MOST // max(len(names), 1), LEAST), MOST)
    return {name: _stamp_input(name, blocks) for name in names}


def check_inputs(stamps: Mapping[str, Sequence[Stamp]]) -> None:
    """Raise DataError if an input is not what it was when it was stamped; one that has only grown is."""
    for before in (each for of_input in stamps.values() for each in of_input):
        if problem := _find_change(before):
            raise DataError(before.path, f"{problem} while it was read", REMEDY)


@contextmanager
def watched(name: str, file: BinaryIO, head: bytes) -> Iterator[None]:
    """Raise DataError at the end of the block if an open file was cut short or overwritten in it; growth is no change.

    head: its first bytes. Of an archive in volumes all of them are looked at.
    """
    descriptor = os.dup(file.fileno())  # `open_volumes` closes that of an archive
    try:
        before = os.fstat(descriptor)
        volumes = stamp_inputs([name]) if SEVENZIP_NAME.fullmatch(name) else {}
        yield
        now = os.fstat(descriptor)
        problem = find_change(Stamp(name, before.st_size, before.st_mtime_ns), now.st_size, now.st_mtime_ns)
        if not problem and now.st_size > before.st_size and os.pread(descriptor, len(head), 0) != head:
            problem = "was overwritten"
    finally:
        os.close(descriptor)
    if problem:
        raise DataError(name, f"{problem} while it was read", REMEDY)
    if len(volumes.get(name, ())) > 1:
        check_inputs(volumes)


def stamp_file(path: str, blocks: int = LEAST) -> Stamp | None:
    """Return the stamp of a regular file; None if there is none, or it cannot be read."""
    with suppress(OSError):
        state = os.stat(path)
        if stat.S_ISREG(state.st_mode):
            return Stamp(path, state.st_size, state.st_mtime_ns, blocks, _take_sample(path, state.st_size, blocks))
    return None


def find_change(before: Stamp, size: int, time: int) -> str:
    """Return in words how a file of this size and time differs from what it was; empty if it may only have grown."""
    if size < before.size:
        return f"was cut short from {before.size:,} to {size:,} bytes"
    return "was changed" if size == before.size and time != before.time else ""


def _stamp_input(path: str, blocks: int) -> tuple[Stamp, ...]:
    if is_remote(path):
        return _stamp_remote(path)
    names = [path]
    if SEVENZIP_NAME.fullmatch(path):
        from streamtools.inputs.sevenzip.volumes import find_volumes

        names = find_volumes(path)
    return tuple(stamp for stamp in (stamp_file(name, blocks) for name in names) if stamp)


def _stamp_remote(uri: str) -> tuple[Stamp, ...]:
    """Return the stamp of an input on another machine; none if its server tells neither its length nor its version."""
    from streamtools.inputs.remote import Remote

    with suppress(StreamtoolsError), Remote(uri) as file:
        size = file.seek(0, os.SEEK_END) if file.seekable() else -1
        if size >= 0 or file.tag:
            return (Stamp(uri, size, tag=file.tag),)
    return ()


def _find_change(before: Stamp) -> str:
    if is_remote(before.path):
        now = _stamp_remote(before.path)
        return "was changed" if now and now[0] != before else ""
    try:
        state = os.stat(before.path)
        problem = find_change(before, state.st_size, state.st_mtime_ns)
        if not problem and state.st_size > before.size:
            is_as_before = _take_sample(before.path, before.size, before.blocks) == before.sample
            problem = "" if is_as_before else "was overwritten"
    except OSError:
        return ""
    return problem


def _take_sample(path: str, size: int, blocks: int) -> str:
    """Return a digest of some blocks of the first `size` bytes of a file, of all of them if they are few."""
    digest = hashlib.sha256()
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        if size <= blocks * BLOCK:
            digest.update(os.pread(descriptor, size, 0))
        else:
            for number in range(blocks):
                digest.update(os.pread(descriptor, BLOCK, (size - BLOCK) * number // (blocks - 1)))
    finally:
        os.close(descriptor)
    return digest.hexdigest()
