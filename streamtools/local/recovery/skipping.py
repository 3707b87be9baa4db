"""Bad records: the one on which an external mapper or reducer dies is found by bisection, put aside and left out.

    what the command was given (a file) --parts of it--> the command, nobody listening --> dies? --> the record

A record is a line for a mapper, all lines of a key for a reducer.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from streamtools.errors import DataError, UsageError
from streamtools.formats.writables import decode_long
from streamtools.java import class_names
from streamtools.job import STDOUT, Job
from streamtools.local.counters import FRAMEWORK
from streamtools.local.stages.process import CommandFailed, InputLeft
from streamtools.local.stages.process import run as run_command
from streamtools.records import write_all

if TYPE_CHECKING:
    from streamtools.local.tasks.attempt import Attempt, Range

Probe = Callable[[int, int], "int | None"]  # how far a command came with a range before it died; None: it did well
READ_AHEAD = 1 << 18  # bytes that a command that dies had been given without looking at them: a pipe and its own buffer
PIECE = 1 << 18
FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
LINE_FORMATS = (class_names.TEXT_INPUT, class_names.NLINE_INPUT, class_names.KEY_VALUE_INPUT, class_names.STREAM_INPUT)
FOLDER = "_skipped"  # in the output directory; as its name begins with `_`, no job reads it


def check(job: Job) -> None:
    """Raise UsageError for a job whose bad records cannot be told apart, or put anywhere."""
    if job.output == STDOUT:
        raise UsageError("--skip-bad", "there is no place for the records", "name a directory with -output")
    if job.input_format not in LINE_FORMATS or job.reads_xml or job.properties.input.delimiter is not None:
        raise UsageError("--skip-bad", "records that are not lines cannot be left out", "leave the option out")
    streams = [job.properties.map_input, *([job.properties.reduce_input] if job.reduces else [])]
    if any(stream.io_format not in ("text", "keyonlytext") for stream in streams):
        raise UsageError("--skip-bad", "binary records cannot be left out", "leave the option out")


def run_without_bad_records(attempt: Attempt, run: Callable[[Attempt], Any], most: int) -> Any:
    """What `run` makes of a task, with at most `most` bad records left out and put aside.

    Raises CommandFailed when there are more of them, or when it is no record's fault.
    """
    from dataclasses import replace
    from tempfile import TemporaryDirectory

    from streamtools.local.counters import Counters
    from streamtools.local.recovery.recording import record

    bad: list[Range] = []
    with TemporaryDirectory(prefix="skipping-", dir=attempt.scratch) as folder:
        path = os.path.join(folder, "stdin")
        while True:
            try:
                done = run(replace(attempt, without=tuple(sorted(bad)), counters=Counters()))
                break
            except CommandFailed as error:
                error.without = tuple(sorted(bad))
                if error.role != attempt.role or isinstance(error, InputLeft):
                    raise
                if len(bad) == most:
                    error.remedy = _joined(error.remedy, f"{most} records are skipped already; --skip-bad allows more")
                    raise
                if not bad:
                    record(attempt, run, error.role, path)
                if not _search(attempt, path, error.fed, bad, most):
                    error.remedy = _joined(error.remedy, "no single record is to blame, so none is skipped")
                    raise
                _empty(attempt.folder)
        if bad:
            with Given(path, _key(attempt)) as given:
                _put_aside(attempt, given, sorted(bad), done.counters)
    return done


def _search(attempt: Attempt, path: str, fed: int, bad: list[Range], most: int) -> bool:
    """Add the records to the bad ones, `most` in all, on which a command dies that had been given `fed` bytes."""
    before = len(bad)
    with Given(path, _key(attempt)) as given:
        for found in culprits(given, _probe(attempt, given, bad), given.position(fed, bad)):
            if found in bad:  # it does not always die on the same
                break
            bad.append(found)
            what = "the record" if attempt.is_map else "all records of the key"
            place = _places(attempt, given, [found])[0]
            attempt.hear([b"st-run: " + os.fsencode(f"{attempt.name}: skipping {what} at {place}")])
            if len(bad) == most:
                break
    return len(bad) > before


def _joined(*remedies: str) -> str:
    return "; ".join(filter(None, remedies))


class Given:
    """What a command was given, in a file of lines; positions are bytes. key: of a line; None: each is a record."""

    def __init__(self, path: str, key: Callable[[bytes], bytes] | None) -> None:
        self.file = open(path, "rb")  # noqa: SIM115
        self.key = key
        self.size = os.fstat(self.file.fileno()).st_size
        self.data = mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_READ) if self.size else b""

    def __enter__(self) -> Given:
        return self

    def __exit__(self, *_: object) -> None:
        if self.size:
            self.data.close()  # type: ignore[union-attr]
        self.file.close()

    def start(self, position: int) -> int:
        """Where the first record begins at or behind a position; the size where none does."""
        if position <= 0 or position >= self.size:
            return max(min(position, self.size), 0)
        found = self.end_of_line(position - 1)
        if self.key:
            before = self._key_at(self.data.rfind(b"\n", 0, found - 1) + 1)
            while found < self.size and self._key_at(found) == before:
                found = self.end_of_line(found)
        return found

    def middle(self, low: int, high: int) -> int:
        """Where a record begins about half-way between two others; 0 when there is just one of them."""
        step = (high - low) // 2
        while step:
            if (found := self.start(low + step)) < high:
                return found
            step //= 2
        return 0

    def pieces(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes of a range."""
        for position in range(start, end, PIECE):
            yield self.data[position : min(position + PIECE, end)]

    def position(self, fed: int, without: Sequence[Range], start: int = 0) -> int:
        """Behind which record a command was that had been given `fed` bytes from `start` on, some ranges left out."""
        for begin, end in sorted(without):
            fed += end - begin if begin <= fed else 0
        return self.start(min(start + fed, self.size))

    def end_of_line(self, position: int) -> int:
        """Where the line ends that has the byte at a position."""
        return self.data.find(b"\n", position) + 1 or self.size

    def _key_at(self, position: int) -> bytes:
        assert self.key
        return self.key(self.data[position : self.end_of_line(position)])


