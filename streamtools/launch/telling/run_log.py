"""The runs of this user, in a small file: what ran, when, how it ended, where its report is.

    $XDG_STATE_HOME/streamtools/runs   a line when a run starts, and one when it ends

Lines are only added, under a lock, until there are too many: then the older half goes. What goes wrong here is never
told: no job fails for its log. `run_list` reads it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from streamtools.files import try_lock
from streamtools.showing import to_show

MOST_BYTES = 1 << 18  # of the file: about 1,000 runs
LONGEST = 500  # characters of a command that are kept
TRIES, PAUSE = 20, 0.005  # of taking the lock, and seconds between two
STARTED, ENDED = "started", "ended"


class Ending:
    """How a run has ended, as far as it is known. size: bytes that it has read."""

    def __init__(self) -> None:
        self.succeeded = False
        self.size = 0


class RunLog:
    """The lines of one run. command: as it was typed; report: the path of its page, "" if it has none."""

    def __init__(self, command: str, report: str = "") -> None:
        self.key = (os.uname().nodename, os.getpid(), time.time())  # tells a run from others
        directory = _working_directory()
        _add((STARTED, *self.key, directory, report and os.path.join(directory, report), to_show(command)[:LONGEST]))

    def end(self, state: str, size: int) -> None:
        """Note how the run has ended, and how many bytes it has read."""
        _add((ENDED, *self.key, state, time.time() - self.key[-1], size))


@contextmanager
def logged(command: str, report: str = "") -> Iterator[Ending]:
    """Keep a run in the log; what is given takes how it ends. A run without command is not kept."""
    ending, log = Ending(), RunLog(command, report) if command else None
    state = "failed"
    try:
        yield ending
        state = "succeeded" if ending.succeeded else "failed"
    except (KeyboardInterrupt, SystemExit):
        state = "stopped"
        raise
    finally:
        if log:
            log.end(state, ending.size)


def log_path() -> str:
    """Return the path of the file."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return os.path.join(state, "streamtools", "runs")


def _working_directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""


def _add(fields: tuple[object, ...]) -> None:
    with suppress(OSError), _locked() as descriptor:
        if os.fstat(descriptor).st_size > MOST_BYTES:
            lines = _read_all(descriptor).splitlines(keepends=True)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, b"".join(lines[len(lines) // 2 :]))
        os.write(descriptor, ascii(fields).encode() + b"\n")


@contextmanager
def _locked() -> Iterator[int]:
    """Give a descriptor of the file, locked. Raises OSError if it cannot be had within a moment."""
    path = log_path()
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        for _ in range(TRIES):
            if try_lock(descriptor):
                break
            time.sleep(PAUSE)
        else:
            raise BlockingIOError
        yield descriptor
    finally:
        os.close(descriptor)


def _read_all(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)
