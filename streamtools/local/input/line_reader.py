"""The lines of a split by Hadoop's rules: LF, CR and CRLF all end one, and so does the end of the file.

A line belongs to the split in which the line before it ended: the reader drops what comes before the first line end in
its split, unless it is the first split, and reads on past its end up to the next one. So a split is a range of whole
lines, whose borders are found once; after that the reader yields blocks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import accumulate, chain
from typing import TYPE_CHECKING

from streamtools.formats.batch import Pairs
from streamtools.formats.hadoop_codecs import find_format, find_suffix, read_decoded, read_range
from streamtools.formats.text_lines import normalize_line_ends
from streamtools.formats.writables import LONG, TEXT, encode_long
from streamtools.inputs.locations import is_remote
from streamtools.local.input.line_cutting import read_between
from streamtools.local.input.line_ends import find_line_end, find_line_start, read_range_lines
from streamtools.local.input.split import Split
from streamtools.records import BLOCK, count_lines, whole_lines

if TYPE_CHECKING:
    from streamtools.inputs.cuts import EncodedRange, MemberSlice

LARGE = 1 << 18  # bytes of a compressed file from which on a thread decodes it ahead of the mapper
AHEAD = 16  # chunks that it holds at most, of 256 KiB for most codecs
MARK = b"\xef\xbb\xbf"  # a byte order mark, dropped at the start of a file


class LineReader:
    """Reads the lines of a split: `blocks` as blocks of lines, `pairs` as batches of byte offset and line.

    delimiter: ends a line instead of LF, CR and CRLF. longest: a line is skipped if it has this many bytes or more,
    its line end included; 0 for no limit.
    """

    key_type, value_type = LONG, TEXT

    def __init__(self, split: Split, delimiter: bytes | None = None, longest: int = 0) -> None:
        self.split, self.delimiter, self.longest = split, delimiter, longest
        self.is_plain = not find_suffix(split.path) and not is_remote(split.path)
        self.slices: list[MemberSlice] = []  # of members of archives that lie in several splits; see `inputs.cuts`
        self.records = 0
        self.bytes_read = 0
        self.first = 0  # offset of the first line
        self.mark = 0  # bytes of the byte order mark before it
        self.on_read: Callable[[int], None] | None = None  # called with encoded bytes as they are read

    def blocks(self) -> Iterator[bytes]:
        """Yield all lines in blocks, with LF as their end. A record that holds LF looks like several lines."""
        if self.delimiter is not None or self.longest:
            for pairs in self.pairs():
                yield b"\n".join([*pairs.values, b""])
            return
        for block in whole_lines(normalize_line_ends(self._read())):
            self.records += count_lines(block)
            yield block

    def pairs(self) -> Iterator[Pairs]:
        """Yield batches of lines, each with the offset of its first byte as its key."""
        position: int | None = None
        for lines in self._read_lines():
            position = self.first if position is None else position
            offsets = list(accumulate(map(len, lines), initial=position))
            if position == self.mark > 0:
                offsets[0] = 0  # the mark is dropped, but the line begins with it
            position = offsets.pop()
            if self.longest:
                self._cut_at_end(offsets, lines)
                chosen = [index for index, line in enumerate(lines) if len(line) < self.longest]
                offsets, lines = [offsets[index] for index in chosen], [lines[index] for index in chosen]
            self.records += len(lines)
            yield Pairs(list(map(encode_long, offsets)), self._strip_ends(lines))

    def sizes(self) -> Iterator[list[int]]:
        """Yield lists of the number of bytes of each line, its line end included."""
        mark = None
        for lines in self._read_lines():
            sizes = list(map(len, lines))
            if mark is None:
                mark = self.mark
                sizes[0] += mark
            yield sizes

    def _cut_at_end(self, offsets: list[int], lines: list[bytes]) -> None:
        """Let a long last line that reaches beyond the split begin at its end: Hadoop skips it only so far."""
        end = self.split.end
        if self.is_plain and offsets[-1] + self.longest <= end < offsets[-1] + len(lines[-1]):
            lines[-1] = lines[-1][end - offsets[-1] :]
            offsets[-1] = end

    def _read_lines(self) -> Iterator[list[bytes]]:
        """Yield lists of lines with their line ends."""
        rest = b""
        for chunk in self._read():
            rest += chunk
            lines = self._split_lines(rest)
            rest = lines.pop() if lines else b""
            if lines:
                yield lines
        if rest:
            yield [rest]

    def _split_lines(self, data: bytes) -> list[bytes]:
        """Split data into lines; the last one, which may be empty, may go on in the bytes that follow."""
        if self.delimiter is not None:
            *lines, rest = data.split(self.delimiter)
            return [*(line + self.delimiter for line in lines), rest]
        lines = data.splitlines(keepends=True)  # of bytes: exactly at LF, CR and CRLF
        return [*lines, b""] if lines and lines[-1].endswith(b"\n") else lines

    def _strip_ends(self, lines: list[bytes]) -> list[bytes]:
        if self.delimiter is not None:
            return [line.removesuffix(self.delimiter) for line in lines]
        return [line.rstrip(b"\r\n") for line in lines]  # one line end each, as a line has no other CR or LF

    def _read(self) -> Iterator[bytes]:
        """Return an iterator over the bytes of all lines of the split."""
        if self.split.share:
            chunks = self._read_decoded_lines()
        elif self.split.encoded:
            chunks = self._read_encoded(self.split.encoded)
        elif find_suffix(self.split.path) == ".bz2" and not self.split.is_whole:
            chunks = self._read_bzip2()
        elif self.is_plain:
            chunks = self._read_plain()
        else:
            chunks = self._read_whole()
        self.bytes_read += self.split.packed
        return self._drop_mark(chunks) if self.split.start == 0 else chunks

    def _read_plain(self) -> Iterator[bytes]:
        """Find the lines of the split in a plain file, and return an iterator over their bytes."""
        path, start, end = self.split.path, self.split.start, self.split.end
        size = os.path.getsize(path)
        self.first = find_line_start(path, start, self.delimiter) if start else 0
        if self.longest and self.first > end >= start + self.longest:  # the dropped line is skipped only so far
            self.first = end
        last = find_line_start(path, end, self.delimiter) if end < size else size
        return read_range(path, self.first, last) if last > self.first else iter(())

    def _read_whole(self) -> Iterator[bytes]:
        """Return an iterator over the decoded bytes of the file, of a large one while its records are mapped."""
        if self.split.length < LARGE and not is_remote(self.split.path):
            return self._decode()
        from streamtools.inputs.threads import run_ahead

        return run_ahead(self._decode, AHEAD)

    def _decode(self) -> Iterator[bytes]:
        return read_decoded(self.split.path, self.split.member, on_read=self.on_read)

    def _drop_mark(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Drop a byte order mark at the beginning."""
        head = b""
        for chunk in chunks:
            head += chunk
            if len(head) >= len(MARK):
                break
        if head.startswith(MARK):
            self.first = self.mark = len(MARK)
        return chain([head.removeprefix(MARK)], chunks) if head else chunks

    def _read_decoded_lines(self) -> Iterator[bytes]:
        """Yield the lines that were decoded for the split; if that was not done, decode its file."""
        split = self.split
        if lines := split.lines:
            self.first = lines.first
            for at in range(0, lines.size, BLOCK):  # by pread: attempts that run at once share one position
                yield os.pread(lines.descriptor, min(BLOCK, lines.size - at), at)
            return
        end = None if split.share and split.share.is_last else split.end
        is_first = True
        for position, chunk in read_between(self._decode(), split.start, end, self.delimiter):
            if is_first:
                self.first, is_first = position, False
            yield chunk

    def _read_encoded(self, encoded: EncodedRange) -> Iterator[bytes]:
        """Yield the lines of a range of a compressed file; the last one is completed from what follows."""
        from streamtools.inputs.cuts import open_range

        path = self.split.path
        self.first = self.split.start  # an estimate: what comes before is not decoded to count it
        opened = open_range(path, find_format(path), encoded, self.slices.append, self.split.member, self.on_read)
        with opened as (own, following):
            yield from read_range_lines(own, following, encoded, self.delimiter)

    def _read_bzip2(self) -> Iterator[bytes]:
        """Yield the lines of the blocks that begin in the split; the last one is completed from the next block."""
        from streamtools.inputs.cuts.bzip2_blocks import decode_blocks

        dropping = self.split.start > 0
        completing = b""
        last = self.split.start
        for position, block in decode_blocks(self.split.path, self.split.start):
            if self.on_read:
                self.on_read(position - last)
            last = position
            if dropping:
                if position >= self.split.end:  # where the dropped line ends, or goes on into the next split
                    return
                end = find_line_end(block, self.delimiter)
                if end is None:
                    continue
                block, dropping = block[end:], False
            if position >= self.split.end:
                completing += block
                if (end := find_line_end(completing, self.delimiter)) is not None:
                    yield completing[:end]
                    return
            else:
                yield block
        yield completing
