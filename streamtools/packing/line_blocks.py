"""Blocks of whole lines, and where each of their bytes comes from."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from streamtools.inputs import Source


class SourceRange(NamedTuple):
    """Bytes of one source in a block. size: bytes in the block, one more than in the source if an LF was added."""

    source: Source
    start: int
    end: int
    size: int


class LineBlock(NamedTuple):
    """Whole lines, and the ranges of sources that they come from, in order."""

    data: bytes
    ranges: tuple[SourceRange, ...]

    @property
    def size(self) -> int:
        return len(self.data)


def cut_into_blocks(sources: Iterable[tuple[Source, int, Iterator[bytes]]], size: int) -> Iterator[LineBlock]:
    """Yield the lines of all sources, each with the offset of its first byte, in blocks of at most `size` bytes.

    A longer line is a block of its own. A source that does not end in LF gets one. Where blocks end depends on the
    bytes alone, not on the chunks in which they come.
    """
    gathered = _Gathered(size)
    for source, offset, chunks in sources:
        last = b""
        for chunk in chunks:
            if chunk:
                gathered.add(source, offset, chunk)
                offset, last = offset + len(chunk), chunk[-1:]
                yield from gathered.take_full()
        if last not in (b"", b"\n"):
            gathered.end_line()
            yield from gathered.take_full()
    yield from gathered.take_rest()


class _Gathered:
    """Chunks that are in no block yet, and the ranges of sources that they are from."""

    def __init__(self, size: int) -> None:
        self.limit = size
        self.chunks: list[bytes] = []
        self.ranges: deque[SourceRange] = deque()
        self.held = 0
        self.wanted = size + 1  # bytes to hold before looking for the end of a line again

    def add(self, source: Source, offset: int, chunk: bytes) -> None:
        """Append a chunk that begins at an offset of a source."""
        last = self.ranges[-1] if self.ranges else None
        if last and last.source == source and last.end == offset and last.size == last.end - last.start:
            self.ranges[-1] = last._replace(end=offset + len(chunk), size=last.size + len(chunk))
        else:
            self.ranges.append(SourceRange(source, offset, offset + len(chunk), len(chunk)))
        self.chunks.append(chunk)
        self.held += len(chunk)

    def end_line(self) -> None:
        """Append an LF that is not in the source."""
        self.ranges[-1] = self.ranges[-1]._replace(size=self.ranges[-1].size + 1)
        self.chunks.append(b"\n")
        self.held += 1

    def take_full(self) -> Iterator[LineBlock]:
        """Yield blocks as long as more bytes are held than one may have."""
        if self.held < self.wanted:
            return
        data = b"".join(self.chunks)
        start = 0
        self.wanted = self.limit + 1
        while len(data) - start > self.limit:
            cut = data.rfind(b"\n", start, start + self.limit) + 1 or data.find(b"\n", start + self.limit) + 1
            if not cut:
                self.wanted = 2 * (len(data) - start)  # a line that is longer than all that is held
                break
            yield LineBlock(data[start:cut], self._take_ranges(cut - start))
            start = cut
        self.chunks = [data[start:]] if start < len(data) else []
        self.held = len(data) - start

    def take_rest(self) -> Iterator[LineBlock]:
        """Yield all that is held."""
        if self.held:
            self.wanted = 0
            yield from self.take_full()
        if self.held:
            yield LineBlock(b"".join(self.chunks), self._take_ranges(self.held))

    def _take_ranges(self, size: int) -> tuple[SourceRange, ...]:
        """Remove and return the ranges of the first `size` bytes."""
        taken = []
        while size:
            first = self.ranges[0]
            if first.size <= size:
                taken.append(self.ranges.popleft())
            else:
                cut = first.start + size
                taken.append(SourceRange(first.source, first.start, cut, size))
                self.ranges[0] = SourceRange(first.source, cut, first.end, first.size - size)
            size -= taken[-1].size
        return tuple(taken)
