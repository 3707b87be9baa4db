"""--skip-bad: a record on which the mapper or reducer dies is found, put aside and left out.

    recorded input --parts of it--> the command, its output dropped --> does it die? --> the record

A record is a line for a mapper, all lines of a key for a reducer.
"""

import os
from collections.abc import Sequence
from functools import partial
from itertools import islice

from streamtools.errors import DataError, UsageError
from streamtools.formats.writables import decode_long
from streamtools.job import STDOUT, Job
from streamtools.local.counters import FRAMEWORK, Counters
from streamtools.local.input.readers import line_reader_of, open_reader
from streamtools.local.recovery.bad_records import RecordedInput, find_bad_records
from streamtools.local.recovery.probing import feeds_lines, make_key_of_line, make_probe, reads_lines
from streamtools.local.recovery.recording import RunTask, record
from streamtools.local.stages.feeds import Feed, Range, feed_for, leave_out
from streamtools.local.stages.process import CommandFailed, InputLeft
from streamtools.local.tasks.attempt import Attempt
from streamtools.local.tasks.outcome import Done, Failed
from streamtools.records import write_all

FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
SKIPPED = "_skipped"  # directory in the output; as its name begins with `_`, no job reads it


def check(job: Job) -> None:
    """Raise UsageError for a job whose bad records cannot be distinguished, or kept anywhere."""
    if job.output == STDOUT:
        raise UsageError("--skip-bad", "there is no place for the records", "name a directory with -output")
    if not reads_lines(job):
        raise UsageError("--skip-bad", "records that are not lines cannot be left out", "leave the option out")
    if not feeds_lines(job):
        raise UsageError("--skip-bad", "binary records cannot be left out", "leave the option out")


def run_without_bad_records(attempt: Attempt, run: RunTask, most: int) -> Done | Failed:
    """Run a task with at most `most` bad records left out and put aside."""
    from tempfile import TemporaryDirectory

    bad: list[Range] = []
    with TemporaryDirectory(prefix="skipping-", dir=attempt.scratch) as directory:
        path = os.path.join(directory, "stdin")
        while True:
            try:
                outcome = run(attempt.afresh(_leave_out(attempt, bad)))
            except CommandFailed as error:
                outcome = Failed(error, without=tuple(sorted(bad)))
                if error.role != attempt.task.role or isinstance(error, InputLeft):
                    return outcome
                if len(bad) == most:
                    return outcome._replace(remedy=f"{most} records are skipped already; --skip-bad allows more")
                if not bad:
                    record(attempt, run, error.role, path)
                if not _search(attempt, path, error.fed, bad, most):
                    return outcome._replace(remedy="no single record is to blame, so none is skipped")
                _empty(attempt.output)
            else:
                break
        if bad and outcome.counters is not None:
            with RecordedInput(path, make_key_of_line(attempt)) as given:
                _put_aside(attempt, given, sorted(bad), outcome.counters)
    return outcome


def _leave_out(attempt: Attempt, bad: Sequence[Range]) -> Feed:
    return feed_for(attempt.task.role, partial(leave_out, ranges=sorted(bad)))


def _search(attempt: Attempt, path: str, fed: int, bad: list[Range], most: int) -> bool:
    """Add the records on which a command died that had been given `fed` bytes; return whether there are any.

    Stop at `most` bad records in all.
    """
    before = len(bad)
    with RecordedInput(path, make_key_of_line(attempt)) as given:
        for found in find_bad_records(given, make_probe(attempt, given, bad), given.position(fed, bad)):
            if found in bad:  # it does not always die on the same
                break
            bad.append(found)
            what = "the record" if attempt.task.is_map else "all records of the key"
            place = _places(attempt, given, [found])[0]
            text = f"{attempt.task.name}: skipping {what} at {place}"
            attempt.runner.listen([b"st-run: " + os.fsencode(text)])
            if len(bad) == most:
                break
    return len(bad) > before


def _places(attempt: Attempt, given: RecordedInput, bad: Sequence[Range]) -> list[str]:
    """Return `FILE:OFFSET` of each bad record of a mapper; of a reducer, partition and offset in its merged input."""
    split = attempt.task.split
    if not split:
        return [f"partition {attempt.task.number}:{start}" for start, _ in bad]
    lines = line_reader_of(open_reader(attempt.job, split))
    assert lines  # as `check` has seen to
    keys = (key for pairs in lines.pairs() for key in pairs.keys)
    places, position = [], 0
    for start, end in bad:
        before = sum(piece.count(b"\n") for piece in given.pieces(position, start))
        offset = next(islice(keys, before, None), None)
        if offset is None:
            raise DataError(split.path, "has changed while it was read", "run the job again")
        places.append(f"{split.path}:{decode_long(offset)}")
        position = end
    return places


def _put_aside(attempt: Attempt, given: RecordedInput, bad: Sequence[Range], counters: Counters) -> None:
    """Write the bad records beside the output, each line with where it comes from, and count them."""
    directory = os.path.join(attempt.output, SKIPPED)
    os.makedirs(directory, exist_ok=True)
    lines = 0
    descriptor = os.open(os.path.join(directory, attempt.task.file), FLAGS, 0o666)
    try:
        for (start, end), place in zip(bad, _places(attempt, given, bad), strict=True):
            source, _, offset = place.rpartition(":")
            position = start
            while position < end:
                after = min(given.end_of_line(position), end)
                prefix = f"{source}\t{int(offset) + position - start}\t"
                write_all(os.fsencode(prefix) + given.data[position:after], descriptor)
                position = after
                lines += 1
    finally:
        os.close(descriptor)
    kind, records = ("Map", "records") if attempt.task.is_map else ("Reduce", "groups")
    counters[FRAMEWORK, f"{kind} skipped {records}"] += len(bad)
    counters[FRAMEWORK, f"{kind} input {records}"] -= len(bad)
    if not attempt.task.is_map:
        counters[FRAMEWORK, "Reduce skipped records"] += lines
        counters[FRAMEWORK, "Reduce input records"] -= lines


def _empty(directory: str) -> None:
    """Remove what a failed run has written there."""
    from shutil import rmtree

    rmtree(directory, ignore_errors=True)
    os.makedirs(directory, exist_ok=True)
