"""st-run --clean: directories for intermediate data that ended runs have left, listed and removed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from streamtools.records import write_all
from streamtools.scratch.directories import default_parent, directories_in, remove, use_of
from streamtools.scratch.locking import LOCK, Owner, is_in_use, owner_of
from streamtools.showing import to_show
from streamtools.units import format_seconds, format_size


class Left(NamedTuple):
    """A directory for intermediate data. age: seconds since it was last used; size: in bytes, of all in it.

    use: with what in it a later run can go on, "" for nothing. owner: who works in it, or worked there last.
    """

    path: str
    age: float
    size: int
    use: str
    owner: Owner | None


def clean(parent: str | None, confirm: Callable[[str], bool], say: Callable[[str], None], *, dry_run: bool) -> int:
    """List what ended runs have left in `parent`, None for the system's place, and remove it; return an exit status.

    confirm: asks the user. dry_run: only list. What is in use is listed, but never removed.
    """
    parent = parent or default_parent()
    left, used = find_left(parent)
    write_all(os.fsencode("".join(f"{to_show(line)}\n" for line in [*describe(left), *describe(used, in_use=True)])), 1)
    if not left:
        say(f"{parent}: nothing to remove")
        return 0
    if dry_run or not confirm(f"Remove {total(left)}?"):
        say(f"{total(left)} could be removed")
        return 0
    kept = [each for each in left if not _remove(each.path)]
    if removed := [each for each in left if each not in kept]:
        say(f"removed {total(removed)}")
    for each in kept:
        say(f"{each.path}: cannot be removed, or was just taken into use; try again")
    return 1 if kept else 0


def find_left(parent: str) -> tuple[list[Left], list[Left]]:
    """Return the directories that ended runs have left in `parent`, and those in use; the oldest first."""
    left: list[Left] = []
    used: list[Left] = []
    for path in directories_in(parent):
        with suppress(OSError):  # gone meanwhile, or another user's
            age = time.time() - os.stat(os.path.join(path, LOCK)).st_mtime
            found = Left(path, age, _size(path), use_of(path), owner_of(path))
            (used if is_in_use(path) else left).append(found)
    return sorted(left, key=lambda found: -found.age), sorted(used, key=lambda found: -found.age)


def describe(found: Sequence[Left], *, in_use: bool = False) -> list[str]:
    """Return lines about directories: path, size, age and use of each, and below it the command."""
    lines = []
    for each in found:
        use = "in use" if in_use else each.use or "of no use to a later run"
        lines.append(f"{each.path}: {format_size(each.size)}, {format_seconds(max(each.age, 0))} old, {use}")
        if each.owner:
            lines.append(f"  {each.owner}")
    return lines


def total(found: Sequence[Left]) -> str:
    """Return the number of directories and their size, in words."""
    number = "1 directory" if len(found) == 1 else f"{len(found)} directories"
    return f"{number}, {format_size(sum(each.size for each in found))}"


def _remove(path: str) -> bool:
    with suppress(FileNotFoundError):
        return remove(path)
    return True


def _size(path: str) -> int:
    return sum(os.lstat(os.path.join(place, name)).st_size for place, _, names in os.walk(path) for name in names)
