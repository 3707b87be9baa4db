"""Sorting of blocks of whole lines, as text, and by whole lines where that provably gives the order of the keys.

The bytes are decoded as Latin-1, which keeps their order and costs 1 ns a line: for text, list.sort has a comparison
without a call (330 ns a line of a 5 MB block, 407 for bytes), and str.join is faster too (62 and 101 ns).
Comparing whole lines saves the keys, 75 ns a line to cut them out and as much memory as the lines.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import accumulate, repeat
from operator import add, mul

from streamtools.sort.order import Order, sort_lines

COUNT = "\1"  # parts a line and its count in a run; sorts below all bytes of lines that compare as a whole
LONGEST_VALUE = 64  # bytes; a common value is worth finding only where it is short
IN_CACHE = 1 << 16  # bytes of text of which the lines, as objects, stay in a cache of 1 MiB
ENTRY = 160  # bytes that a counted line takes besides its text: 49 to 64 as an object, the rest for the Counter
AT_ONCE = 8192  # counted lines that are written out together
TRIED = 16384  # lines after which it shows that hardly any are equal
PAUSE = 16  # chunks that are sorted without a thought of counting after one that was not worth it


def common_value(block: bytes, order: Order) -> bytes | None:
    """What follows the key in every line of the block, when it is one and the same and whole lines sort as keys do.

    None when the lines have to be compared by their keys. Lines without a separator have the value b"".
    """
    if order.key is not None or order.fields != 1 or len(order.separator) != 1:
        return None
    if order.separator <= COUNT.encode() or COUNT.encode() in block:
        return None
    if not order.plain_keys and _holds_below(block, order.separator[0]):
        return None
    separators = block.count(order.separator)
    if order.any_values or not separators:
        return b""
    value = block[block.find(order.separator) : block.find(b"\n") + 1]
    if not 0 < len(value) <= LONGEST_VALUE or separators != block.count(b"\n"):
        return None
    # every line ends in the value, which begins with a separator, and there are no other separators
    return value if separators == block.count(value) else None


def _holds_below(block: bytes, separator: int) -> bool:
    """Whether a byte below the separator, other than LF, occurs in the block."""
    below = bytes(byte for byte in range(separator) if byte != 10)
    if len(below) <= 16:  # memchr for each, 2 ns a line in all for TAB
        return any(bytes((byte,)) in block for byte in below)
    return len(block.translate(None, below)) != len(block)


def pieces(text: str, size: int) -> Iterator[str]:
    """Cut a text of whole lines into pieces of about `size`."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + size) + 1 or len(text)
        yield text[start:end]
        start = end


def sort_by_keys(text: str, order: Order) -> bytes:
    """The lines sorted by their keys."""
    lines = _lines(text)
    del text
    return _joined(sort_lines(lines, order))


def sort_whole(text: str, order: Order) -> bytes:
    """The lines sorted as a whole: first pieces that stay in the cache, then all of them together.

    The objects of the second sort lie in memory piece by piece in their order, so that it walks through memory instead
    of jumping about: 560 ns a line in all, 790 without the first step.
    """
    if len(text) > 2 * IN_CACHE and not order.unique:
        lines = []
        for piece in pieces(text, IN_CACHE):
            part = _lines(piece)
            part.sort(reverse=order.reverse)
            lines.append("\n".join(part))
        lines.append("")
        text = "\n".join(lines)
    return _sort_at_once(text, order)


def _begins_sorted(text: str) -> bool:
    """Whether the first lines are in order, one way or the other: then timsort needs one comparison a line."""
    lines = _lines(next(pieces(text, IN_CACHE), ""))
    ordered = sorted(lines)
    return lines == ordered or lines[::-1] == ordered


def _sort_at_once(text: str, order: Order) -> bytes:
    lines = _lines(text)
    if order.unique:
        lines = list(set(lines))
    ordered = sorted(lines, reverse=order.reverse)
    if ordered == lines and not order.unique:  # 5 ns a line where they are the same objects, and saves the join, 60 ns
        return text.encode("latin-1")
    del text, lines
    return _joined(ordered)


