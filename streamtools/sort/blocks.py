"""Sorting of blocks of whole lines as Latin-1 text: by their keys, or as bare keys where all values are the same.

Decoding keeps the order of the bytes and costs 1 ns a line; for text, list.sort has a comparison without a call (320 ns
a line of a 5 MB block, 370 for bytes) and str.join is faster too (60 and 105 ns).
Where all lines of a block end in the same value, as the pairs of a count do, splitting at that value costs what
splitting at LF does and leaves the keys; they sort without a key function, and the value is put back by the join.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import repeat
from operator import add

from streamtools.records import block_of, grouped, lines_of, repeated
from streamtools.sort.order import Order, sort_lines

COUNT = "\0"  # parts a bare key and its count in a run; no bare key holds it, and it sorts below all bytes
LONGEST_VALUE = 64  # bytes; a common value is worth finding only where it is short
IN_CACHE = 1 << 16  # bytes of text of which the lines, as objects, stay in a cache of 1 MiB
ENTRY = 160  # bytes that a counted key takes besides its text: 49 to 64 as an object, the rest for the Counter
AT_ONCE = 8192  # counted keys that are written out together
PAUSE = 64  # chunks that are sorted without a thought of counting after one that was not worth it


def common_value(block: bytes, lines: int, order: Order) -> bytes | None:
    """What follows the key in each of the block's lines, LF included, when it is one and the same; else None.

    None too where keys do not compare as bytes. Lines without a separator have the value LF.
    """
    if order.key is not None or order.fields != 1 or len(order.separator) != 1:
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
    # no separators but those of values, so that no key holds one
    return value if value == b"\n" or block.count(value) == lines else None


def pieces(text: str, size: int) -> Iterator[str]:
    """Cut a text of whole lines into pieces of about `size`."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + size) + 1 or len(text)
        yield text[start:end]
        start = end


def sort_by_keys(block: bytes, order: Order) -> bytes:
    """The lines sorted by their keys.

    Short ones as text, where keys compare as bytes do: lines of 12 bytes take 310 ns each, as bytes 350; those of a log
    take about as long either way, and text costs two copies more.
    """
    if order.key is not None or block.count(b"\n", 0, 4096) < 100:
        return block_of(sort_lines(lines_of(block), order))
    lines = _split(str(block, "latin-1"), "\n")
    del block
    return _joined(sort_lines(lines, order))


def sort_bare(text: str, value: str, order: Order) -> bytes:
    """The keys of lines that all end in the value, sorted, as lines.

    First pieces that stay in the cache, then all of them together: the objects of the second sort lie in memory piece
    by piece in their order, so that it walks through memory instead of jumping about (270 ns a line in all, 400
    without the first step, for 1 MiB of short lines).
    """
    if len(text) > 2 * IN_CACHE and not order.unique:
        parts = []
        for piece in pieces(text, IN_CACHE):
            keys = _split(piece, value)
            keys.sort(reverse=order.reverse)
            keys.append("")
            parts.append("\n".join(keys))
        text, value = "".join(parts), "\n"
        del parts, keys
    return sort_keys(text, value, order)


def sort_keys(text: str, value: str, order: Order, ending: str = "\n") -> bytes:
    """The keys of lines that all end in the value, sorted, each with the ending."""
    keys = _split(text, value)
    del text
    if order.unique:
        keys = list(set(keys))
    keys.sort(reverse=order.reverse)
    return _joined(keys, ending)


def write_out(text: str, value: str, order: Order, limit: int) -> Iterator[bytes]:
    """Bare keys, sorted, as blocks of lines: one, or several of at most `limit` bytes, or of one line if that is
    longer, where keys are counted or a value much longer than the keys makes more of them.
    """
    if COUNT not in text and len(text) + (len(value) - 1) * text.count("\n") <= 2 * limit:
        yield sort_keys(text, "\n", order, value)
        return
    entries = _split(text, "\n")
    if order.unique:
        entries = list(set(entries))
    entries.sort(reverse=order.reverse)
    yield from unpacked(entries, value, limit)


def unpacked(entries: list[str], value: str, limit: int) -> Iterator[bytes]:
    """The lines that counted keys stand for, in blocks of at most `limit` bytes, or of one line if that is longer.

    The keys are taken by thousands, since each of them makes half a dozen objects on its way.
    """
    for start in range(0, len(entries), AT_ONCE):
        parted = map(str.partition, entries[start : start + AT_ONCE], repeat(COUNT))
        lines, _, counts = zip(*parted, strict=True)
        times = [int(count or 1) for count in counts]
        for text in repeated(tuple(map(add, lines, repeat(value))), times, limit):
            yield text.encode("latin-1")


