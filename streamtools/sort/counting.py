"""Equal keys counted instead of sorted, and the form in which they stand in a run: a line `key NUL count`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import repeat
from operator import add

from streamtools.records import group_sizes, repeat_lines
from streamtools.sort.order import Order

COUNT = "\0"  # between a bare key and its count in a run; no bare key holds it, and it sorts below all other bytes
ENTRY = 160  # bytes that a counted key takes besides its text: 49 to 64 as an object, the rest in the Counter
AT_ONCE = 8192  # counted keys that are written out together, as each makes half a dozen objects


class KeyCounter:
    """Counts keys, and gives each once, with its count.

    memory: bytes that the counted keys may take. limit: bytes of the longest block to give.
    """

    def __init__(self, order: Order, memory: int, limit: int) -> None:
        self._order, self._memory, self._limit = order, memory, limit
        self._counts: Counter[bytes] = Counter()  # bytes take 16 less than text: 210 ns a word, not 230
        self._taken = 0

    def __len__(self) -> int:
        """Return the number of different keys."""
        return len(self._counts)

    def add(self, keys: list[bytes], mean_size: int) -> bool:
        """Count keys of this mean size in bytes; return whether there is room for more of them."""
        self._counts.update(keys)
        self._taken += len(keys)
        return len(self._counts) * (ENTRY + mean_size) <= self._memory

    @property
    def pays(self) -> bool:
        """Whether at most half of the keys that were taken are different."""
        return 2 * len(self._counts) <= self._taken

    def flush(self) -> Iterator[bytes]:
        """Yield what was counted as blocks of a run, and forget it."""
        keys = sorted(self._counts, reverse=self._order.reverse)
        texts: list[bytes] = []
        free = self._limit
        for start in range(0, len(keys), AT_ONCE):
            some = keys[start : start + AT_ONCE]
            endings = map((COUNT.encode() + b"%d\n").__mod__, map(self._counts.__getitem__, some))
            lines = list(map(add, some, endings))
            for first, end in group_sizes(map(len, lines), self._limit):
                text = b"".join(lines[first:end])
                if texts and len(text) > free:
                    yield b"".join(texts)
                    texts, free = [], self._limit
                texts.append(text)
                free -= len(text)
        self._counts.clear()
        self._taken = 0
        if texts:
            yield b"".join(texts)


def expand_counts(entries: list[str], value: str, limit: int) -> Iterator[bytes]:
    """Yield the lines that lines of a run stand for, counted or not, each with the value.

    In blocks of at most `limit` bytes, or of one line if that is longer.
    """
    for start in range(0, len(entries), AT_ONCE):
        parted = map(str.partition, entries[start : start + AT_ONCE], repeat(COUNT))
        keys, _, counts = zip(*parted, strict=True)
        times = [int(count or 1) for count in counts]
        for text in repeat_lines(tuple(map(add, keys, repeat(value))), times, limit):
            yield text.encode("latin-1")
