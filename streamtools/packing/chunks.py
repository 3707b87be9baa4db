"""Chunks of whole lines, and where each of their bytes comes from."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from streamtools.inputs import Source


class Stretch(NamedTuple):
    """Bytes of one source in a chunk. end: of what was read from it; size: with the LF that it lacked at its end."""

    source: Source
    start: int
    end: int
    size: int


class Chunk(NamedTuple):
    """Whole lines, and the stretches that they are made of, in order."""

    data: bytes
    stretches: tuple[Stretch, ...]

    @property
    def size(self) -> int:
        return len(self.data)


def chunks(sources: Iterable[tuple[Source, int, Iterator[bytes]]], size: int) -> Iterator[Chunk]:
    """The lines of all sources, each given with the offset of its first byte, in chunks of at most `size` bytes.

    A longer line is a chunk of its own. A source that does not end in LF gets one. Where chunks end depends on the
    bytes alone, not on the blocks in which they come.
    """
    gathered = _Gathered(size)
    for source, offset, blocks in sources:
        last = b""
        for block in blocks:
            if block:
                gathered.add(source, offset, block)
                offset, last = offset + len(block), block[-1:]
                yield from gathered.full()
        if last not in (b"", b"\n"):
            gathered.end_line()
            yield from gathered.full()
    yield from gathered.rest()


class _Gathered:
    """Bytes that are not given yet, in blocks and in the stretches from which they are."""

    def __init__(self, size: int) -> None:
        self.limit = size
        self.blocks: list[bytes] = []
        self.stretches: deque[Stretch] = deque()
        self.held = 0
        self.wanted = size + 1  # bytes to hold before looking for the end of a line again

    def add(self, source: Source, offset: int, block: bytes) -> None:
        last = self.stretches[-1] if self.stretches else None
        if last and last.source == source and last.end == offset and last.size == last.end - last.start:
            self.stretches[-1] = last._replace(end=offset + len(block), size=last.size + len(block))
        else:
            self.stretches.append(Stretch(source, offset, offset + len(block), len(block)))
        self.blocks.append(block)
        self.held += len(block)

    def end_line(self) -> None:
        self.stretches[-1] = self.stretches[-1]._replace(size=self.stretches[-1].size + 1)
        self.blocks.append(b"\n")
        self.held += 1

    def full(self) -> Iterator[Chunk]:
        """Chunks, as long as more is held than one may have."""
        if self.held < self.wanted:
            return
        data = b"".join(self.blocks)
        start = 0
        self.wanted = self.limit + 1
        while len(data) - start > self.limit:
            cut = data.rfind(b"\n", start, start + self.limit) + 1 or data.find(b"\n", start + self.limit) + 1
            if not cut:
                self.wanted = 2 * (len(data) - start)  # a line that is longer than all that is held
                break
            yield Chunk(data[start:cut], self._taken(cut - start))
            start = cut
        self.blocks = [data[start:]] if start < len(data) else []
        self.held = len(data) - start

    def rest(self) -> Iterator[Chunk]:
        """All that is held."""
        if self.held:
            self.wanted = 0
            yield from self.full()
        if self.held:
            yield Chunk(b"".join(self.blocks), self._taken(self.held))

    def _taken(self, size: int) -> tuple[Stretch, ...]:
        """The stretches of the first `size` bytes, which are then forgotten."""
        taken = []
        while size:
            first = self.stretches[0]
            if first.size <= size:
                taken.append(self.stretches.popleft())
            else:
                cut = first.start + size
                taken.append(Stretch(first.source, first.start, cut, size))
                self.stretches[0] = Stretch(first.source, cut, first.end, first.size - size)
            size -= taken[-1].size
        return tuple(taken)
