"""The order of keys and their partitions, as a job asks for them, over safe lines."""

import os

from streamtools.formats.writables import LONG, Writable
from streamtools.java import class_names
from streamtools.job import Job
from streamtools.keyspec import sort_key
from streamtools.local.shuffle.safe_lines import unescape, unescape_all
from streamtools.partition import MASK, Partitions, field_hash, hash_many, remember
from streamtools.records import has_one_value
from streamtools.sort.order import Order, sort_lines

KEY_FIELD_COMPARATORS = (class_names.KEY_FIELD_COMPARATOR, class_names.NEW_KEY_FIELD_COMPARATOR)


def order_of(job: Job) -> Order:
    """Return the order of keys that the job asks for."""
    comparator = job.properties.shuffle.comparator
    if comparator == class_names.LONG_DECREASING:
        return Order(reverse=True)
    options = job.properties.shuffle.comparator_options
    if comparator not in KEY_FIELD_COMPARATORS or not options:
        return Order()
    key = sort_key(options, job.properties.shuffle.key_separator)
    return Order(key=key and (lambda data: key(unescape(data))))


def partitions_of(job: Job, key: Writable) -> Partitions:
    """Return the partitions of the job's partitioner for keys of this class."""
    if job.partitioner == class_names.KEY_FIELD_PARTITIONER:
        shuffle = job.properties.shuffle
        separator = os.fsdecode(shuffle.key_separator)
        hash_field = field_hash(shuffle.partitioner_options, separator, shuffle.partition_fields)
        hash_key = remember(lambda safe: hash_field(key.to_string(unescape(safe))) & MASK)
        return Partitions(job.reduces, lambda keys: list(map(hash_key, keys)))
    if key.class_name == LONG.class_name:
        return Partitions(job.reduces, lambda keys: [_hash_long(unescape(safe)) for safe in keys])
    return Partitions(job.reduces, lambda keys: hash_many(unescape_all(keys)))


def _hash_long(data: bytes) -> int:
    number = int.from_bytes(data, "big") ^ 1 << 63
    return (number ^ number >> 32) & MASK


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
