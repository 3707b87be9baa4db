"""The command of an attempt, run again on a part of its recorded input, its output dropped."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from streamtools.java import class_names
from streamtools.job import Job
from streamtools.local.recovery.bad_records import Probe, RecordedInput
from streamtools.local.recovery.recording import muted
from streamtools.local.stages.feeds import Range, leave_out
from streamtools.local.stages.process import CommandFailed, InputLeft
from streamtools.local.tasks.attempt import Attempt

LINE_FORMATS = (class_names.TEXT_INPUT, class_names.NLINE_INPUT, class_names.KEY_VALUE_INPUT, class_names.STREAM_INPUT)


SLOWEST = 12  # times their CPU seconds that commands may take


class TookTooLong(Exception):
    """The commands took more time than they were given."""


def reads_lines(job: Job) -> bool:
    """Return whether the records of the input are lines, one for each line of the mapper's stdin."""
    return job.input_format in LINE_FORMATS and not job.reads_xml and job.properties.input.delimiter is None


def feeds_lines(job: Job) -> bool:
    """Return whether mapper and reducer read lines of text."""
    streams = [job.properties.map_input, *([job.properties.reduce_input] if job.reduces else [])]
    return all(stream.io_format in ("text", "keyonlytext") for stream in streams)


def make_probe(attempt: Attempt, given: RecordedInput, bad: Sequence[Range] = (), seconds: float = 0) -> Probe:
    """Return a function that runs the attempt's command on a range of its input, without the bad records.

    The function raises TookTooLong when all its runs have taken more than `seconds` of CPU time, if these are not 0, or
    SLOWEST times as long: a machine that is busy makes no difference.
    """
    role = attempt.task.role
    stage = attempt.job.mapper if attempt.task.is_map else attempt.job.reducer
    until = time.monotonic() + SLOWEST * seconds if seconds else float("inf")
    enough = _commands_cpu() + seconds if seconds else float("inf")

    def probe(start: int, end: int) -> int | None:
        if _commands_cpu() > enough:
            raise TookTooLong
        ranges = [(first - start, last - start) for first, last in sorted(bad) if first >= start]
        stdin = _until(until, leave_out(given.pieces(start, end), ranges))
        with muted(attempt) as again:
            try:
                for _ in _until(until, again.runner.run_command(role, stage.text, stdin, SLOWEST * seconds)):
                    pass
            except InputLeft:
                return None
            except CommandFailed as error:
                if seconds and error.status is None:  # it hung
                    raise TookTooLong from None
                return min(given.position(error.fed, ranges, start), end)
        return None

    return probe


def _commands_cpu() -> float:
    """Return the CPU seconds that the commands of this process took that have ended."""
    return os.times().children_user + os.times().children_system


def _until(end: float, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces. Raises TookTooLong if one comes after `end`, in seconds of the monotonic clock."""
    for piece in pieces:
        if time.monotonic() > end:
            raise TookTooLong
        yield piece


def make_key_of_line(attempt: Attempt) -> Callable[[bytes], bytes] | None:
    """Return a function from a line of a reducer's input to its key; None for a mapper, whose lines are records."""
    if attempt.task.is_map:
        return None
    job = attempt.job
    separator = job.properties.reduce_input.separator
    between = job.properties.map_output.separator
    fields = job.properties.map_output.key_fields if separator == between else 1
    return lambda line: separator.join(line.rstrip(b"\n").split(separator, max(fields, 1))[: max(fields, 1)])
