"""Lines of a split by Hadoop's rules: LF, CR and CRLF all end one, and so does the end of the file.

A line belongs to the split in which the one before it ended: the reader drops what comes before the first end of a
line in its split (unless it is the first split), and reads on past its end up to the next one. So a split is a range
of whole lines, found once; what comes after is blocks.
"""

import os
from collections.abc import Iterator
from itertools import accumulate, chain

from streamtools.formats.batch import Pairs
from streamtools.formats.hadoop_codecs import decoded, file_bytes, format_of, suffix_of
from streamtools.formats.lines import with_line_feeds
from streamtools.formats.writables import LONG, TEXT, of_long
from streamtools.inputs.cuts import EncodedRange, MemberSlice, open_range
from streamtools.inputs.locations import is_remote
from streamtools.local.input.split import Split
from streamtools.records import whole_lines

MARK = b"\xef\xbb\xbf"  # a byte order mark, dropped at the start of a file
WINDOW = 1 << 16


def first_line_after(path: str, position: int, delimiter: bytes | None = None) -> int:
    """Where the first line begins that starts after byte `position`, as seen by a reader that starts there."""
    with open(path, "rb") as file:
        file.seek(position)
        window = b""
        base = position
        while piece := file.read(WINDOW):
            window += piece
            end = _end_of_line(window, delimiter)
            if end is None and delimiter is None and window.endswith(b"\r"):
                continue
            if end is not None:
                return base + end
            keep = 0 if delimiter is None else len(delimiter) - 1
            base += len(window) - keep
            window = window[len(window) - keep :]
        return base + len(window)


def _end_of_line(window: bytes, delimiter: bytes | None) -> int | None:
    """The position after the first line of a window; None when no more can be told from it."""
    if delimiter is not None:
        found = window.find(delimiter)
        return None if found < 0 else found + len(delimiter)
    feed, carriage = window.find(b"\n"), window.find(b"\r")
    if carriage < 0 or 0 <= feed < carriage:
        return None if feed < 0 else feed + 1
    if carriage + 1 == len(window):
        return None
    return carriage + 2 if feed == carriage + 1 else carriage + 1


