"""The runs of this user, in a small file: what ran, when, how it ended, where its report is.

    $XDG_STATE_HOME/streamtools/runs   a line when a run starts, and one when it ends

Lines are only added, under a lock, until there are too many: then the older half goes. What goes wrong here is never
told: no job fails for its log.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import NamedTuple

from streamtools.files import try_lock
from streamtools.showing import to_show
from streamtools.units import format_seconds, format_size

MOST_BYTES = 1 << 18  # of the file: about 1,000 runs
LONGEST = 500  # characters of a command that are kept
TRIES, PAUSE = 20, 0.005  # of taking the lock, and seconds between two
STARTED, ENDED = "started", "ended"


@dataclass(frozen=True)
class Run:
    """A run. started: seconds since 1970. state: "running", "succeeded", "failed" or "stopped"; size: bytes read."""

    started: float
    state: str
    seconds: float
    size: int
    report: str
    directory: str
    command: str


class _Key(NamedTuple):
    """What tells a run from others: where and when it started."""

    host: str
    process: int
    started: float


class _Start(NamedTuple):
    key: _Key
    directory: str
    report: str
    command: str


class _End(NamedTuple):
    key: _Key
    state: str
    seconds: float
    size: int


class RunLog:
    """The lines of one run. command: as it was typed; report: the path of its page, "" if it has none."""

    def __init__(self, command: str, report: str = "") -> None:
        self.key = _Key(os.uname().nodename, os.getpid(), time.time())
        directory = _working_directory()
        _add((STARTED, *self.key, directory, report and os.path.join(directory, report), to_show(command)[:LONGEST]))

    def end(self, state: str, size: int) -> None:
        """Note how the run has ended, and how many bytes it has read."""
        _add((ENDED, *self.key, state, time.time() - self.key.started, size))


@dataclass
class Ending:
    """How a run has ended, as far as it is known. size: bytes that it has read."""

    succeeded: bool = False
    size: int = 0


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


def read_runs() -> list[Run]:
    """Return the runs, the oldest first."""
    runs: dict[_Key, Run] = {}
    for line in _read():
        key = line.key
        if isinstance(line, _Start):
            state = "running" if _is_running(key) else "stopped"
            since = time.time() - key.started
            runs[key] = Run(key.started, state, since, 0, line.report, line.directory, line.command)
        elif key in runs:
            runs[key] = replace(runs[key], state=line.state, seconds=line.seconds, size=line.size)
    return list(runs.values())


def describe_runs(runs: Sequence[Run]) -> Iterator[str]:
    """Yield a line for each run: when, state, time, bytes read, command; and one for its report."""
    for run in runs:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.started))
        seconds = format_seconds(run.seconds) if run.state != "stopped" else "-"
        size = format_size(run.size) if run.size else "-"
        yield f"{when}  {run.state:<9}  {seconds:>12}  {size:>7}  {run.command}"
        if run.report:
            yield f"{'':<18}report: {run.report}"


def log_path() -> str:
    """Return the path of the file."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return os.path.join(state, "streamtools", "runs")


def _working_directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""


def _is_running(key: _Key) -> bool:
    """Return whether the process of a run is there; of one on another machine it is taken for granted for a day."""
    if key.host != os.uname().nodename:
        return time.time() - key.started < 86400
    try:
        os.kill(key.process, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True


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


def _read() -> Iterator[_Start | _End]:
    """Yield the lines that are whole."""
    from ast import literal_eval

    try:
        with open(log_path(), "rb") as file:
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines:
        with suppress(ValueError, SyntaxError, TypeError):
            kind, *fields = literal_eval(line.decode("ascii"))
            key = _Key(*fields[:3])
            yield _Start(key, *fields[3:]) if kind == STARTED else _End(key, *fields[3:])
