"""A reduce task: merged segments -> reducer -> part file."""

import os
from collections.abc import Iterable, Iterator
from itertools import chain

from streamtools.formats.batch import Pairs, count_records
from streamtools.formats.writables import Writable, find_writable
from streamtools.java import class_names
from streamtools.local.counters import FRAMEWORK
from streamtools.local.output.part_file import PartFile
from streamtools.local.shuffle.ordering import order_of
from streamtools.local.shuffle.safe_lines import expand, unescape_batch, unescape_pairs
from streamtools.local.shuffle.segment_merging import merge_segments
from streamtools.local.tasks.attempt import Attempt
from streamtools.local.tasks.outcome import Done
from streamtools.local.tasks.stream import Stream, reads_text, reduce_writer, run_command, sums_values
from streamtools.reducers.grouping import find_groups, remembering


def run_reduce(attempt: Attempt) -> Done:
    """Run a reduce task. Raises StreamtoolsError if it fails."""
    job, segments = attempt.job, attempt.task.segments
    if attempt.seed is not None:
        from random import Random

        segments = Random(attempt.seed).sample(segments, len(segments))
    scratch = os.path.join(attempt.scratch, attempt.task.file)
    any_order = attempt.seed is None and sums_values(attempt.runner, job.reducer)
    merged = merge_segments(segments, order_of(job), attempt.memory, scratch, any_order=any_order)
    records = _Records(merged, attempt)
    blocks = iter(records)
    first = next(blocks, None)
    if first is None:  # the reducer runs all the same, but what it counts and writes is dropped
        attempt.runner.listen.counts = False
    key, value = (find_writable(java_class) for java_class in job.map_output_classes)
    stream = _reduce(attempt, chain([first] if first else [], blocks), key, value)
    part = PartFile(job, stream.key, stream.value, attempt.output, attempt.task.number, attempt.counters)
    for batch in stream.batches:
        if first is not None:
            attempt.count(FRAMEWORK, "Reduce output records", count_records(batch))
            part.add(batch)
    part.close()
    return Done(attempt.counters, None, records.number, records.size)


def _reduce(attempt: Attempt, blocks: Iterable[bytes], key: Writable, value: Writable) -> Stream:
    """Return the records that the reducer makes of sorted blocks of safe lines."""
    job, stage = attempt.job, attempt.job.reducer
    if stage.is_command:
        stdin = map(reduce_writer(job, key, value), blocks)
        return run_command(attempt.runner, "reducer", stage, stdin, is_text=reads_text(job))
    is_text = key.is_text and value.is_text
    if stage.text == class_names.IDENTITY_REDUCER:
        return Stream((unescape_batch(block, is_text) for block in blocks), key, value)
    from streamtools.standins import lookup

    stand_in = lookup.make_reducer(stage.text, job, key, value)
    pairs: Iterator[Pairs] = (unescape_pairs(block) for block in blocks)
    return Stream(lookup.reduce_batches(stand_in, pairs), stand_in.key_type, stand_in.value_type)


class _Records:
    """The sorted blocks of a reduce task, a line for each record; counts records and groups on the way."""

    def __init__(self, blocks: Iterator[bytes], attempt: Attempt) -> None:
        self.blocks, self.attempt = blocks, attempt
        self.number = self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        last = None
        for block in map(remembering, self.blocks):
            keys, starts = find_groups(block)
            self.attempt.count(FRAMEWORK, "Reduce input groups", len(starts) - (keys[0] == last))
            last = keys[-1]
            for piece in expand([block]):
                records = piece.count(b"\n")
                self.attempt.count(FRAMEWORK, "Reduce input records", records)
                self.number += records
                self.size += len(piece)
                yield piece
