"""The order of keys and their partitions, as a job asks for them, over safe lines."""

import os

from streamtools.formats.batch import has_one_value
from streamtools.formats.writables import LONG, Kind
from streamtools.job import Job, classes
from streamtools.keyspec import sort_key
from streamtools.local.shuffle.safe_lines import unescape, unescape_all
from streamtools.partition import Partitions, field_hash, hash_many
from streamtools.sort import Order, sort_lines


def order_of(job: Job) -> Order:
    """Return the order of keys that the job asks for."""
    comparator = job.get("mapreduce.job.output.key.comparator.class")
    if comparator == classes.LONG_DECREASING:
        return Order(reverse=True)
    options = job.get("mapreduce.partition.keycomparator.options")
    if comparator != classes.KEY_FIELD_COMPARATOR or not options:
        return Order()
    key = sort_key(options, key_separator(job))
    return Order(key=key and (lambda data: key(unescape(data))))


def key_separator(job: Job) -> bytes:
    """Return what separates the fields of keys for the partitioner and the comparator by key fields."""
    return os.fsencode(job.get("mapreduce.map.output.key.field.separator", "\t"))


def partitions_of(job: Job, key: Kind) -> Partitions:
    """Return the partitions of the job's partitioner for keys of this class."""
    if job.partitioner == classes.KEY_FIELD_PARTITIONER:
        fields = job.number("num.key.fields.for.partition")
        options = job.get("mapreduce.partition.keypartitioner.options")
        hash_key = field_hash(options, os.fsdecode(key_separator(job)), fields)
        return Partitions(job.reduces, lambda keys: [hash_key(key.shown(unescape(safe))) for safe in keys])
    if key.java == LONG.java:
        return Partitions(job.reduces, lambda keys: [_hash_long(unescape(safe)) for safe in keys])
    return Partitions(job.reduces, lambda keys: hash_many(unescape_all(list(keys))))


def _hash_long(data: bytes) -> int:
    number = int.from_bytes(data, "big") ^ 1 << 63
    return (number ^ number >> 32) & 0xFFFFFFFF


def sort_block(block: bytes, order: Order) -> bytes:
    """Return a block of safe lines, sorted. Where all have one value, comparing whole lines is comparing keys.

    As Latin-1 text, which has the order of the bytes, lines sort in 330 ns each, as bytes in 407.
    """
    lines = str(block, "latin-1").split("\n")
    lines.pop()
    if order.key is None and has_one_value(block, len(lines)):
        lines.sort(reverse=order.reverse)
    else:
        lines = sort_lines(lines, order)
    lines.append("")
    return "\n".join(lines).encode("latin-1")