def merged(text: str, order: Order, whole: bool, limit: int) -> Iterator[bytes]:
    """The pieces of a round as sorted blocks: one, or several of about `limit` bytes where lines were counted."""
    if not whole:
        yield sort_by_keys(text, order)
        return
    counted = COUNT in text
    lines = _lines(text)
    del text
    if order.unique:
        lines = list(set(lines))
    lines.sort(reverse=order.reverse)
    if counted:
        yield from unpacked(lines, limit)
    else:
        yield _joined(lines)


def unpacked(entries: list[str], limit: int) -> Iterator[bytes]:
    """Write counted lines out, in blocks of at most `limit` bytes, or one line with its repetitions if that is longer.

    The lines are taken by thousands, since each of them makes half a dozen objects on its way.
    """
    for start in range(0, len(entries), AT_ONCE):
        parted = map(str.partition, entries[start : start + AT_ONCE], repeat(COUNT))
        lines, _, counts = zip(*parted, strict=True)
        times = [int(count or 1) for count in counts]
        lines = tuple(map(add, lines, repeat("\n")))
        for first, end in _groups(map(mul, map(len, lines), times), limit):
            yield "".join(map(mul, lines[first:end], times[first:end])).encode("latin-1")


def _groups(sizes: Iterable[int], limit: int) -> Iterator[tuple[int, int]]:
    """Ranges of consecutive sizes that add up to at most `limit`, or hold one only."""
    ends = list(accumulate(sizes))
    first = 0
    while first < len(ends):
        reach = (ends[first - 1] if first else 0) + limit
        end = max(first + 1, bisect_right(ends, reach, first))
        yield first, end
        first = end


class ChunkSorter:
    """Sorts chunk after chunk of lines that compare as a whole; where equal lines abound, it counts them instead.

    Counted lines stay here, from chunk to chunk, until there are too many or `flush`: 10 M words of a vocabulary of
    200,000 cost 200 ns each, and the merge next to nothing; sorted they cost 560 ns and 250 more in the merge.
    memory: bytes that the counted lines may take; block: bytes of the longest block to give.
    """

    def __init__(self, order: Order, memory: int, block: int) -> None:
        self._order, self._memory, self._block = order, memory, block
        self._counts: Counter[str] = Counter()
        self._absorbed = 0
        self._pause = 0
        self._never = order.unique

    def sort(self, text: str) -> Iterator[bytes]:
        """Take the lines; give sorted blocks, of these lines or of some that were taken before, or none."""
        if _begins_sorted(text):
            yield _sort_at_once(text, self._order)
            return
        if self._never or self._pause or len(text) > self._block:
            self._pause = max(0, self._pause - 1)
            yield sort_whole(text, self._order)
            return
        trial = not self._absorbed
        for piece in pieces(text, IN_CACHE):
            lines = _lines(piece)
            self._counts.update(lines)
            self._absorbed += len(lines)
            distinct, full = len(self._counts), len(self._counts) * (ENTRY + len(piece) // len(lines)) > self._memory
            if trial and (distinct > 0.9 * self._absorbed > TRIED or (full and 2 * distinct > self._absorbed)):
                break
            if full:
                self._pause = PAUSE if 2 * distinct > self._absorbed else 0
                trial = False
                yield from self.flush()
        if trial and 2 * len(self._counts) > self._absorbed:  # they are still all here, and better sorted
            self._pause = PAUSE
            self._forget()
            yield sort_whole(text, self._order)

    def flush(self) -> Iterator[bytes]:
        """Give what was counted: each line once, with its count."""
        lines = sorted(self._counts, reverse=self._order.reverse)
        texts: list[str] = []
        free = self._block
        for start in range(0, len(lines), AT_ONCE):
            part = lines[start : start + AT_ONCE]
            counted = list(map(add, part, map(f"{COUNT}%d\n".__mod__, map(self._counts.__getitem__, part))))
            for first, end in _groups(map(len, counted), self._block):
                text = "".join(counted[first:end])
                if len(text) > free:
                    yield "".join(texts).encode("latin-1")
                    texts, free = [], self._block
                texts.append(text)
                free -= len(text)
        self._forget()
        if texts:
            yield "".join(texts).encode("latin-1")

    def _forget(self) -> None:
        self._counts.clear()
        self._absorbed = 0


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    lines.pop()
    return lines


def _joined(lines: list[str]) -> bytes:
    lines.append("")
    return "\n".join(lines).encode("latin-1")
