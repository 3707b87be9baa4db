"""The two kinds of task, from their input to their output; each runs in a process of its own.

map:     reader -> mapper -> collector (or part file)
reduce:  merged segments -> reducer -> part file
"""

import gc
import os
from collections.abc import Iterable, Iterator
from itertools import chain
from operator import ne
from typing import NamedTuple

from streamtools.errors import StreamtoolsError
from streamtools.formats import command_io
from streamtools.formats.batch import Batch, Pairs, count_records, extract_keys
from streamtools.formats.writables import Writable, find_writable, type_mismatch
from streamtools.inputs.cuts import Slice
from streamtools.java import class_names
from streamtools.job import Stage
from streamtools.local.counters import FILE_INPUT, FRAMEWORK, Counters
from streamtools.local.input.line_reader import LineReader
from streamtools.local.input.readers import Reader, open_reader
from streamtools.local.output.part_files import PartFile
from streamtools.local.recovery.state import task_file
from streamtools.local.shuffle.collector import Collector
from streamtools.local.shuffle.merging import MapOutput, Segment, merged
from streamtools.local.shuffle.safe_lines import ESCAPE, escaped, expanded, unescaped, unescaped_pairs
from streamtools.local.tasks.attempt import Attempt
from streamtools.sort.blocks import pin_arenas
from streamtools.standins import lookup

Records = tuple[Iterator[Batch], Writable, Writable]


class Done(NamedTuple):
    """What a task reports. output: of a map task with reducers; slices: what it has read of members of archives."""

    counters: Counters
    output: MapOutput | None
    records: int
    size: int
    slices: tuple[Slice, ...] = ()


class Failed(NamedTuple):
    """What a task reports that fails after it has read all its input: until then its counters count."""

    counters: Counters
    error: StreamtoolsError


def run_map(attempt: Attempt) -> Done | Failed:
    """Run a map task; raises StreamtoolsError when it fails before it has read all its input."""
    _settle(attempt)
    job, split = attempt.job, attempt.split
    assert split is not None
    reader = open_reader(job, split)
    batches, key, value = _mapped(attempt, reader)
    output = None
    if job.reduces:
        batches = _of_right_classes(attempt, batches, key, value)
        combine = _Combiner(attempt, job.combiner, key, value) if job.combiner else None
        path = os.path.join(attempt.scratch, task_file(True, attempt.number))
        collector = Collector(job, key, value, path, attempt.memory, attempt.counters, combine, attempt.shuffle)
        collector.sums = combine is not None and combine.sums()
        for batch in batches:
            collector.add(batch)
        _count_input(attempt, reader)
        told = Counters(attempt.counters)
        try:
            output = collector.close()
        except StreamtoolsError as error:
            return Failed(told, error)
    else:
        part = PartFile(job, key, value, attempt.folder, attempt.number, attempt.counters)
        for batch in batches:
            attempt.count(FRAMEWORK, "Map output records", count_records(batch))
            part.add(batch)
        part.close()
        _count_input(attempt, reader)
    return Done(attempt.counters, output, reader.records, reader.bytes_read, tuple(reader.slices))


