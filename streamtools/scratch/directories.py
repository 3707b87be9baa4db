"""Directories of ours in one parent: making them, finding them again, and removing those that nobody needs.

One for a single run has a name that no other run looks for. One with which a later run can go on is named after what
it is for, so that this run finds it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from streamtools.scratch.links import remove_links
from streamtools.scratch.locking import LOCK, take, take_unused

BEGAN, DONE, REPLAY = "began", ".done", "replay-"  # names of what a later run goes on with; ends and begins of some
UNNAMED = "tmp-"  # begins the names of those for a single run
NOTHING = re.compile(r"(?!)")


@contextmanager
def scratch_directory(tool: str, parent: str | None = None) -> Iterator[str]:
    """Make a directory that lasts as long as the block, and give its path.

    parent: where, None for the system's place for temporary files. Raises OSError.
    """
    parent = os.path.abspath(parent or default_parent())
    sweep(parent)
    path, lock = new_path(tool, parent), -1
    try:  # a signal may come between any two lines
        lock = take(path)
        yield path
    finally:
        dispose(path)
        if lock >= 0:
            os.close(lock)


def default_parent() -> str:
    """Return the system's place for temporary files: $TMPDIR, $TEMP, $TMP, /tmp or another."""
    usual = next(filter(None, map(os.environ.get, ("TMPDIR", "TEMP", "TMP"))), "/tmp")
    if os.path.isdir(usual) and os.access(usual, os.R_OK | os.W_OK | os.X_OK):
        return os.path.abspath(usual)
    from tempfile import gettempdir  # takes 4 ms to load

    return gettempdir()


def place_of(name: str, parent: str, tool: str = "run") -> str:
    """Return the path, in the directory `parent`, for what belongs to an output directory or to another name."""
    from hashlib import sha256

    return os.path.join(parent, f"st-{tool}-{os.getuid()}-{sha256(os.fsencode(name)).hexdigest()[:16]}")


def new_path(tool: str, parent: str) -> str:
    """Return the path of a directory for a single run, which `take` makes and `dispose` removes."""
    return os.path.join(parent, f"st-{tool}-{os.getuid()}-{UNNAMED}{os.urandom(6).hex()}")


def directories_in(parent: str) -> list[str]:
    """Return the paths of all directories in `parent` whose names are like ours, sorted."""
    try:
        return [os.path.join(parent, name) for name in _like_ours(sorted(os.listdir(parent)))]
    except OSError:
        return []


def _like_ours(names: Iterable[str]) -> list[str]:
    found = [name for name in names if name.startswith("st-")]
    if not found:
        return []
    ours = re.compile(rf"st-[a-z]+-{os.getuid()}-({UNNAMED}[0-9a-f]{{12}}|[0-9a-f]{{16}})")
    return [name for name in found if ours.fullmatch(name)]


def sweep(parent: str) -> None:
    """Remove those of our directories in `parent` in which nobody works, and with which no later run goes on."""
    for path in directories_in(parent):
        is_unnamed = UNNAMED in os.path.basename(path)
        if not is_unnamed and os.path.exists(os.path.join(path, BEGAN)):  # takes a tenth of what a look takes
            continue
        with suppress(OSError):
            if not use_of(path):
                remove(path, only_useless=True)


def remove(path: str, *, only_useless: bool = False) -> bool:
    """Remove one of our directories; return False for one that is in use, and for what is not ours.

    only_useless: also for one with which a later run goes on. Raises OSError.
    """
    lock = take_unused(path)
    if lock is None:
        return False
    try:
        if only_useless and use_of(path):
            return False
        dispose(path)
        return not os.path.lexists(path)
    finally:
        os.close(lock)


def use_of(path: str) -> str:
    """Return in words with what in a directory a later run can go on, "" if there is nothing. Raises OSError."""
    if UNNAMED in os.path.basename(path):
        return ""
    names = os.listdir(path)
    uses = []
    if done := sum(name.endswith(DONE) for name in names):
        uses.append(f"{done} finished task{'s' * (done > 1)} for --resume")
    elif BEGAN in names or _like_ours(names):
        uses.append("a begun job for --resume")
    if failed := sum(name.startswith(REPLAY) for name in names):
        uses.append(f"{failed} failed task{'s' * (failed > 1)} for --replay")
    return ", ".join(uses)


def empty(directory: str, kept: re.Pattern[str] = NOTHING) -> None:
    """Remove all in a directory that is locked, except the lock and files whose names match `kept`."""
    from shutil import rmtree

    for entry in os.scandir(directory):
        if entry.is_dir(follow_symlinks=False):
            rmtree(entry.path)
        elif entry.name != LOCK and not kept.fullmatch(entry.name):
            os.unlink(entry.path)


def dispose(path: str) -> None:
    """Remove a directory whose lock we hold: under another name, as nobody must take it while it goes away."""
    from shutil import rmtree

    with suppress(OSError):
        gone = new_path(os.path.basename(path).split("-")[1], os.path.dirname(path))
        os.rename(path, gone)
        path = gone
    remove_links(path)
    rmtree(path, ignore_errors=True)
    if os.path.lexists(path):  # a task has made directories that not even we may write in
        for place, folders, _ in os.walk(path):
            for folder in folders:
                with suppress(OSError):
                    if not os.path.islink(inner := os.path.join(place, folder)):
                        os.chmod(inner, 0o700)
        rmtree(path, ignore_errors=True)