def culprits(given: Given, probe: Probe, reached: int) -> Iterator[Range]:
    """The record on which a command has died that had been given all up to `reached`; none when it is none's fault.

    Where each record stands for itself, those further on too on which it dies.
    """
    if not reached:
        return
    if probe(0, 0) is not None:  # it may be one that wants a first line
        first = given.start(1)
        if first < reached and probe(0, first) is None:
            yield from _in_context(given, probe, first, reached)
        return
    found = _alone(given, probe, 0, reached)
    if not found:
        yield from _in_context(given, probe, 0, reached)
    while found:
        yield found
        further = probe(found[1], given.size) if found[1] < given.size else None
        found = None if further is None else _alone(given, probe, found[1], further)


def _alone(given: Given, probe: Probe, floor: int, reached: int) -> Range | None:
    """The record behind `floor` that the command dies on whatever comes before, by halves: cheap, and mostly enough.

    What it has read last is looked at first. A command that also dies on a record that it had taken before, alone, is
    one that needs what comes before.
    """
    low = given.start(max(reached - READ_AHEAD, floor))
    low = low if low < reached and probe(low, reached) is not None else floor
    high = reached
    while middle := given.middle(low, high):
        if probe(low, middle) is not None:
            high = middle
        else:
            low = middle
    if probe(low, high) is None:
        return None
    other = given.start(low // 2) if low else high
    other = other if other != low else 0
    end = given.start(other + 1)
    return None if other < given.size and probe(other, end) is not None else (low, high)


def _in_context(given: Given, probe: Probe, low: int, high: int) -> Iterator[Range]:
    """The last record of the shortest beginning on which the command dies; it does not on the one up to `low`."""
    if probe(0, high) is None:
        if high == given.size or probe(0, given.size) is None:
            return
        low, high = high, given.size
    while middle := given.middle(low, high):
        if probe(0, middle) is not None:
            high = middle
        else:
            low = middle
    yield low, high


def _probe(attempt: Attempt, given: Given, bad: Sequence[Range]) -> Probe:
    """A function that runs the attempt's command on a range of what it was given, without the bad records."""
    from streamtools.local.recovery.recording import unheard
    from streamtools.local.stages.program import check as found_program
    from streamtools.local.tasks.attempt import left_out

    stage = attempt.job.mapper if attempt.is_map else attempt.job.reducer
    program = found_program(attempt.role, stage.text, attempt.environment.get("PATH", ""))

    def probe(start: int, end: int) -> int | None:
        ranges = [(one - start, other - start) for one, other in sorted(bad) if one >= start]
        stdin = left_out(given.pieces(start, end), ranges)
        with unheard(attempt) as again:
            try:
                for _ in run_command(program, again.environment, stdin, again.hear, again.watched(attempt.role)):
                    pass
            except InputLeft:
                return None
            except CommandFailed as error:
                return min(given.position(error.fed, ranges, start), end)
        return None

    return probe


def _key(attempt: Attempt) -> Callable[[bytes], bytes] | None:
    """The key of a line of a reducer's input; None for a mapper, whose lines are records."""
    if attempt.is_map:
        return None
    job = attempt.job
    separator = job.properties.reduce_input.separator
    between = job.properties.map_output.separator
    fields = job.properties.map_output.key_fields if separator == between else 1
    return lambda line: separator.join(line.rstrip(b"\n").split(separator, max(fields, 1))[: max(fields, 1)])


def _places(attempt: Attempt, given: Given, bad: Sequence[Range]) -> list[str]:
    """`FILE:OFFSET` of each bad record of a mapper; of a reducer the partition and the offset in its merged input."""
    if not attempt.split:
        return [f"partition {attempt.number}:{start}" for start, _ in bad]
    from streamtools.local.input.readers import KeyValueReader, open_reader

    reader = open_reader(attempt.job, attempt.split)
    lines = reader.lines if isinstance(reader, KeyValueReader) else reader
    keys = (key for pairs in lines.pairs() for key in pairs.keys)
    places, position = [], 0
    for start, end in bad:
        before = sum(piece.count(b"\n") for piece in given.pieces(position, start))
        offset = next(islice(keys, before, None), None)
        if offset is None:
            raise DataError(attempt.split.path, "has changed while it was read", "run the job again")
        places.append(f"{attempt.split.path}:{decode_long(offset)}")
        position = end
    return places


def _put_aside(attempt: Attempt, given: Given, bad: Sequence[Range], counters: Any) -> None:
    """Write the bad records beside the output, each line with where it comes from, and count them."""
    folder = os.path.join(attempt.folder, FOLDER)
    os.makedirs(folder, exist_ok=True)
    lines = 0
    descriptor = os.open(os.path.join(folder, attempt.task), FLAGS, 0o666)
    try:
        for (start, end), place in zip(bad, _places(attempt, given, bad), strict=True):
            source, _, offset = place.rpartition(":")
            position = start
            while position < end:
                after = min(given.end_of_line(position), end)
                told = f"{source}\t{int(offset) + position - start}\t"
                write_all(os.fsencode(told) + given.data[position:after], descriptor)
                position = after
                lines += 1
    finally:
        os.close(descriptor)
    kind, records = ("Map", "records") if attempt.is_map else ("Reduce", "groups")
    counters[FRAMEWORK, f"{kind} skipped {records}"] += len(bad)
    counters[FRAMEWORK, f"{kind} input {records}"] -= len(bad)
    if not attempt.is_map:
        counters[FRAMEWORK, "Reduce skipped records"] += lines
        counters[FRAMEWORK, "Reduce input records"] -= lines


def _empty(folder: str) -> None:
    """Remove what a failed run has written there."""
    from shutil import rmtree

    rmtree(folder, ignore_errors=True)
    os.makedirs(folder, exist_ok=True)
