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
from streamtools.formats.batch import Batch, Pairs, count_of, keys_of
from streamtools.formats.writables import Kind, kind_of, mismatch
from streamtools.inputs.cuts import MemberSlice
from streamtools.job import Stage, classes
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
from streamtools.standins import stand_ins

Records = tuple[Iterator[Batch], Kind, Kind]


class Done(NamedTuple):
    """What a task reports. output: of a map task with reducers; slices: what it has read of members of archives."""

    counters: Counters
    output: MapOutput | None
    records: int
    size: int
    slices: tuple[MemberSlice, ...] = ()


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
            attempt.count(FRAMEWORK, "Map output records", count_of(batch))
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
        mapper = stand_ins.mapper(job.mapper.text, job, reader.key_kind, reader.value_kind)
        return map(mapper.map, reader.pairs()), mapper.key_kind, mapper.value_kind
    form = job.wire("stream.map.input")
    ignore_key = form == "text" and job.is_true("stream.map.input.ignoreKey", job.input_format == classes.TEXT_INPUT)
    stdin: Iterable[bytes]
    if ignore_key and isinstance(reader, LineReader):
        stdin = reader.blocks()
    else:
        separator = os.fsencode(job.get("stream.map.input.field.separator", "\t"))
        stdin = map(command_io.writer(form, reader.key_kind, reader.value_kind, separator, ignore_key), reader.pairs())
    return _printed(attempt, "mapper", job.mapper, stdin, is_text=form == "text")


def _printed(attempt: Attempt, role: str, stage: Stage, stdin: Iterable[bytes], *, is_text: bool) -> Records:
    """The records that a command prints; `role` tells by which properties they are read."""
    job, side = attempt.job, "map" if role == "mapper" else "reduce"
    form = job.wire(f"stream.{side}.output")
    separator = os.fsencode(job.get(f"stream.{side}.output.field.separator", "\t"))
    fields = job.number(f"stream.num.{side}.output.key.fields", 1)
    chunks = attempt.run(role, stage, stdin, is_text=is_text and form == "text")
    return command_io.read(form, chunks, separator, fields, f"the output of the {role}"), *command_io.KINDS_READ[form]


def _count_input(attempt: Attempt, reader: Reader) -> None:
    attempt.count(FRAMEWORK, "Map input records", reader.records)
    attempt.count(FILE_INPUT, "Bytes Read", reader.bytes_read)


def _of_right_classes(attempt: Attempt, batches: Iterator[Batch], key: Kind, value: Kind) -> Iterator[Batch]:
    """The batches; raises DataError when there is a record, and it is not of the classes that the job says."""
    first = next(filter(count_of, batches), None)
    if first is None:
        return batches
    for part, kind, expected in zip(("key", "value"), (key, value), attempt.job.map_output_classes, strict=True):
        if kind.java != expected:
            raise mismatch(part, expected, kind.java)
    return chain([first], batches)


class _Combiner:
    """Combines the sorted blocks of one partition: a fresh command, or Java stand-in, each time."""

    def __init__(self, attempt: Attempt, stage: Stage, key: Kind, value: Kind) -> None:
        self.attempt, self.stage, self.key, self.value = attempt, stage, key, value

    def __call__(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for batch in self._combined(self._counted(blocks)):
            self.attempt.count(FRAMEWORK, "Combine output records", count_of(batch))
            if safe := escaped(batch):
                yield safe

    def sums(self) -> bool:
        """Whether it adds up values, and reads and writes them as plain lines."""
        settings = ("input", "output", "input.field.separator", "output.field.separator")
        names = {"stream.num.reduce.output.key.fields", *(f"stream.reduce.{setting}" for setting in settings)}
        return not names & self.attempt.job.given.keys() and self.attempt.sums(self.stage)

    def _counted(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self.attempt.count(FRAMEWORK, "Combine input records", block.count(b"\n"))
            yield block

    def _combined(self, blocks: Iterator[bytes]) -> Iterator[Batch]:
        if not self.stage.is_command:
            stand_in = stand_ins.reducer(self.stage.text, self.attempt.job, self.key, self.value)
            batches = stand_ins.reduced(stand_in, map(unescaped_pairs, blocks))
            return _of_right_classes(self.attempt, batches, stand_in.key_kind, stand_in.value_kind)
        stdin = map(_reduce_writer(self.attempt, self.key, self.value), blocks)
        printed = _printed(self.attempt, "combiner", self.stage, stdin, is_text=_reads_text(self.attempt))
        return _of_right_classes(self.attempt, *printed)


def _reads_text(attempt: Attempt) -> bool:
    return attempt.job.wire("stream.reduce.input") == "text"


def _reduce_writer(attempt: Attempt, key: Kind, value: Kind):  # type: ignore[no-untyped-def]
    """A function from blocks of safe lines to what goes to the stdin of a reducer or combiner."""
    job = attempt.job
    separator = os.fsencode(job.get("stream.reduce.input.field.separator", "\t"))
    write = command_io.writer(job.wire("stream.reduce.input"), key, value, separator)
    is_text = key.is_text and value.is_text
    if is_text and separator == b"\t" and job.wire("stream.reduce.input") == "text":
        return lambda block: write(unescaped_pairs(block)) if ESCAPE in block else block
    return lambda block: write(unescaped(block, is_text))


def run_reduce(attempt: Attempt, segments: list[Segment]) -> Done:
    """Run a reduce task; raises StreamtoolsError when it fails."""
    _settle(attempt)
    job = attempt.job
    key, value = (kind_of(java_class) for java_class in job.map_output_classes)
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
            attempt.count(FRAMEWORK, "Reduce output records", count_of(batch))
            part.add(batch)
    part.close()
    return Done(attempt.counters, None, blocks.records, blocks.size)


def _reduced(attempt: Attempt, blocks: Iterable[bytes], key: Kind, value: Kind) -> Records:
    stage = attempt.job.reducer
    if stage.is_command:
        stdin = map(_reduce_writer(attempt, key, value), blocks)
        return _printed(attempt, "reducer", stage, stdin, is_text=_reads_text(attempt))
    stand_in = stand_ins.reducer(stage.text, attempt.job, key, value)
    is_text = key.is_text and value.is_text
    if stage.text == classes.IDENTITY_REDUCER:
        return (unescaped(block, is_text) for block in blocks), key, value
    pairs: Iterator[Pairs] = (unescaped_pairs(block) for block in blocks)
    return stand_ins.reduced(stand_in, pairs), stand_in.key_kind, stand_in.value_kind


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
            keys = keys_of(block)
            self.attempt.count(FRAMEWORK, "Reduce input groups", sum(map(ne, keys, chain([last], keys))))
            last = keys[-1]
            for piece in expanded([block]):
                records = piece.count(b"\n")
                self.attempt.count(FRAMEWORK, "Reduce input records", records)
                self.records += records
                self.size += len(piece)
                yield piece
