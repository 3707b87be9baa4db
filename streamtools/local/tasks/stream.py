"""Records between two stages, and how a command's are written and read."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from streamtools.formats import command_io
from streamtools.formats.batch import Batch, count_records
from streamtools.formats.writables import TEXT, Writable, type_mismatch
from streamtools.job import Job, Stage
from streamtools.local.shuffle.safe_lines import ESCAPE, unescape_batch, unescape_pairs
from streamtools.local.stages.runner import StageRunner


class Stream(NamedTuple):
    """Batches of records whose keys and values are of these classes."""

    batches: Iterator[Batch]
    key: Writable
    value: Writable


def run_command(runner: StageRunner, role: str, stage: Stage, stdin: Iterable[bytes], *, is_text: bool) -> Stream:
    """Run a command and return the records that it prints, read as the properties of its side of the job say.

    is_text: its stdin is lines of text.
    """
    properties = runner.job.properties
    output = properties.map_output if role == "mapper" else properties.reduce_output
    form = output.io_format
    is_plain = form == "text" and output.separator == b"\t" and output.key_fields <= 1
    if role == "mapper" and is_text and is_plain and (keys := runner.run_keys(role, stage.text, stdin)):
        return Stream(keys, TEXT, TEXT)
    chunks = runner.run(role, stage.text, stdin, is_text=is_text and form == "text")
    place = f"the output of the {role}"
    batches = command_io.read_records(form, chunks, output.separator, output.key_fields, place)
    return Stream(batches, *command_io.WRITABLES_READ[form])


def reads_text(job: Job) -> bool:
    """Return whether reducer and combiner read lines of text."""
    return job.properties.reduce_input.io_format == "text"


def reduce_writer(job: Job, key: Writable, value: Writable) -> Callable[[bytes], bytes]:
    """Return a function that turns a block of safe lines into input of the reducer's command."""
    separator = job.properties.reduce_input.separator
    write = command_io.make_writer(job.properties.reduce_input.io_format, key, value, separator)
    is_text = key.is_text and value.is_text
    if is_text and separator == b"\t" and reads_text(job):
        return lambda block: write(unescape_pairs(block)) if ESCAPE in block else block
    return lambda block: write(unescape_batch(block, is_text))


def sums_values(runner: StageRunner, stage: Stage) -> bool:
    """Return whether a combiner or reducer adds up values, and reads and writes them as plain lines."""
    properties = runner.job.properties
    if properties.reduce_input.is_given or properties.reduce_output.is_given or not stage.is_command:
        return False
    builtin = runner.find_builtin(stage.text)
    return builtin is not None and builtin.sums_values


def check_classes(job: Job, stream: Stream) -> Iterator[Batch]:
    """Return the batches of a mapper or combiner.

    Raises DataError if there is a record and it is not of the classes that the job says.
    """
    first = next(filter(count_records, stream.batches), None)
    if first is None:
        return stream.batches
    for part, kind, expected in zip(("key", "value"), stream[1:], job.map_output_classes, strict=True):
        if kind.class_name != expected:
            raise type_mismatch(part, expected, kind.class_name)
    return chain([first], stream.batches)
