"""Keys of several fields, for reducers that take the first TAB of a line for the end of its key.

A TAB within a key is written as two other bytes before the reducer sees it, and restored in what it prints.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from streamtools.records import block_of, lines_of, whole_lines
from streamtools.stage import Transform

MARK, ITSELF, TAB = b"\x01", b"\x01\x02", b"\x01\x03"  # what begins an escape; the escapes of that byte and of TAB
FIRST_FIELDS = r"\s*-k\s*1,(\d+)[nr]*\s*"


def with_key_fields(transform: Transform, fields: int) -> Transform:
    """Return a reducer for which the first so many fields of a line are its key."""

    def reduce(blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in whole_lines(transform(_hide(block, fields) for block in blocks)):
            yield _show(block) if MARK in block else block

    return reduce


def fields_in_task(environment: Mapping[str, str]) -> int:
    """Return of how many fields the keys are that come together in a task of Hadoop, by its environment.

    These are the fields of the mapper's key, or, where KeyFieldBasedPartitioner looks at its first ones alone, as in a
    secondary sort or a join, those.
    """
    if environment.get("stream_map_output_field_separator", "\t") != "\t":
        return 1  # the TAB that ends the key is the first one then
    fields = _number(environment.get("stream_num_map_output_key_fields", ""))
    if environment.get("mapred_partitioner_class", "").endswith("KeyFieldBasedPartitioner"):
        match = re.fullmatch(FIRST_FIELDS, environment.get("mapreduce_partition_keypartitioner_options", ""))
        chosen = environment.get("num_key_fields_for_partition", "") or (match[1] if match else "1")
        fields = min(fields, _number(chosen))
    return fields


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and int(text) else 1


def _hide(block: bytes, fields: int) -> bytes:
    lines = []
    for line in lines_of(block):
        parts = line.split(b"\t", fields)
        key = parts[:fields]
        if MARK in line:
            key = [field.replace(MARK, ITSELF) for field in key]
        lines.append(b"\t".join([TAB.join(key), *parts[fields:]]))
    return block_of(lines)


def _show(block: bytes) -> bytes:
    lines = []
    for line in lines_of(block):
        key, tab, rest = line.partition(b"\t")
        lines.append(key.replace(TAB, b"\t").replace(ITSELF, MARK) + tab + rest)
    return block_of(lines)
