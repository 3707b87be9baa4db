"""Which record a task failed on: its place and its text, for the message.

    a stage of ours --tells the number of the record--> recorded input --> the record
    a command       --is run again on parts of what it was given-------> the record

Damage of the input that is found on the way is told instead: it is the cause.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple

from streamtools.errors import DataError, StreamtoolsError
from streamtools.formats.hadoop_codecs import find_suffix
from streamtools.local.input.line_reader import LineReader
from streamtools.local.input.readers import open_reader
from streamtools.local.recovery.bad_records import RecordedInput, find_bad_records
from streamtools.local.recovery.probing import TookTooLong, feeds_lines, make_key_of_line, make_probe, reads_lines
from streamtools.local.recovery.record_place import VERIFIED, RecordPlace, find_place
from streamtools.local.recovery.recording import RunTask, record
from streamtools.local.recovery.replay import STDIN, keep, note_record
from streamtools.local.recovery.state import State
from streamtools.local.stages.feeds import Range, feed_for
from streamtools.local.stages.process import InputLeft
from streamtools.local.tasks.attempt import Attempt
from streamtools.local.tasks.outcome import Failed
from streamtools.reporter import BadRecord

SECONDS = 5.0  # of CPU time for all runs of a command that look for the record
CRASHES = (132, 134, 135, 136, 139)  # exit statuses of SIGILL, SIGABRT, SIGBUS, SIGFPE and SIGSEGV
SHOWN = 200  # bytes of a record
FROM_MAPPER = "does the mapper print something else?"


class _Found(NamedTuple):
    """The record to blame: its first line, and the number of lines before it in the input of its stage."""

    text: bytes
    number: int


def explain_failure(attempt: Attempt, run: RunTask, failed: Failed, state: State, *, keeps: bool) -> Failed:
    """Return how a task failed for good, with the record that did it, as far as it can be found.

    keeps: a task whose command failed is also kept for a replay. Raises OSError for a full disk.
    """
    if isinstance(failed.error, BadRecord):
        return _explain_refusal(attempt, run, failed, failed.error)
    command = failed.command
    if not command:
        return failed
    if keeps:
        failed = failed._replace(replay=keep(attempt, run, failed, state))
    if not failed.replay or failed.without:
        return failed
    try:
        if attempt.task.is_map:
            _check_input(attempt)
        if not _may_be_searched(attempt, failed):
            return failed
        found = _search(attempt, os.path.join(failed.replay, STDIN), command.fed)
        if found:
            failed = failed._replace(record=_describe(attempt, found))
            note_record(failed.replay, failed.record)
    except DataError as error:
        return Failed(error)
    except (StreamtoolsError, TookTooLong):  # what is said without the record is true all the same
        pass
    return failed


def _explain_refusal(attempt: Attempt, run: RunTask, failed: Failed, error: BadRecord) -> Failed:
    """Return the failure of a stage of ours that told the number of the record."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="blame-", dir=attempt.scratch) as directory:
        path = os.path.join(directory, STDIN)
        feeds = () if error.role == "combiner" else (feed_for(error.role, partial(_first_lines, number=error.line)),)
        record(attempt, run, error.role, path, None, *feeds)
        text = _read_line(path, error.line - 1)
    if text is None:
        return failed
    if error.role != "mapper":
        if " of key " in error.problem:  # the reducer has told it
            return failed._replace(error=DataError("", error.problem, error.remedy))
        key, _, value = text.partition(attempt.job.properties.reduce_input.separator)
        problem = f"value {'' if error.problem.startswith(show(value)) else f'{show(value)}: '}{error.problem}"
        return failed._replace(error=DataError(f"key {show(key)}", problem, f"{error.remedy}; {FROM_MAPPER}"))
    try:
        place_ = find_place(attempt.job, attempt.task.split, error.line - 1) if attempt.task.split else None
    except DataError as damage:
        return Failed(damage)
    if place_ is None:
        return failed
    where = _with_number(attempt, place_, error.line)
    told = DataError(where, error.problem, error.remedy)
    return failed._replace(error=told, record=_with_byte(place_, show(text)))


def _first_lines(blocks: Iterable[bytes], number: int) -> Iterator[bytes]:
    """Yield blocks until they hold a number of lines."""
    for block in blocks:
        yield block
        number -= block.count(b"\n")
        if number <= 0:
            return


def _read_line(path: str, number: int) -> bytes | None:
    """Return a line of a file by its number, from 0; None if it has fewer."""
    try:
        with open(path, "rb") as file:
            for at, line in enumerate(file):
                if at == number:
                    return line.rstrip(b"\n")
    except FileNotFoundError:
        pass
    return None


def _may_be_searched(attempt: Attempt, failed: Failed) -> bool:
    """Return whether the command failed by itself, and its input is lines."""
    error = failed.command
    if error is None or isinstance(error, InputLeft) or error.role != attempt.task.role or not feeds_lines(attempt.job):
        return False
    status = error.status
    return status is not None and ((status < 126 and not error.remedy) or status in CRASHES)


def _check_input(attempt: Attempt) -> None:
    """Read what may follow in a compressed file, up to a bound. Raises DataError if it is damaged."""
    split = attempt.task.split
    if not split or split.share or not find_suffix(split.path):
        return
    reader = open_reader(attempt.job, split)
    left = VERIFIED
    if isinstance(reader, LineReader):
        for block in reader.blocks():
            left -= len(block)
            if left < 0:
                return


def _search(attempt: Attempt, path: str, fed: int) -> _Found | None:
    """Return the record on which a command died that had been given `fed` bytes of a file."""
    with RecordedInput(path, make_key_of_line(attempt)) as given:
        probe = make_probe(attempt, given, seconds=SECONDS)
        found: Range | None = next(find_bad_records(given, probe, given.position(fed, ())), None)
        if found is None:
            return None
        start, end = found
        number = sum(piece.count(b"\n") for piece in given.pieces(0, start))
        return _Found(bytes(given.data[start : min(given.end_of_line(start), end)]).rstrip(b"\n"), number)


def _describe(attempt: Attempt, found: _Found) -> str:
    """Return the place of a record and what it is."""
    task = attempt.task
    if not task.is_map or not task.split:
        key, separator, value = found.text.partition(attempt.job.properties.reduce_input.separator)
        return f"key {show(key)}" + (f", its first value {show(value)}" if separator else "")
    if not reads_lines(attempt.job):
        return show(found.text)
    place = find_place(attempt.job, task.split, found.number)
    return f"{_with_number(attempt, place, found.number + 1)}: {_with_byte(place, show(found.text))}"


def _with_number(attempt: Attempt, place: RecordPlace, number: int) -> str:
    """Return a place in words; in a part of a compressed file a record is counted from the part's beginning."""
    split = attempt.task.split
    if place.line or place.offset is not None or split is None:
        return str(place)
    return f"{place}: record {number:,} after byte {split.start:,} of its packed data"


def _with_byte(place: RecordPlace, text: str) -> str:
    return f"byte {place.offset:,}: {text}" if place.line and place.offset is not None else text


def show(text: bytes) -> str:
    """Return a record in quotes, shortened."""
    shown = repr(text[:SHOWN].decode("utf-8", "backslashreplace"))
    return shown + ("..." if len(text) > SHOWN else "")
