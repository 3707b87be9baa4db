"""Results that take their place when they are complete, and not before.

What is put beside an output begins with `_`, so that a job over the directory around it does not read it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from streamtools.errors import CannotCreateError, UsageError, in_words
from streamtools.files import try_lock
from streamtools.job import Refused, launch_refused
from streamtools.launch.storage.file_systems import Storage

MARK = "_SUCCESS"


def beside(path: str, suffix: str) -> str:
    """Return the hidden path beside an output: `a/_out.new` for a/out. Raises UsageError for a path without a name."""
    folder, slash, name = path.rstrip("/").rpartition("/")
    if name in ("", ".", "..") or folder.endswith(":/"):
        raise UsageError(f"-output {path}", "nothing can lie beside it", "name a directory below it")
    return f"{folder}{slash}_{name}.{suffix}"


def publish(storage: Storage, new: str, output: str, *, overwrite: bool) -> None:
    """Let a complete directory take the place of `output`. With `overwrite` what was there is removed then, not before.

    Raises Refused if `output` exists without `overwrite`.
    """
    if not storage.exists(output):
        storage.move(new, output)
        return
    if not overwrite:
        problem = f"Output directory {output} already exists: it has appeared in the meantime"
        raise launch_refused(problem, f"move it away; the results are in {new}")
    old = beside(output, "old")
    storage.remove(old)
    storage.move(output, old)
    storage.move(new, output)
    storage.remove(old)


def check_replaceable(storage: Storage, output: str) -> None:
    """Raise CannotCreateError unless `output` is the output of a job, or empty: all else is not ours to remove.

    If a run was killed while its output took the place of an older one, that one is put back first.
    """
    old = beside(output, "old")
    if storage.exists(old):
        if storage.exists(output):
            storage.remove(old)
        else:
            storage.move(old, output)
    if not storage.exists(output):
        return
    names = storage.names(output)
    if "" in names:
        raise CannotCreateError(f"--overwrite {output}", "is not a directory", "remove it yourself, or name another")
    foreign = [name for name in names if not name.startswith(("part-", "_", "."))]
    if foreign and MARK not in names:
        problem = f"{foreign[0]} in it is not the output of a job"
        raise CannotCreateError(f"--overwrite {output}", problem, "remove it yourself, or name another directory")


def in_use(output: str, remedy: str, since: str = "") -> Refused:
    """Return the refusal of a run whose output another one is writing: as if that were there already."""
    when = f" since {since}" if since else ""
    return launch_refused(f"Output directory {output} already exists: another st-run is writing it{when}", remedy)


@contextmanager
def locked(directory: str, output: str) -> Iterator[None]:
    """Hold a lock on a directory of this machine. Raises Refused if another process, or its child, has it."""
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise CannotCreateError(directory, in_words(error), "name another -output") from None
    try:
        if not try_lock(descriptor):
            raise in_use(output, "wait for it, or end its processes")
        yield
    finally:
        os.close(descriptor)
