"""What holds whatever happens: one checker for all trials.

- A tool ends in time, with a status that is allowed, and says at most so many lines; never a traceback.
- Its result is that of an undisturbed run, or there is none.
- No process and no temporary file of it is left.
"""

import fnmatch
import os
import re
import stat
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from trials import Ran, Trial

TRACEBACK = re.compile(r"Traceback \(most recent|Fatal Python error|Exception ignored|^\w*(Error|Exception): ", re.M)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
HALF_WRITTEN = ("*.unfinished", "*.partial*", "_temporary", "*.new", "*.tmp", "*._COPYING_")
USAGE, DATA, NO_INPUT, MISSING, SYSTEM, CREATE, IO = 64, 65, 66, 69, 71, 73, 74
MISTAKES = {USAGE, DATA, NO_INPUT, MISSING, SYSTEM, CREATE, IO}  # the statuses of a filter for what is not its fault
JOB_MISTAKES = {1, 5, MISSING, SYSTEM, CREATE, IO}  # those of Hadoop's job client, and of what failed around it
Result = bytes | dict[str, bytes] | None


@dataclass(frozen=True)
class Bounds:
    """What a run may do instead of succeeding.

    statuses: those it may end with, besides 0. lines: the most on stderr, None for a job, which explains its failures.
    kept: patterns of what may stay in TMPDIR if it fails.
    """

    statuses: Collection[int]
    lines: int | None = 1
    kept: tuple[str, ...] = ()


FILTER = Bounds(MISTAKES)
ENDS_WELL = Bounds((), lines=None)
JOB = Bounds(JOB_MISTAKES, lines=None, kept=("st-run-*",))


def check(trial: Trial, ran: Ran, bounds: Bounds, result: Result, right: Iterable[Result]) -> None:
    """Check all that must hold of a run that has ended. right: the results that status 0 may stand for."""
    check_manners(ran, {0, *bounds.statuses}, bounds.lines)
    if ran.status == 0:
        assert any(result == each for each in right), f"status 0, but a wrong result: {shorten(result)}"
    check_nothing_is_left(trial, bounds.kept if ran.status else ())


def check_manners(ran: Ran, statuses: Collection[int], lines: int | None = 1) -> None:
    """Check how a run ended and what it said."""
    assert ran.status is not None, "it hung"
    assert not TRACEBACK.search(ran.told), f"a traceback, with status {ran.status}:\n{ran.told}"
    assert ran.status in statuses, f"status {ran.status}, none of {sorted(statuses)}:\n{ran.told}"
    assert not (found := CONTROL.search(ran.told)), f"a raw control character {found[0]!r}:\n{ran.told!r}"
    if lines is not None:
        assert ran.told.count("\n") <= lines, f"more than {lines} lines:\n{ran.told}"
        assert ran.told or ran.status <= 0 or ran.status > 128, f"status {ran.status} without a word"


def check_nothing_is_left(trial: Trial, kept: Iterable[str] = ()) -> None:
    """Check that no process and no temporary file is left, except in TMPDIR those whose names fit a pattern."""
    left = trial.wait_for_processes()
    assert not left, f"processes left: {[command_of(pid) for pid in left]}"
    names = [name for name in os.listdir(trial.tmp) if not any(fnmatch.fnmatch(name, each) for each in kept)]
    assert not names, f"left in TMPDIR: {names}"
    unfinished = [str(path) for path in trial.here.rglob("*") if any(path.match(each) for each in HALF_WRITTEN)]
    assert not unfinished, f"half-written: {unfinished}"


def command_of(pid: int) -> str:
    """Return the command line of a process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""


def picture(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return all that a folder holds: for each path its mode, and its content or where it leads."""
    found = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            content = os.fsencode(os.readlink(path))
        else:
            content = path.read_bytes() if stat.S_ISREG(mode) else b""
        found[str(path.relative_to(folder))] = (mode, content)
    return found


def shorten(result: Result) -> str:
    """Return a result to be read in a failure."""
    if isinstance(result, dict):
        return str({name: f"{len(content)} bytes, {content[:60]!r}" for name, content in result.items()})
    return "none" if result is None else f"{len(result)} bytes, {result[:200]!r}"
