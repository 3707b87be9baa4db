"""The shuffle: from the mapper's records to each reducer's sorted ones.

    map task:     batches -> safe lines -> parted -> (memory full: sorted, combined, spilled) -> segments in one file
    reduce task:  its segments of all map tasks -> merged -> sorted blocks -> expanded (escape.py)

The order is that of keys; records of one key keep the order of map tasks, and in a task that of emission.
"""

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from streamtools.errors import TransferError
from streamtools.formats.writables import LONG, Writable
from streamtools.java import class_names
from streamtools.job import Job
from streamtools.keyspec import sort_key
from streamtools.local.shuffle.safe_lines import unescape, unescape_all
from streamtools.partition import Partitions, field_hash, hash_many
from streamtools.records import BLOCK, cut, whole_lines, write_all
from streamtools.sort import Order, external_sort, merge

FAN_IN = 512  # streams of one merge: descriptors, and a window of memory each
WINDOW = 1 << 18  # bytes read ahead of a stream in a merge, where memory allows
AS_OBJECTS = 32  # times the bytes of short lines is what it takes to sort them, and to have read half as much again


class Segment(NamedTuple):
    """A sorted run of one partition: a range of a file. A combiner may have put out its keys in disorder."""

    path: str
    start: int
    length: int
    in_order: bool = True


class MapOutput(NamedTuple):
    """What a map task leaves: for each partition its segments, in order of spills."""

    partitions: list[list[Segment]]


def order_of(job: Job) -> Order:
    """The order of keys that the job asks for, over safe lines."""
    comparator = job.properties.shuffle.comparator
    if comparator == class_names.LONG_DECREASING:
        return Order(reverse=True)
    options = job.properties.shuffle.comparator_options
    if comparator != class_names.KEY_FIELD_COMPARATOR or not options:
        return Order()
    key = sort_key(options, key_separator(job))
    return Order(key=key and (lambda data: key(unescape(data))))


def key_separator(job: Job) -> bytes:
    """What parts the fields of keys for the key-field class_names."""
    return job.properties.shuffle.key_separator


def partitions_of(job: Job, key: Writable) -> Partitions:
    """The partitioner of the job, over safe keys."""
    if job.partitioner == class_names.KEY_FIELD_PARTITIONER:
        fields = job.properties.shuffle.partition_fields
        options = job.properties.shuffle.partitioner_options
        hash_key = field_hash(options, os.fsdecode(key_separator(job)), fields)
        return Partitions(job.reduces, lambda keys: [hash_key(key.to_string(unescape(safe))) for safe in keys])
    if key.class_name == LONG.class_name:
        return Partitions(job.reduces, lambda keys: [_long_hash(unescape(safe)) for safe in keys])
    return Partitions(job.reduces, lambda keys: hash_many(unescape_all(list(keys))))


def _long_hash(data: bytes) -> int:
    number = int.from_bytes(data, "big") ^ 1 << 63
    return (number ^ number >> 32) & 0xFFFFFFFF


def read_segment(segment: Segment, window: int) -> Iterator[bytes]:
    """The blocks of a segment; raises TransferError when the file is shorter than it was."""
    with open(segment.path, "rb", buffering=0) as file:
        file.seek(segment.start)
        yield from whole_lines(_range(file, segment, window))


def _range(file, segment: Segment, window: int) -> Iterator[bytes]:  # type: ignore[no-untyped-def]
    left = segment.length
    while left > 0:
        piece = file.read(min(window, left))
        if not piece:
            raise TransferError(segment.path, "is shorter than it was written", "run the job again")
        left -= len(piece)
        yield piece


def merged(job: Job, segments: Sequence[Segment], memory: int, scratch: str) -> Iterator[bytes]:
    """The records of the segments in order, as blocks of safe lines, of which some may stand for several records.

    In passes when there are very many.
    """
    order = order_of(job)
    number = 0
    while len(segments) > FAN_IN:
        narrowed = []
        for start in range(0, len(segments), FAN_IN):
            group = segments[start : start + FAN_IN]
            path = os.path.join(scratch, f"merged-{number}")
            number += 1
            narrowed.append(_merge_to_file(path, group, order, memory))
        segments = narrowed
    return _merge(segments, order, memory)


def _merge(segments: Sequence[Segment], order: Order, memory: int) -> Iterator[bytes]:
    if len(segments) == 1:
        return read_segment(segments[0], BLOCK)
    window = window_of(len(segments), memory)
    blocks = merge([in_order(segment, window, order, memory) for segment in segments], order)
    return (piece for block in blocks for piece in cut(block))


def window_of(streams: int, memory: int) -> int:
    """Bytes to read ahead of each stream of a merge: of all streams they are sorted together, as objects."""
    return min(max(memory // (AS_OBJECTS * max(streams, 1)), 4096), WINDOW)


def in_order(segment: Segment, window: int, order: Order, memory: int) -> Iterator[bytes]:
    """The blocks of a segment to be merged with others: sorted, as nothing else can be merged."""
    blocks = read_segment(segment, window)
    if segment.in_order:
        return blocks
    directories = (os.path.dirname(segment.path),)
    return external_sort(blocks, order, memory=memory // 4, directories=directories)


def _merge_to_file(path: str, segments: Sequence[Segment], order: Order, memory: int) -> Segment:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    size = 0
    try:
        for block in _merge(segments, order, memory):
            write_all(block, descriptor)
            size += len(block)
    finally:
        os.close(descriptor)
    return Segment(path, 0, size)
