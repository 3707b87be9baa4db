"""The record of a finished task as text, with a digest: nothing of it is evaluated that does not verify."""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from streamtools.inputs.stamps import Stamp
from streamtools.local.counters import Counters
from streamtools.local.shuffle.segments import MapOutput, Segment
from streamtools.local.tasks.outcome import Done

DIGEST = 64  # characters


class DoneRecord(NamedTuple):
    """A task that is done. task: the name of its files. files: what it left, each as it was; None if not regular."""

    task: str
    fingerprint: str
    files: Mapping[str, Stamp | None]
    done: Done


def encode_record(record: DoneRecord) -> bytes:
    """Return a record as literals of Python, plain tuples in one line, after a line with their digest."""
    done = record.done
    files = [(path, stamp and tuple(stamp)) for path, stamp in record.files.items()]
    output = done.output and [[tuple(segment) for segment in segments] for segments in done.output.partitions]
    slices = [tuple(each) for each in done.slices]
    counters = list(done.counters.items())
    fields = (record.task, record.fingerprint, files, counters, output, done.records, done.size, slices)
    text = ascii(fields).encode()
    return _digest(text) + b"\n" + text + b"\n"


def decode_record(data: bytes) -> DoneRecord | None:
    """Return the record in some bytes; None if they are not exactly those that were written."""
    text = data[DIGEST + 1 : -1]
    if data != _digest(text) + b"\n" + text + b"\n":
        return None
    from ast import literal_eval

    from streamtools.inputs.cuts import MemberSlice

    try:
        task, fingerprint, files, counters, output, records, size, slices = literal_eval(text.decode("ascii"))
        partitions = output and [[Segment(*segment) for segment in segments] for segments in output]
        done = Done(
            Counters(dict(counters)),
            None if output is None else MapOutput(partitions),
            records,
            size,
            tuple(MemberSlice(*each) for each in slices),
        )
        return DoneRecord(task, fingerprint, {path: stamp and Stamp(*stamp) for path, stamp in files}, done)
    except (ValueError, TypeError, SyntaxError):  # of another version
        return None


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode()
