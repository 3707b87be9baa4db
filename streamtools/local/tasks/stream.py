"""Records between two stages, and how a command's are written and read."""

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from streamtools.formats import command_io
from streamtools.formats.batch import Batch, count_of
from streamtools.formats.writables import Kind, mismatch
from streamtools.job import Job, Stage
from streamtools.local.shuffle.safe_lines import ESCAPE, unescape_batch, unescape_pairs
from streamtools.local.stages.runner import StageRunner


class Stream(NamedTuple):
    """Batches of records whose keys and values are of these classes."""

    batches: Iterator[Batch]
    key: Kind
    value: Kind


def run_command(runner: StageRunner, role: str, stage: Stage, stdin: Iterable[bytes], *, is_text: bool) -> Stream:
    """Run a command and return the records that it prints, read as the properties of its side of the job say.

    is_text: its stdin is lines of text.
    """
    job, side = runner.job, "map" if role == "mapper" else "reduce"
    form = job.wire(f"stream.{side}.output")
    separator = os.fsencode(job.get(f"stream.{side}.output.field.separator", "\t"))
    fields = job.number(f"stream.num.{side}.output.key.fields", 1)
    chunks = runner.run(role, stage.text, stdin, is_text=is_text and form == "text")
    batches = command_io.read(form, chunks, separator, fields, f"the output of the {role}")
    return Stream(batches, *command_io.KINDS_READ[form])


def reads_text(job: Job) -> bool:
    """Return whether reducer and combiner read lines of text."""
    return job.wire("stream.reduce.input") == "text"


def reduce_writer(job: Job, key: Kind, value: Kind) -> Callable[[bytes], bytes]:
    """Return a function that turns a block of safe lines into input of the reducer's command."""
    separator = os.fsencode(job.get("stream.reduce.input.field.separator", "\t"))
    write = command_io.writer(job.wire("stream.reduce.input"), key, value, separator)
    is_text = key.is_text and value.is_text
    if is_text and separator == b"\t" and reads_text(job):
        return lambda block: write(unescape_pairs(block)) if ESCAPE in block else block
    return lambda block: write(unescape_batch(block, is_text))


def check_classes(job: Job, stream: Stream) -> Iterator[Batch]:
    """Return the batches of a mapper or combiner.

    Raises DataError if there is a record and it is not of the classes that the job says.
    """
    first = next(filter(count_of, stream.batches), None)
    if first is None:
        return stream.batches
    for part, kind, expected in zip(("key", "value"), stream[1:], job.map_output_classes, strict=True):
        if kind.java != expected:
            raise mismatch(part, expected, kind.java)
    return chain([first], stream.batches)
