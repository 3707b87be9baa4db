"""Record readers: one per input format, each for one split.

A reader has the kinds of its keys and values, `pairs()`, and what it has read so far; one of plain lines has `blocks()`
of them too, which cost nothing per record.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from streamtools.errors import DataError
from streamtools.formats.batch import Pairs, split_lines
from streamtools.formats.sequence_file import SequenceAsTextReader, SequenceReader, is_sequence_file
from streamtools.formats.writables import TEXT, Writable
from streamtools.inputs.cuts import Slice
from streamtools.java import class_names
from streamtools.job import Job
from streamtools.local.input.line_reader import LineReader
from streamtools.local.input.split import Split
from streamtools.local.input.xml_reader import XmlReader
from streamtools.records import lines_of


class Reader(Protocol):
    """The records of a split."""

    @property
    def key_type(self) -> Writable: ...

    @property
    def value_type(self) -> Writable: ...

    @property
    def records(self) -> int:
        """How many records have been read."""

    @property
    def bytes_read(self) -> int:
        """How many bytes of the file the records were in."""

    @property
    def slices(self) -> Sequence[Slice]:
        """What was read of members of archives that other splits have parts of."""

    def pairs(self) -> Iterator[Pairs]:
        """Keys and values in lists."""


def open_reader(job: Job, split: Split) -> Reader:
    """The reader of the job's input format for a split."""
    longest = job.properties.input.longest_line
    input_format = job.input_format
    if job.reads_xml:
        return XmlReader(split, job)
    named = job.properties.input.reader
    if input_format == class_names.STREAM_INPUT and "LineRecordReader" not in named:
        raise DataError("stream.recordreader.class", f"Class not found: {named}", f"take {class_names.XML_READER}")
    if input_format in (class_names.KEY_VALUE_INPUT, class_names.STREAM_INPUT):
        return KeyValueReader(LineReader(split, longest=longest), job.properties.input.separator)
    if input_format == class_names.SEQUENCE_INPUT:
        return SequenceReader(split.path, split.start, split.length)
    if input_format == class_names.SEQUENCE_AS_TEXT_INPUT:
        return SequenceAsTextReader(SequenceReader(split.path, split.start, split.length))
    if input_format == class_names.AUTO_INPUT and is_sequence_file(split.path):
        return SequenceReader(split.path, split.start, split.length)
    delimiter = job.properties.input.delimiter
    if delimiter is not None and input_format == class_names.TEXT_INPUT:
        return LineReader(split, delimiter, longest)
    return LineReader(split, longest=longest)


class KeyValueReader:
    """Lines parted at the first separator; a line without is a key with an empty value."""

    key_type = value_type = TEXT

    def __init__(self, lines: LineReader, separator: bytes) -> None:
        self.lines, self.separator = lines, separator

    @property
    def records(self) -> int:
        return self.lines.records

    @property
    def bytes_read(self) -> int:
        return self.lines.bytes_read

    @property
    def slices(self) -> list[Slice]:
        return self.lines.slices

    def pairs(self) -> Iterator[Pairs]:
        for block in self.lines.blocks():
            yield split_lines(lines_of(block), self.separator)
