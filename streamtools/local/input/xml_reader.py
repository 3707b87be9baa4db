"""StreamXmlRecordReader: a record is what stands between two marks, marks included."""

import os
import re
from collections.abc import Iterator

from streamtools.errors import DataError
from streamtools.formats.batch import Pairs, batch_pairs
from streamtools.formats.hadoop_codecs import find_suffix, read_decoded, read_range
from streamtools.formats.writables import TEXT
from streamtools.java import strings as java_strings
from streamtools.java.class_names import CODEC_SUFFIXES
from streamtools.job import Job, Refused
from streamtools.local.input.split import Split

UNKNOWN, OUTSIDE, INSIDE = "unknown", "outside", "inside"  # of CDATA


class XmlReader:
    """Reads the records that begin in a split; the key is the record, the value is empty."""

    key_type = value_type = TEXT
    slices: tuple[()] = ()

    def __init__(self, split: Split, job: Job) -> None:
        begin, end = job.properties.input.xml_marks
        if not begin or not end:
            raise Refused("a mark is missing", "-inputreader StreamXmlRecordReader,begin=<a>,end=</a>")
        ahead = job.properties.input.xml_look_ahead
        decodes = is_decoded(split.path)
        pieces = read_decoded(split.path) if decodes else read_range(split.path, split.start)
        self.text = _Text(pieces, 0 if decodes else split.start)
        if job.properties.input.xml_marks_are_patterns:
            self.begin: _Literal | _Outside = _Outside(begin, ahead)
            self.end: _Literal | _Outside = _Outside(end, ahead)
            self.end.state = self.begin.state  # what is known of CDATA holds for both
        else:
            self.begin, self.end = _Literal(os.fsencode(begin)), _Literal(os.fsencode(end))
        self.limit = split.end
        self.records = 0
        self.bytes_read = split.length

    def pairs(self) -> Iterator[Pairs]:
        """Records in lists."""
        for pairs in batch_pairs((record, b"") for record in self._records()):
            self.records += len(pairs.keys)
            yield pairs

    def _records(self) -> Iterator[bytes]:
        text = self.text
        if first := self.begin.find(text):
            text.take(first[0])
        else:
            self.begin.give_up(text)
        while text.position < self.limit and (start := self.begin.find(text)):
            text.take(start[0])
            if text.position >= self.limit or not (end := self.end.find(text)):
                return
            yield self.end.record(text.take(end[1]))


def is_decoded(path: str) -> bool:
    """Whether a file is decoded: not one of a codec of Hadoop's, whose reader takes its bytes as they are."""
    return find_suffix(path) not in ("", *CODEC_SUFFIXES.values())


def _characters(data: bytes) -> str:
    """The bytes as a Java string, each of its 16-bit units a character."""
    text = java_strings.decode(data)
    if not text or max(text) < "\U00010000":
        return text
    return "".join(map(chr, memoryview(text.encode("utf-16-le")).cast("H")))


class _Text:
    """The bytes from `position` on, as many as have been asked for."""

    def __init__(self, pieces: Iterator[bytes], position: int) -> None:
        self.pieces, self.position = pieces, position
        self.held = b""
        self.ended = False

    def more(self) -> bool:
        """Hold one piece more; False at the end."""
        piece = next(self.pieces, b"")
        self.held += piece
        self.ended = not piece
        return bool(piece)

    def take(self, size: int) -> bytes:
        """The next bytes, which are then left behind."""
        taken, self.held = self.held[:size], self.held[size:]
        self.position += size
        return taken


class _Literal:
    """Finds a mark byte by byte: where a partial match fails, the search goes on behind the failing byte."""

    def __init__(self, mark: bytes) -> None:
        self.mark = mark

    def find(self, text: _Text) -> tuple[int, int] | None:
        """Where the next mark begins and ends, from the position of the text."""
        start = 0
        while True:
            found = text.held.find(self.mark, start)
            while found >= 0 and self._in_partial_match(text.held, found):
                found = text.held.find(self.mark, found + 1)
            if found >= 0:
                return found, found + len(self.mark)
            start = max(len(text.held) - len(self.mark) + 1, 0)
            if not text.more():
                return None

    def give_up(self, text: _Text) -> None:
        """Leave behind what was looked through for nothing: all."""

    def record(self, data: bytes) -> bytes:
        """A record out of the bytes taken for it."""
        return data

    def _in_partial_match(self, data: bytes, position: int) -> bool:
        first = max(position - len(self.mark) + 1, 0)
        return any(
            data[start:position] == self.mark[: position - start] and not self._in_partial_match(data, start)
            for start in range(first, position)
            if data[start] == self.mark[0]
        )


class _Outside:
    """Finds a mark, which is a regular expression, outside CDATA as far as the look-ahead tells.

    Until a CDATA section has ended it is not known whether the text began inside one; then the first mark counts,
    unless the end of a section follows somewhere in the look-ahead: this makes all marks before it void.

    Hadoop looks at the characters of a Java string, counts them as bytes, and writes the low byte of each.
    """

    def __init__(self, mark: str, ahead: int) -> None:
        try:
            self.tokens = re.compile(rf"(CDATA\[)|(\]\]>)|({mark})", re.ASCII)
        except re.error as error:
            raise DataError(
                "StreamXmlRecordReader", f"{mark!r}: {error}", "with slowmatch a mark is a pattern"
            ) from None
        self.looked_at = ""
        self.ahead = ahead
        self.state = [UNKNOWN]

    def find(self, text: _Text) -> tuple[int, int] | None:
        """Where the next mark begins and ends, from the position of the text."""
        while len(text.held) < self.ahead and text.more():
            pass
        state, first, accepted = self.state[0], None, False
        self.looked_at = _characters(text.held[: self.ahead])
        for token in self.tokens.finditer(self.looked_at):
            if token[2] is not None:
                state, first = OUTSIDE, None
            elif token[1] is not None:
                state = INSIDE
            else:
                first = first or token.span()
                accepted = state == OUTSIDE
                if accepted:
                    break
        if state != UNKNOWN:
            self.state[0] = OUTSIDE
        return first if accepted or state == UNKNOWN else None

    def give_up(self, text: _Text) -> None:
        """Leave behind what was looked through for nothing, which does not count as read."""
        text.held = text.held[self.ahead :]

    def record(self, data: bytes) -> bytes:
        """A record out of the bytes taken for it."""
        return data if self.looked_at.isascii() else bytes(ord(unit) & 0xFF for unit in self.looked_at[: len(data)])
