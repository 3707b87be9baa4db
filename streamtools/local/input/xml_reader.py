"""StreamXmlRecordReader: a record is what stands between a begin and an end mark, marks included."""

import os
import re
from collections.abc import Iterator
from typing import Protocol

from streamtools.errors import DataError
from streamtools.formats.batch import Pairs, batch_pairs
from streamtools.formats.hadoop_codecs import find_suffix, read_decoded, read_range
from streamtools.formats.writables import TEXT
from streamtools.java import strings as java_strings
from streamtools.java.class_names import CODEC_SUFFIXES
from streamtools.job import Job, Refused
from streamtools.local.input.split import Split

UNKNOWN, OUTSIDE, INSIDE = "unknown", "outside", "inside"  # where in the text, with respect to CDATA


class XmlReader:
    """Reads the records that begin in a split; the key is the record, the value is empty."""

    key_type = value_type = TEXT
    slices: tuple[()] = ()

    def __init__(self, split: Split, job: Job) -> None:
        settings = job.properties.input
        begin, end = settings.xml_marks
        if not begin or not end:
            raise Refused("missing begin or end mark", "use -inputreader StreamXmlRecordReader,begin=<a>,end=</a>")
        is_decoded = _is_decoded(split.path)
        chunks = read_decoded(split.path) if is_decoded else read_range(split.path, split.start)
        self.text = _Text(chunks, 0 if is_decoded else split.start)
        self.begin: _Mark
        self.end: _Mark
        if settings.xml_marks_are_patterns:
            cdata = [UNKNOWN]  # what is known of CDATA holds for both marks
            self.begin = _PatternMark(begin, settings.xml_look_ahead, cdata)
            self.end = _PatternMark(end, settings.xml_look_ahead, cdata)
        else:
            self.begin, self.end = _LiteralMark(os.fsencode(begin)), _LiteralMark(os.fsencode(end))
        self.limit = split.end
        self.records = 0
        self.bytes_read = split.length

    def pairs(self) -> Iterator[Pairs]:
        """Yield batches of records."""
        for pairs in batch_pairs((record, b"") for record in self._read_records()):
            self.records += len(pairs.keys)
            yield pairs

    def _read_records(self) -> Iterator[bytes]:
        text = self.text
        if first := self.begin.find(text):
            text.take(first[0])
        else:
            self.begin.discard(text)
        while text.position < self.limit and (start := self.begin.find(text)):
            text.take(start[0])
            if text.position >= self.limit or not (end := self.end.find(text)):
                return
            yield self.end.to_record(text.take(end[1]))


def _is_decoded(path: str) -> bool:
    """Return whether a file is decoded; Hadoop's reader takes the bytes of a file of its own codecs as they are."""
    return find_suffix(path) not in ("", *CODEC_SUFFIXES.values())


class _Text:
    """The bytes from `position` on, as many as have been asked for."""

    def __init__(self, chunks: Iterator[bytes], position: int) -> None:
        self.chunks, self.position = chunks, position
        self.held = b""

    def read_more(self) -> bool:
        """Add a chunk to `held`; return False at the end."""
        chunk = next(self.chunks, b"")
        self.held += chunk
        return bool(chunk)

    def take(self, size: int) -> bytes:
        """Remove the next bytes and return them."""
        taken, self.held = self.held[:size], self.held[size:]
        self.position += size
        return taken


class _Mark(Protocol):
    """A mark that begins or ends a record."""

    def find(self, text: _Text) -> tuple[int, int] | None:
        """Return where the next mark begins and ends, from the position of the text."""

    def discard(self, text: _Text) -> None:
        """Drop what `find` has searched when no mark was found."""

    def to_record(self, data: bytes) -> bytes:
        """Return the record in the bytes taken for it."""


class _LiteralMark:
    """A mark found byte by byte; after a partial match the search goes on behind the byte that did not match."""

    def __init__(self, mark: bytes) -> None:
        self.mark = mark

    def find(self, text: _Text) -> tuple[int, int] | None:
        start = 0
        while True:
            found = text.held.find(self.mark, start)
            while found >= 0 and self._is_in_partial_match(text.held, found):
                found = text.held.find(self.mark, found + 1)
            if found >= 0:
                return found, found + len(self.mark)
            start = max(len(text.held) - len(self.mark) + 1, 0)
            if not text.read_more():
                return None

    def discard(self, text: _Text) -> None:
        """Drop nothing, as `find` has read to the end."""

    def to_record(self, data: bytes) -> bytes:
        return data

    def _is_in_partial_match(self, data: bytes, position: int) -> bool:
        first = max(position - len(self.mark) + 1, 0)
        return any(
            data[start:position] == self.mark[: position - start] and not self._is_in_partial_match(data, start)
            for start in range(first, position)
            if data[start] == self.mark[0]
        )


class _PatternMark:
    """A mark, which is a regular expression, found outside CDATA sections as far as the look-ahead shows them.

    Until a CDATA section has ended it is unknown whether the text began inside one. Then the first mark counts, unless
    a section ends later in the look-ahead, which makes all marks before that void.

    Hadoop looks at the characters of a Java string, counts them as bytes, and writes the low byte of each.

    cdata: UNKNOWN, OUTSIDE or INSIDE, in a list that begin and end mark share.
    """

    def __init__(self, mark: str, look_ahead: int, cdata: list[str]) -> None:
        try:
            self.tokens = re.compile(rf"(CDATA\[)|(\]\]>)|({mark})", re.ASCII)
        except re.error as error:
            remedy = "with slowmatch a mark is a regular expression"
            raise DataError("StreamXmlRecordReader", f"{mark!r}: {error}", remedy) from None
        self.searched = ""
        self.look_ahead = look_ahead
        self.cdata = cdata

    def find(self, text: _Text) -> tuple[int, int] | None:
        while len(text.held) < self.look_ahead and text.read_more():
            pass
        state, first, is_accepted = self.cdata[0], None, False
        self.searched = _to_characters(text.held[: self.look_ahead])
        for token in self.tokens.finditer(self.searched):
            if token[2] is not None:
                state, first = OUTSIDE, None
            elif token[1] is not None:
                state = INSIDE
            else:
                first = first or token.span()
                is_accepted = state == OUTSIDE
                if is_accepted:
                    break
        if state != UNKNOWN:
            self.cdata[0] = OUTSIDE
        return first if is_accepted or state == UNKNOWN else None

    def discard(self, text: _Text) -> None:
        """Drop the look-ahead, without counting it as read."""
        text.held = text.held[self.look_ahead :]

    def to_record(self, data: bytes) -> bytes:
        return data if self.searched.isascii() else bytes(ord(unit) & 0xFF for unit in self.searched[: len(data)])


def _to_characters(data: bytes) -> str:
    """Decode bytes to a Java string, with each of its 16-bit units as a character."""
    text = java_strings.decode(data)
    if not text or max(text) < "\U00010000":
        return text
    return "".join(map(chr, memoryview(text.encode("utf-16-le")).cast("H")))
