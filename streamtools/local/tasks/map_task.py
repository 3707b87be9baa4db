"""A map task: reader -> mapper -> collector, or part file in a job without reducers."""

import os
from collections.abc import Iterable

from streamtools.errors import StreamtoolsError
from streamtools.formats import command_io
from streamtools.formats.batch import count_records
from streamtools.local.counters import FILE_INPUT, FRAMEWORK, Counters
from streamtools.local.input.line_reader import LineReader
from streamtools.local.input.readers import Reader, line_reader_of, open_reader
from streamtools.local.output.part_file import PartFile
from streamtools.local.shuffle.collector import Collector
from streamtools.local.shuffle.map_output_file import MapOutputFile
from streamtools.local.shuffle.ordering import order_of
from streamtools.local.tasks.attempt import Attempt
from streamtools.local.tasks.combine import make_combiner
from streamtools.local.tasks.outcome import Done, Failed
from streamtools.local.tasks.stream import Stream, check_classes, run_command


def run_map(attempt: Attempt) -> Done | Failed:
    """Run a map task. Raises StreamtoolsError if it fails before it has read all its input."""
    job, split = attempt.job, attempt.task.split
    assert split is not None
    reader = open_reader(job, split)
    if lines := line_reader_of(reader):
        lines.on_read = attempt.on_read
    stream = _map(attempt, reader)
    output = None
    if job.reduces:
        collector = _collect(attempt, stream)
        split.check_end()
        _count_input(attempt, reader)
        collector.count_bytes()
        so_far = Counters(attempt.counters)
        try:
            output = collector.close()
        except StreamtoolsError as error:
            return Failed(error, counters=so_far)
    else:
        _write(attempt, stream)
        split.check_end()
        _count_input(attempt, reader)
    return Done(attempt.counters, output, reader.records, reader.bytes_read, tuple(reader.slices))


def _map(attempt: Attempt, reader: Reader) -> Stream:
    """Return the records that the mapper makes of the reader's."""
    job = attempt.job
    if not job.mapper.is_command:
        from streamtools.standins import lookup

        mapper = lookup.make_mapper(job.mapper.text, job, reader.key_type, reader.value_type)
        return Stream(map(mapper.map, reader.pairs()), mapper.key_type, mapper.value_type)
    form, ignores_key = job.properties.map_input.io_format, job.ignores_input_key
    stdin: Iterable[bytes]
    if ignores_key and isinstance(reader, LineReader):
        stdin = reader.blocks()
    else:
        separator = job.properties.map_input.separator
        write = command_io.make_writer(form, reader.key_type, reader.value_type, separator, ignores_key)
        stdin = map(write, reader.pairs())
    return run_command(attempt.runner, "mapper", job.mapper, stdin, is_text=form == "text")


def _collect(attempt: Attempt, stream: Stream) -> Collector:
    """Return a collector with all records of the mapper."""
    job = attempt.job
    path = os.path.join(attempt.scratch, attempt.task.file)
    batches = check_classes(job, stream)
    output = MapOutputFile(path, stream.key, stream.value, order_of(job), attempt.counters)
    combiner = make_combiner(attempt, job.combiner, stream.key, stream.value) if job.combiner else None
    collector = Collector(job, output, attempt.memory, combiner, attempt.seed)
    for batch in batches:
        collector.add(batch)
    return collector


def _write(attempt: Attempt, stream: Stream) -> None:
    """Write all records of the mapper to a part file."""
    part = PartFile(attempt.job, stream.key, stream.value, attempt.output, attempt.task.number, attempt.counters)
    for batch in stream.batches:
        attempt.count(FRAMEWORK, "Map output records", count_records(batch))
        part.add(batch)
    part.close()


def _count_input(attempt: Attempt, reader: Reader) -> None:
    attempt.count(FRAMEWORK, "Map input records", reader.records)
    attempt.count(FILE_INPUT, "Bytes Read", reader.bytes_read)