class ChunkSorter:
    """Sorts chunk after chunk of lines of one common value; where equal keys abound, it counts them instead.

    Counted keys stay here, from chunk to chunk, until there are too many or `flush`: 10 M words of a vocabulary of
    200,000 cost 200 ns each, and the merge next to nothing; sorted they cost 300 ns and 150 more in the merge.
    memory: bytes that the counted keys may take; block: bytes of the longest block to give.
    """

    def __init__(self, order: Order, memory: int, block: int) -> None:
        self._order, self._memory, self._block = order, memory, block
        self._counts: Counter[bytes] = Counter()  # bytes take 16 less than text: 210 ns a word, not 230
        self._absorbed = 0
        self._pause = 0

    def sort(self, block: bytes, value: bytes) -> Iterator[bytes]:
        """Take the lines; give sorted blocks of bare keys, of these or of some that were taken before, or none."""
        if self._counts:
            yield from self._count(block, value)
            return
        text, ending = str(block, "latin-1"), str(value, "latin-1")
        if _begins_sorted(text, ending):
            yield sort_keys(text, ending, self._order)
            return
        if not (self._pause or self._order.unique or len(block) > self._block):
            if self._abound(block, value):
                yield from self._count(block, value)
                return
            self._pause = PAUSE
        self._pause = max(0, self._pause - 1)
        yield sort_bare(text, ending, self._order)

    def _abound(self, block: bytes, value: bytes) -> bool:
        """Whether less than half of the keys of a chunk, in its first quarter, are different."""
        keys = block[: block.find(b"\n", max(IN_CACHE, len(block) // 4)) + 1 or len(block)].split(value)
        return 2 * len(set(keys)) < len(keys)

    def _count(self, block: bytes, value: bytes) -> Iterator[bytes]:
        start = 0
        while start < len(block):
            end = block.find(b"\n", start + IN_CACHE) + 1 or len(block)
            keys = block[start:end].split(value)
            keys.pop()
            self._counts.update(keys)
            self._absorbed += len(keys)
            if len(self._counts) * (ENTRY + (end - start) // len(keys)) > self._memory:
                self._pause = PAUSE if 2 * len(self._counts) > self._absorbed else 0
                yield from self.flush()
            start = end

    def flush(self) -> Iterator[bytes]:
        """Give what was counted: each key once, with its count."""
        keys = sorted(self._counts, reverse=self._order.reverse)
        texts: list[bytes] = []
        free = self._block
        for start in range(0, len(keys), AT_ONCE):
            part = keys[start : start + AT_ONCE]
            counted = list(map(add, part, map((COUNT.encode() + b"%d\n").__mod__, map(self._counts.__getitem__, part))))
            for first, end in grouped(map(len, counted), self._block):
                text = b"".join(counted[first:end])
                if len(text) > free:
                    yield b"".join(texts)
                    texts, free = [], self._block
                texts.append(text)
                free -= len(text)
        self._counts.clear()
        self._absorbed = 0
        if texts:
            yield b"".join(texts)


def _begins_sorted(text: str, value: str) -> bool:
    """Whether the first keys are in order, one way or the other: then timsort needs one comparison a line."""
    keys = _split(next(pieces(text, IN_CACHE), ""), value)
    ordered = sorted(keys)
    return keys == ordered or keys[::-1] == ordered


def _split(text: str, value: str) -> list[str]:
    keys = text.split(value)
    keys.pop()
    return keys


def _joined(lines: list[str], value: str = "\n") -> bytes:
    lines.append("")
    return value.join(lines).encode("latin-1")


def pin_arenas(size: int) -> list[bytes]:
    """Small objects, thinly spread over `size` bytes of Python's memory for objects, to be held while sorting.

    Python returns an arena of 1 MiB to the system when its last object goes, as all lines of a chunk do, and the next
    chunk pays for its pages anew, 2 us each: a fifth of the time of a sort.
    """
    each = bytes(31)  # takes 64 bytes with its header
    return [each + b"%d" % (number % 10) for number in range(size // 64)][:: (1 << 18) // 64]