def _settle(attempt: Attempt) -> None:
    """Have this process keep the memory that it frees, and spare it the collector: a seventh of a job's time.

    Records make no cycles. When a large object goes, glibc takes blocks from its heap from then on instead of mapping
    each anew; see `pin_arenas` for Python's own memory.
    """
    gc.disable()
    bytes(min(8 << 20, attempt.memory // 4))
    attempt.pins = pin_arenas(min(8 << 20, attempt.memory // 4))


def _mapped(attempt: Attempt, reader: Reader) -> Records:
    """What the mapper makes of the reader's records."""
    job = attempt.job
    if not job.mapper.is_command:
        mapper = lookup.make_mapper(job.mapper.text, job, reader.key_type, reader.value_type)
        return map(mapper.map, reader.pairs()), mapper.key_type, mapper.value_type
    form = job.properties.map_input.io_format
    ignore_key = job.ignores_input_key
    stdin: Iterable[bytes]
    if ignore_key and isinstance(reader, LineReader):
        stdin = reader.blocks()
    else:
        separator = job.properties.map_input.separator
        stdin = map(
            command_io.make_writer(form, reader.key_type, reader.value_type, separator, ignore_key), reader.pairs()
        )
    return _printed(attempt, "mapper", job.mapper, stdin, is_text=form == "text")


def _printed(attempt: Attempt, role: str, stage: Stage, stdin: Iterable[bytes], *, is_text: bool) -> Records:
    """The records that a command prints; `role` tells by which properties they are read."""
    properties = attempt.job.properties
    stream = properties.map_output if role == "mapper" else properties.reduce_output
    form, separator, fields = stream.io_format, stream.separator, stream.key_fields
    chunks = attempt.run(role, stage, stdin, is_text=is_text and form == "text")
    return command_io.read_records(
        form, chunks, separator, fields, f"the output of the {role}"
    ), *command_io.WRITABLES_READ[form]


def _count_input(attempt: Attempt, reader: Reader) -> None:
    attempt.count(FRAMEWORK, "Map input records", reader.records)
    attempt.count(FILE_INPUT, "Bytes Read", reader.bytes_read)


def _of_right_classes(attempt: Attempt, batches: Iterator[Batch], key: Writable, value: Writable) -> Iterator[Batch]:
    """The batches; raises DataError when there is a record, and it is not of the classes that the job says."""
    first = next(filter(count_records, batches), None)
    if first is None:
        return batches
    for part, kind, expected in zip(("key", "value"), (key, value), attempt.job.map_output_classes, strict=True):
        if kind.class_name != expected:
            raise type_mismatch(part, expected, kind.class_name)
    return chain([first], batches)


class _Combiner:
    """Combines the sorted blocks of one partition: a fresh command, or Java stand-in, each time."""

    def __init__(self, attempt: Attempt, stage: Stage, key: Writable, value: Writable) -> None:
        self.attempt, self.stage, self.key, self.value = attempt, stage, key, value

    def __call__(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for batch in self._combined(self._counted(blocks)):
            self.attempt.count(FRAMEWORK, "Combine output records", count_records(batch))
            if safe := escaped(batch):
                yield safe

    def sums(self) -> bool:
        """Whether it adds up values, and reads and writes them as plain lines."""
        properties = self.attempt.job.properties
        is_plain = not properties.reduce_input.is_given and not properties.reduce_output.is_given
        return is_plain and self.attempt.sums(self.stage)

    def _counted(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self.attempt.count(FRAMEWORK, "Combine input records", block.count(b"\n"))
            yield block

    def _combined(self, blocks: Iterator[bytes]) -> Iterator[Batch]:
        if not self.stage.is_command:
            stand_in = lookup.make_reducer(self.stage.text, self.attempt.job, self.key, self.value)
            batches = lookup.reduce_batches(stand_in, map(unescaped_pairs, blocks))
            return _of_right_classes(self.attempt, batches, stand_in.key_type, stand_in.value_type)
        stdin = map(_reduce_writer(self.attempt, self.key, self.value), blocks)
        printed = _printed(self.attempt, "combiner", self.stage, stdin, is_text=_reads_text(self.attempt))
        return _of_right_classes(self.attempt, *printed)


def _reads_text(attempt: Attempt) -> bool:
    return attempt.job.properties.reduce_input.io_format == "text"


def _reduce_writer(attempt: Attempt, key: Writable, value: Writable):  # type: ignore[no-untyped-def]
    """A function from blocks of safe lines to what goes to the stdin of a reducer or combiner."""
    job = attempt.job
    form, separator = job.properties.reduce_input.io_format, job.properties.reduce_input.separator
    write = command_io.make_writer(form, key, value, separator)
    is_text = key.is_text and value.is_text
    if is_text and separator == b"\t" and form == "text":
        return lambda block: write(unescaped_pairs(block)) if ESCAPE in block else block
    return lambda block: write(unescaped(block, is_text))


def run_reduce(attempt: Attempt, segments: list[Segment]) -> Done:
    """Run a reduce task; raises StreamtoolsError when it fails."""
    _settle(attempt)
    job = attempt.job
    key, value = (find_writable(java_class) for java_class in job.map_output_classes)
    if attempt.shuffle is not None:
        from random import Random

        segments = Random(attempt.shuffle).sample(segments, len(segments))
    blocks = _Counted(merged(job, segments, attempt.memory, attempt.scratch), attempt)
    first = next(iter(blocks), None)
    attempt.deaf = first is None  # without input the reducer runs, but nobody listens
    batches, out_key, out_value = _reduced(attempt, chain([first] if first else [], blocks), key, value)
    part = PartFile(job, out_key, out_value, attempt.folder, attempt.number, attempt.counters)
    for batch in batches:
        if first is not None:
            attempt.count(FRAMEWORK, "Reduce output records", count_records(batch))
            part.add(batch)
    part.close()
    return Done(attempt.counters, None, blocks.records, blocks.size)


def _reduced(attempt: Attempt, blocks: Iterable[bytes], key: Writable, value: Writable) -> Records:
    stage = attempt.job.reducer
    if stage.is_command:
        stdin = map(_reduce_writer(attempt, key, value), blocks)
        return _printed(attempt, "reducer", stage, stdin, is_text=_reads_text(attempt))
    stand_in = lookup.make_reducer(stage.text, attempt.job, key, value)
    is_text = key.is_text and value.is_text
    if stage.text == class_names.IDENTITY_REDUCER:
        return (unescaped(block, is_text) for block in blocks), key, value
    pairs: Iterator[Pairs] = (unescaped_pairs(block) for block in blocks)
    return lookup.reduce_batches(stand_in, pairs), stand_in.key_type, stand_in.value_type


class _Counted:
    """Passes on the sorted blocks of a reduce task, a line for each record, and counts records and groups."""

    def __init__(self, blocks: Iterator[bytes], attempt: Attempt) -> None:
        self.blocks, self.attempt = self._expanded(blocks), attempt
        self.records = self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        return self.blocks

    def _expanded(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        last = None
        for block in blocks:
            keys = extract_keys(block)
            self.attempt.count(FRAMEWORK, "Reduce input groups", sum(map(ne, keys, chain([last], keys))))
            last = keys[-1]
            for piece in expanded([block]):
                records = piece.count(b"\n")
                self.attempt.count(FRAMEWORK, "Reduce input records", records)
                self.records += records
                self.size += len(piece)
                yield piece
