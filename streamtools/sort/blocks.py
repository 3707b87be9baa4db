"""Sorting of blocks of whole lines as Latin-1 text: by their keys, or as bare keys where all values are the same.

Decoding keeps the order of the bytes and costs 1 ns a line; for text, list.sort has a comparison without a call (320 ns
a line of a 5 MB block, 370 for bytes) and str.join is faster too (60 and 105 ns).
Where all lines of a block end in the same value, as the pairs of a count do, splitting at that value costs what
splitting at LF does and leaves the keys; they sort without a key function, and the value is put back by the join.
"""

from __future__ import annotations

from collections.abc import Iterator

from streamtools.records import block_of, lines_of
from streamtools.sort.counting import COUNT, KeyCounter, expand_counts
from streamtools.sort.order import Order, sort_lines

LONGEST_VALUE = 64  # bytes; a common value is worth finding only where it is short
IN_CACHE = 1 << 16  # bytes of text whose lines, as objects, stay in a cache of 1 MiB
PAUSE = 64  # chunks to be sorted without a try at counting, after one that was not worth it


def common_value(block: bytes, lines: int, order: Order) -> bytes | None:
    """Return what follows the key in each of the block's lines, LF included, if it is the same in all, else None.

    None too where keys do not compare as bytes. Lines without a separator have the value LF.
    """
    if not order.compares_bytes or len(order.separator) != 1:
        return None
    if COUNT.encode() in block:
        return None
    end = block.find(b"\n") + 1
    start = block.find(order.separator, 0, end)
    value = block[start:end] if start >= 0 else b"\n"
    if len(value) > LONGEST_VALUE or not block.endswith(value):
        return None
    if block.count(order.separator) != lines * value.count(order.separator):
        return None
    # All separators belong to values, so no key holds one.
    return value if value == b"\n" or block.count(value) == lines else None


def cut_text(text: str, size: int) -> Iterator[str]:
    """Yield a text of whole lines in pieces of whole lines, each a little longer than `size`."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + size) + 1 or len(text)
        yield text[start:end]
        start = end


def sort_by_keys(block: bytes, order: Order) -> bytes:
    """Return the lines of a block sorted by their keys.

    Short ones as text, where keys compare as bytes do: lines of 12 bytes take 310 ns each, as bytes 350; those of a log
    take about as long either way, and text costs two copies more.
    """
    if order.key is not None or block.count(b"\n", 0, 4096) < 100:
        return block_of(sort_lines(lines_of(block), order))
    lines = _split(str(block, "latin-1"), "\n")
    del block
    return _join(sort_lines(lines, order))


def sort_bare(text: str, value: str, order: Order) -> bytes:
    """Return the keys of lines that all end in the value, sorted, as lines.

    First pieces that stay in the cache, then all of them together: the objects of the second sort lie in memory piece
    by piece in their order, so that it walks through memory instead of jumping about (270 ns a line in all, 400
    without the first step, for 1 MiB of short lines).
    """
    if len(text) > 2 * IN_CACHE and not order.unique:
        parts = []
        for piece in cut_text(text, IN_CACHE):
            keys = _split(piece, value)
            keys.sort(reverse=order.reverse)
            keys.append("")
            parts.append("\n".join(keys))
        text, value = "".join(parts), "\n"
        del parts, keys
    return sort_keys(text, value, order)


def sort_keys(text: str, value: str, order: Order, ending: str = "\n") -> bytes:
    """Return the keys of lines that all end in the value, sorted, each with the ending."""
    keys = _split(text, value)
    del text
    if order.unique:
        keys = list(set(keys))
    keys.sort(reverse=order.reverse)
    return _join(keys, ending)


def write_lines(text: str, value: str, order: Order, limit: int) -> Iterator[bytes]:
    """Yield the lines that bare keys stand for, sorted, each with the value.

    In one block; or in blocks of at most `limit` bytes, or of one line if that is longer, where keys are counted or a
    value much longer than the keys makes more of them.
    """
    if COUNT not in text and len(text) + (len(value) - 1) * text.count("\n") <= 2 * limit:
        yield sort_keys(text, "\n", order, value)
        return
    entries = _split(text, "\n")
    if order.unique:
        entries = list(set(entries))
    entries.sort(reverse=order.reverse)
    yield from expand_counts(entries, value, limit)


class ChunkSorter:
    """Sorts one chunk after the other, of lines of one common value; where equal keys abound, it counts them instead.

    Counted keys stay here, from chunk to chunk, until there are too many or `flush`: 10 M words of a vocabulary of
    200,000 cost 200 ns each, and the merge next to nothing; sorted they cost 300 ns and 150 more in the merge.
    memory: bytes that the counted keys may take; limit: bytes of the longest block to give.
    """

    def __init__(self, order: Order, memory: int, limit: int) -> None:
        self._order, self._limit = order, limit
        self._counter = KeyCounter(order, memory, limit)
        self._pause = 0

    def sort(self, block: bytes, value: bytes) -> Iterator[bytes]:
        """Take lines; yield sorted blocks of bare keys, of these lines or of some that were taken before, or none."""
        if len(self._counter):
            yield from self._count(block, value)
            return
        text, ending = str(block, "latin-1"), str(value, "latin-1")
        if _begins_sorted(text, ending):
            yield sort_keys(text, ending, self._order)
            return
        if not (self._pause or self._order.unique or len(block) > self._limit):
            if _has_repeated_keys(block, value):
                yield from self._count(block, value)
                return
            self._pause = PAUSE
        self._pause = max(0, self._pause - 1)
        yield sort_bare(text, ending, self._order)

    def _count(self, block: bytes, value: bytes) -> Iterator[bytes]:
        start = 0
        while start < len(block):
            end = block.find(b"\n", start + IN_CACHE) + 1 or len(block)
            keys = block[start:end].split(value)
            keys.pop()
            has_room = self._counter.add(keys, (end - start) // len(keys))
            if not has_room:
                self._pause = 0 if self._counter.pays else PAUSE
                yield from self._counter.flush()
            start = end

    def flush(self) -> Iterator[bytes]:
        """Yield what was counted: each key once, with its count."""
        return self._counter.flush()


def _has_repeated_keys(block: bytes, value: bytes) -> bool:
    """Return whether less than half of the keys in the first quarter of a chunk are different."""
    end = block.find(b"\n", max(IN_CACHE, len(block) // 4)) + 1 or len(block)
    keys = block[:end].split(value)
    return 2 * len(set(keys)) < len(keys)


def _begins_sorted(text: str, value: str) -> bool:
    """Return whether the first keys are in order, one way or the other: then timsort needs one comparison a line."""
    keys = _split(next(cut_text(text, IN_CACHE), ""), value)
    ordered = sorted(keys)
    return keys == ordered or keys[::-1] == ordered


def _split(text: str, value: str) -> list[str]:
    keys = text.split(value)
    keys.pop()
    return keys


def _join(lines: list[str], ending: str = "\n") -> bytes:
    lines.append("")
    return ending.join(lines).encode("latin-1")
