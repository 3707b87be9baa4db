"""All that a process has started, however deep and in whatever session, found by the parents that /proc names.

Where there is no /proc nothing is found, and process groups have to do.
"""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import cache

PR_SET_CHILD_SUBREAPER = 36  # of linux/prctl.h


def adopt_orphans() -> None:
    """Become the parent of all descendants whose own parent ends, on Linux; else nothing changes.

    What is forked does not become one by that.
    """
    if prctl := find_prctl():
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@cache
def find_prctl() -> Callable[..., int] | None:
    """Return the system call of this name, None where there is none. Takes 3 ms, in a process forked later nothing."""
    with suppress(ImportError, OSError, AttributeError):
        import ctypes

        return ctypes.CDLL(None).prctl
    return None


def kill_descendants(root: int) -> None:
    """Kill all that a process has started, until nothing new is found: what was killed starts nothing any more."""
    killed: set[int] = set()
    while found := set(find_descendants(root)) - killed:
        for process in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        killed |= found


def end_children() -> None:
    """Kill all that this process has started and that still runs."""
    with suppress(ChildProcessError):  # the common case, and a cheap one: there is no child
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
        kill_descendants(os.getpid())


def find_descendants(*roots: int) -> list[int]:
    """Return all that some processes have started and that still runs."""
    children: dict[int, list[int]] = {}
    for process, parent in _living().items():
        children.setdefault(parent, []).append(process)
    found = list(roots)
    for process in found:
        found += children.pop(process, [])
    return found[len(roots) :]


def _living() -> dict[int, int]:
    """Map each process to its parent; what has ended and only waits to be noticed by it is left out."""
    parents = {}
    with suppress(FileNotFoundError):
        for name in os.listdir("/proc"):
            with suppress(OSError, ValueError):
                process = int(name)
                state, parent = read_stat(process)[:2]
                if state not in (b"Z", b"X"):
                    parents[process] = int(parent)
    return parents


def read_stat(process: int) -> list[bytes]:
    """Return what /proc tells of a process, from its state on. Raises OSError if it has ended."""
    with open(f"/proc/{process}/stat", "rb") as file:
        return file.read().rpartition(b")")[2].split()  # a name may hold spaces and brackets
