"""Record readers: one per input format, each for one split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from streamtools.errors import DataError
from streamtools.formats.batch import Pairs, split_lines
from streamtools.formats.writables import TEXT, Writable
from streamtools.java import class_names
from streamtools.job import Job
from streamtools.local.input.line_reader import LineReader
from streamtools.local.input.split import Split
from streamtools.records import lines_of

if TYPE_CHECKING:
    from streamtools.inputs.cuts import MemberSlice


SEQUENCE_FORMATS = (class_names.SEQUENCE_INPUT, class_names.SEQUENCE_AS_TEXT_INPUT, class_names.AUTO_INPUT)


class Reader(Protocol):
    """The records of a split; a LineReader also has `blocks`, which cost nothing per record."""

    @property
    def key_type(self) -> Writable:
        """Class of the keys."""

    @property
    def value_type(self) -> Writable:
        """Class of the values."""

    @property
    def records(self) -> int:
        """Number of records read so far."""

    @property
    def bytes_read(self) -> int:
        """Bytes of the file that the records were read from."""

    @property
    def slices(self) -> Sequence[MemberSlice]:
        """Slices read of members of archives that lie in several splits."""

    def pairs(self) -> Iterator[Pairs]:
        """Yield batches of keys and values."""


def open_reader(job: Job, split: Split) -> Reader:
    """Return the reader of the job's input format for a split. Raises DataError for an unknown -inputreader."""
    settings = job.properties.input
    input_format = job.input_format
    if job.reads_xml:
        from streamtools.local.input.xml_reader import XmlReader

        return XmlReader(split, job)
    if input_format == class_names.STREAM_INPUT and "LineRecordReader" not in settings.reader:
        problem = f"Class not found: {settings.reader}"
        raise DataError("stream.recordreader.class", problem, f"use {class_names.XML_READER}")
    if input_format in (class_names.KEY_VALUE_INPUT, class_names.STREAM_INPUT):
        return KeyValueReader(LineReader(split, longest=settings.longest_line), settings.separator)
    if input_format in SEQUENCE_FORMATS:
        from streamtools.formats.sequence_file import SequenceAsTextReader, SequenceReader, is_sequence_file

        if input_format != class_names.AUTO_INPUT or is_sequence_file(split.path):
            reader = SequenceReader(split.path, split.start, split.length)
            return SequenceAsTextReader(reader) if input_format == class_names.SEQUENCE_AS_TEXT_INPUT else reader
    return LineReader(split, delimiter_of(job), settings.longest_line)


def delimiter_of(job: Job) -> bytes | None:
    """Return what ends a line of the job's input, None for the usual line ends."""
    return job.properties.input.delimiter if job.input_format == class_names.TEXT_INPUT else None


def line_reader_of(reader: Reader) -> LineReader | None:
    """Return what reads the lines of a reader's records; None if they are not made of lines."""
    lines = reader.lines if isinstance(reader, KeyValueReader) else reader
    return lines if isinstance(lines, LineReader) else None


class KeyValueReader:
    """Reads lines as key and value, split at the first separator; a line without one is a key with an empty value."""

    key_type = value_type = TEXT

    def __init__(self, lines: LineReader, separator: bytes) -> None:
        self.lines, self.separator = lines, separator

    @property
    def records(self) -> int:
        """Number of records read so far."""
        return self.lines.records

    @property
    def bytes_read(self) -> int:
        """Bytes of the file that the records were read from."""
        return self.lines.bytes_read

    @property
    def slices(self) -> list[MemberSlice]:
        """Slices read of members of archives that lie in several splits."""
        return self.lines.slices

    def pairs(self) -> Iterator[Pairs]:
        """Yield batches of keys and values."""
        for block in self.lines.blocks():
            yield split_lines(lines_of(block), self.separator)
