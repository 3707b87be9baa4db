"""The log of runs, read: each run with how it has ended."""

from __future__ import annotations

import os
import time
from ast import literal_eval
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from streamtools.launch.telling.run_log import STARTED, log_path
from streamtools.scratch.locking import Owner
from streamtools.units import format_seconds, format_size


class Run(NamedTuple):
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
            runs[key] = runs[key]._replace(state=line.state, seconds=line.seconds, size=line.size)
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


def _is_running(key: _Key) -> bool:
    """Return whether the process of a run is there; of one on another machine it is taken for granted for a day."""
    if key.host != os.uname().nodename:
        return time.time() - key.started < 86400
    return Owner(key.process, "").is_alive()


def _read() -> Iterator[_Start | _End]:
    """Yield the lines that are whole."""
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
