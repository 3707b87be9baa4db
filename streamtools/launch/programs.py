"""Where the commands of a job find our own executables, such as st-map and st-sort."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from zlib import crc32

from streamtools.errors import StreamtoolsError
from streamtools.files import open_output
from streamtools.records import write_all

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # a directory, or streamtools.pyz
TOOLS = ("st-cat", "st-pack", "st-map", "st-combine", "st-sort", "st-reduce", "st-run", "st-hadoop")


def find_programs(started: str = "") -> str:
    """Return the directory of our executables: beside the one that was started, in the checkout, or beside Python.

    If there is none, as when streamtools.pyz or `python3 -m streamtools` runs, it is a directory of the user's cache
    with a script for each. started: path of this process's program. Return "" if that cannot be written.
    """
    return next((place for place in _places(started) if _has_programs(place)), "") or _write_starters()


def _places(started: str) -> Iterator[str]:
    if os.path.isfile(ROOT):
        return
    if started:
        yield os.path.dirname(os.path.abspath(started))
        yield os.path.dirname(os.path.realpath(started))
    yield os.path.join(ROOT, "bin")
    yield os.path.dirname(sys.executable)


def _has_programs(place: str) -> bool:
    return os.path.isfile(os.path.join(place, "st-map"))


def start_words(tool: str) -> list[str]:
    """Return the words of a command that runs one of our executables where none is installed."""
    if os.path.isfile(ROOT):
        return [sys.executable, ROOT, tool]
    return ["env", f"PYTHONPATH={ROOT}", sys.executable, "-m", "streamtools", tool]


def _write_starters() -> str:
    """Write a script for each of our executables; return their directory, "" if it cannot be written.

    It stays, as a failed task can be run again later; its name tells this Python and this place apart from others.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    place = os.path.join(cache, "streamtools", f"programs-{crc32(os.fsencode(f'{sys.executable} {ROOT}')):08x}")
    try:
        os.makedirs(place, mode=0o700, exist_ok=True)
        for tool in TOOLS:
            _write_script(os.path.join(place, tool), start_words(tool))
    except (OSError, StreamtoolsError):
        return ""
    return place


def _write_script(path: str, words: Sequence[str]) -> None:
    """Write a script that runs a command with its own arguments, unless it is there."""
    text = os.fsencode(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    try:
        with open(path, "rb") as file:
            if file.read() == text:
                return
    except FileNotFoundError:
        pass
    with open_output(path) as descriptor:
        os.fchmod(descriptor, 0o755)
        write_all(text, descriptor)
