"""Damage in archives that a job leaves out: told and noted once each, however often it is met.

The notes are lines of a file among a job's intermediate data, as processes that come and go find the damage, and a job
that is continued has to count what was found before.
"""

import os
from collections.abc import Callable

from streamtools.errors import DataError
from streamtools.records import write_all
from streamtools.showing import printable

NOTES = "damaged"


def note(directory: str, say: Callable[[str], None], error: DataError) -> None:
    """Tell of damage, and note it in the directory, unless it is known there."""
    text = printable(str(error)).replace("\n", "\\n")
    if text in _known(directory):
        return
    descriptor = os.open(os.path.join(directory, NOTES), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        write_all(os.fsencode(f"{text}\n"), descriptor)
    finally:
        os.close(descriptor)
    say(f"{text}; skipped")


def count(directory: str) -> int:
    """Return how much of it was noted."""
    return len(_known(directory))


def _known(directory: str) -> set[str]:
    try:
        with open(os.path.join(directory, NOTES), "rb") as file:
            return set(os.fsdecode(file.read()).split("\n")) - {""}
    except FileNotFoundError:
        return set()
