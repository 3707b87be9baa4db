"""Record readers: one per input format, each for one split.

A reader has the kinds of its keys and values, `pairs()`, and what it has read so far; one of plain lines has `blocks()`
of them too, which cost nothing per record.
"""

import os
from collections.abc import Iterator, Sequence
from typing import Protocol

from streamtools.errors import DataError
from streamtools.formats.batch import Pairs, split_lines
from streamtools.formats.sequence_file import AsTextReader, SequenceReader, is_sequence_file
from streamtools.formats.writables import TEXT, Kind
from streamtools.inputs.cuts import MemberSlice
from streamtools.job import Job, classes
from streamtools.local.input.line_reader import LineReader
from streamtools.local.input.split import Split
from streamtools.local.input.xml_reader import XmlReader
from streamtools.records import lines_of


class Reader(Protocol):
    """The records of a split."""

    @property
    def key_kind(self) -> Kind: ...

    @property
    def value_kind(self) -> Kind: ...

    @property
    def records(self) -> int:
        """How many records have been read."""

    @property
    def bytes_read(self) -> int:
        """How many bytes of the file the records were in."""

    @property
    def slices(self) -> Sequence[MemberSlice]:
        """What was read of members of archives that other splits have parts of."""

    def pairs(self) -> Iterator[Pairs]:
        """Keys and values in lists."""


def open_reader(job: Job, split: Split) -> Reader:
    """The reader of the job's input format for a split."""
    longest = job.number("mapreduce.input.linerecordreader.line.maxlength")
    input_format = job.input_format
    if input_format == classes.STREAM_INPUT and job.get("stream.recordreader.class") == classes.XML_READER:
        return XmlReader(split, job)
    if input_format == classes.STREAM_INPUT and "LineRecordReader" not in (
        named := job.get("stream.recordreader.class", "LineRecordReader")
    ):
        raise DataError("stream.recordreader.class", f"Class not found: {named}", f"take {classes.XML_READER}")
    if input_format in (classes.KEY_VALUE_INPUT, classes.STREAM_INPUT):
        told = job.get("mapreduce.input.keyvaluelinerecordreader.key.value.separator", "\t")
        separator = bytes([ord(told[0]) & 0xFF])  # as Java cuts a character down to a byte
        return KeyValueReader(LineReader(split, longest=longest), separator)
    if input_format == classes.SEQUENCE_INPUT:
        return SequenceReader(split.path, split.start, split.length)
    if input_format == classes.SEQUENCE_AS_TEXT_INPUT:
        return AsTextReader(SequenceReader(split.path, split.start, split.length))
    if input_format == classes.AUTO_INPUT and is_sequence_file(split.path):
        return SequenceReader(split.path, split.start, split.length)
    delimiter = job.properties.get("textinputformat.record.delimiter")
    if delimiter is not None and input_format == classes.TEXT_INPUT:
        return LineReader(split, os.fsencode(delimiter), longest)
    return LineReader(split, longest=longest)


class KeyValueReader:
    """Lines parted at the first separator; a line without is a key with an empty value."""

    key_kind = value_kind = TEXT

    def __init__(self, lines: LineReader, separator: bytes) -> None:
        self.lines, self.separator = lines, separator

    @property
    def records(self) -> int:
        return self.lines.records

    @property
    def bytes_read(self) -> int:
        return self.lines.bytes_read

    @property
    def slices(self) -> list[MemberSlice]:
        return self.lines.slices

    def pairs(self) -> Iterator[Pairs]:
        for block in self.lines.blocks():
            yield split_lines(lines_of(block), self.separator)