class LineReader:
    """Reads the lines of a split, as blocks of lines or as pairs of byte offset and line.

    delimiter: ends a record in place of LF, CR and CRLF; longest: a line is kept when it is shorter with its ending.
    """

    key_kind, value_kind = LONG, TEXT

    def __init__(self, split: Split, delimiter: bytes | None = None, longest: int = 0) -> None:
        self.split, self.delimiter, self.longest = split, delimiter, longest
        self.is_plain = not suffix_of(split.path) and not is_remote(split.path)
        self.slices: list[MemberSlice] = []  # of members of archives that lie in several splits; see `inputs.cuts`
        self.records = 0
        self.bytes_read = 0
        self.first = 0  # offset of the first line
        self.mark = 0  # bytes of a mark before it

    def blocks(self) -> Iterator[bytes]:
        """All lines in blocks, ended by LF whatever ended them. A record that holds LF looks like several lines."""
        if self.delimiter is not None or self.longest:
            for pairs in self.pairs():
                yield b"\n".join([*pairs.values, b""])
            return
        for block in whole_lines(with_line_feeds(self._bytes())):
            self.records += block.count(b"\n")
            yield block

    def pairs(self) -> Iterator[Pairs]:
        """Each line with the offset of its first byte."""
        position: int | None = None
        for kept in self._with_endings():
            position = self.first if position is None else position
            offsets = list(accumulate(map(len, kept), initial=position))
            if position == self.mark > 0:
                offsets[0] = 0  # the mark is not read, but the line begins with it
            position = offsets.pop()
            if self.longest:
                self._give_up(offsets, kept)
                chosen = [index for index, line in enumerate(kept) if len(line) < self.longest]
                offsets, kept = [offsets[index] for index in chosen], [kept[index] for index in chosen]
            self.records += len(kept)
            yield Pairs(list(map(of_long, offsets)), self._without_endings(kept))

    def _give_up(self, offsets: list[int], lines: list[bytes]) -> None:
        """A line that is too long is skipped no further than to the end of the split: there the next one begins."""
        end = self.split.end
        if self.is_plain and offsets[-1] + self.longest <= end < offsets[-1] + len(lines[-1]):
            lines[-1] = lines[-1][end - offsets[-1] :]
            offsets[-1] = end

    def sizes(self) -> Iterator[list[int]]:
        """The number of bytes of each line, its ending included."""
        mark = None
        for lines in self._with_endings():
            sizes = list(map(len, lines))
            if mark is None:
                mark = self.mark
                sizes[0] += mark
            yield sizes

    def _with_endings(self) -> Iterator[list[bytes]]:
        """Lines with what ended them, in lists."""
        rest = b""
        for piece in self._bytes():
            rest += piece
            lines = self._parted(rest)
            rest = lines.pop() if lines else b""
            if lines:
                yield lines
        if rest:
            yield [rest]

    def _parted(self, data: bytes) -> list[bytes]:
        """All lines of the data but the last, which may be empty, and which more data may still change."""
        if self.delimiter is not None:
            parts = data.split(self.delimiter)
            return [*(part + self.delimiter for part in parts[:-1]), parts[-1]]
        lines = data.splitlines(keepends=True)  # of bytes: exactly at LF, CR and CRLF
        return [*lines, b""] if lines and lines[-1].endswith(b"\n") else lines

    def _without_endings(self, lines: list[bytes]) -> list[bytes]:
        if self.delimiter is not None:
            return [line.removesuffix(self.delimiter) for line in lines]
        return [line.rstrip(b"\r\n") for line in lines]  # one ending each, as a line has no other CR or LF

    def _bytes(self) -> Iterator[bytes]:
        """The bytes of all whole lines of the split."""
        path, start, end = self.split.path, self.split.start, self.split.end
        if self.split.encoded:
            pieces = self._range_lines(self.split.encoded)
        elif suffix_of(path) == ".bz2" and not self.split.is_whole:
            pieces = self._bzip2_lines()
        elif not self.is_plain:
            pieces = decoded(path)
        else:
            size = os.path.getsize(path)
            self.first = first_line_after(path, start, self.delimiter) if start else 0
            if self.longest and self.first > end >= start + self.longest:  # so far it is skipped, and then given up
                self.first = end
            last = first_line_after(path, end, self.delimiter) if end < size else size
            pieces = file_bytes(path, self.first, last) if last > self.first else iter(())
        self.bytes_read += self.split.length
        return self._without_mark(pieces) if start == 0 else pieces

    def _without_mark(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        head = b""
        for piece in pieces:
            head += piece
            if len(head) >= len(MARK):
                break
        if head.startswith(MARK):
            self.first = self.mark = len(MARK)
        return chain([head.removeprefix(MARK)], pieces) if head else pieces

    def _range_lines(self, encoded: EncodedRange) -> Iterator[bytes]:
        """The lines of a range of a compressed file, the last one finished from what follows."""
        path = self.split.path
        self.first = self.split.start  # what came before is not decoded only to be counted
        with open_range(path, format_of(path), encoded, self.slices.append) as (own, following):
            yield from lines_of_range(own, following, encoded, self.delimiter)

    def _bzip2_lines(self) -> Iterator[bytes]:
        """The lines of the blocks that begin in the split, the last one finished from the block after them."""
        from streamtools.formats.bzip2_blocks import blocks

        dropping = self.split.start > 0
        finishing = b""
        for position, plain in blocks(self.split.path, self.split.start):
            if dropping:
                if position >= self.split.end:  # where the dropped line ends, or its next block begins
                    return
                end = _end_of_line(plain, self.delimiter)
                if end is None:
                    continue
                plain, dropping = plain[end:], False
            if position >= self.split.end:
                finishing += plain
                if (end := _end_of_line(finishing, self.delimiter)) is not None:
                    yield finishing[:end]
                    return
            else:
                yield plain
        yield finishing


def lines_of_range(
    own: Iterator[bytes], following: Iterator[bytes], encoded: EncodedRange, delimiter: bytes | None = None
) -> Iterator[bytes]:
    """The bytes of the lines of a range: those that begin in it or right at its end, unless a line begins there anyway.

    All of its own bytes are taken, so that they are verified also where no line of it begins.
    """
    begun = encoded.begins_line
    dropped = b""  # the end of what is dropped, in which the end of a line may begin
    for piece in own:
        if not begun:
            dropped += piece
            end = _end_of_line(dropped, delimiter)
            if end is None:
                dropped = _undecided(dropped, delimiter)
                continue
            begun, piece = True, dropped[end:]
        yield piece
    if encoded.ends_line:
        return
    if begun:
        yield from _through_first_line(following, delimiter)
    elif dropped:
        yield from _begun_at_border(dropped, following, delimiter)


def _begun_at_border(dropped: bytes, following: Iterator[bytes], delimiter: bytes | None) -> Iterator[bytes]:
    """The line after an ending that lies across the border, as far as the next range will not take it for its own."""
    head, size = b"", 1 if delimiter is None else len(delimiter) - 1
    while len(head) < size and (piece := next(following, b"")):
        head += piece
    end = _end_of_line(dropped + head[:size], delimiter)
    if end is not None:
        skipped = end - len(dropped)
        for piece in _through_first_line(chain([head], following), delimiter):
            yield piece[skipped:]
            skipped = max(skipped - len(piece), 0)


def _through_first_line(pieces: Iterator[bytes], delimiter: bytes | None) -> Iterator[bytes]:
    """The pieces up to the first end of a line, which is the last byte given."""
    held = b""
    for piece in pieces:
        held += piece
        end = _end_of_line(held, delimiter)
        if end is not None:
            yield held[:end]
            return
        rest = _undecided(held, delimiter)
        yield held[: len(held) - len(rest)]
        held = rest
    yield held


def _undecided(held: bytes, delimiter: bytes | None) -> bytes:
    """The last bytes of what has no end of a line, which may be the beginning of one."""
    size = held.endswith(b"\r") if delimiter is None else len(delimiter) - 1
    return held[max(len(held) - size, 0) :] if size else b""
