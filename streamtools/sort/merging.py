"""Merging of sorted streams by blocks.

From each stream's buffer everything is taken up to the smallest of the buffers' last lines; together that is a round,
and one list.sort puts it in order, since timsort merges presorted pieces at the speed of C. Nothing that comes later
can belong before the end of a round.
"""

from __future__ import annotations

import operator
from bisect import insort
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from streamtools.errors import DataError
from streamtools.sort.blocks import common_value, sort_by_keys, sort_keys
from streamtools.sort.order import Order

Round = list[bytes]  # pieces of whole lines, each sorted, in the order of their streams
Beyond = Callable[[Any, Any], bool]
BEFORE: dict[tuple[Beyond, bool], Beyond] = {  # what is to be taken: by what lies beyond, and with the limit or without
    (operator.gt, False): operator.lt,
    (operator.gt, True): operator.le,
    (operator.lt, False): operator.gt,
    (operator.lt, True): operator.ge,
}


def merge(streams: Sequence[Iterator[bytes]], order: Order) -> Iterator[bytes]:
    """Merge streams of blocks of whole lines, each sorted, into one; records of equal keys come by order of stream."""
    cursors = [Cursor(stream, order, whole=False) for stream in streams]
    blocks = (_joined(pieces, order) for pieces in rounds(cursors, order, whole=False))
    return unique_across(blocks, order) if order.unique else blocks


def _joined(pieces: Round, order: Order) -> bytes:
    """The sorted block that a round makes."""
    if len(pieces) == 1 and not order.unique:
        return pieces[0]
    block = b"".join(pieces)
    value = common_value(block, block.count(b"\n"), order)
    if value is None:
        return sort_by_keys(block, order)
    ending = str(value, "latin-1")
    return sort_keys(str(block, "latin-1"), ending, order, ending)


class Cursor:
    """A place in a sorted stream of blocks, and the lines ahead of it that are in memory.

    first: the comparable of the stream's first line, if known before the stream is opened.
    """

    __slots__ = ("_key_of", "_stream", "_wanted", "block", "ended", "first", "last", "rank")

    def __init__(self, stream: Iterable[bytes], order: Order, whole: bool, first: Any = None) -> None:
        self._stream = iter(stream)
        self._key_of: Callable[[bytes], Any] | None = None if whole else order.key_of
        self._wanted = 0
        self.rank = 0
        self.block = b""
        self.ended = False
        self.first = first
        self.last: Any = None

    def fill(self) -> bool:
        """Read on when less than half of a block is left; return whether there is anything."""
        while not self.ended and len(self.block) <= self._wanted // 2:
            block = next(self._stream, None)
            if block is None:
                self.ended = True
            elif block:
                self._wanted = len(block)
                self.block += block
                self.last = self._comparable(self.block.rfind(b"\n", 0, -1) + 1, -1)
        if self.first is None and self.block:
            self.first = self._comparable(0, self.block.find(b"\n"))
        return bool(self.block)

    def _comparable(self, start: int, end: int) -> Any:
        line = self.block[start:end]
        return self._key_of(line) if self._key_of else line

    def take_all(self) -> bytes:
        """All that is in memory."""
        block, self.block, self.first = self.block, b"", None
        return block

    def take(self, limit: Any, beyond: Beyond, inclusive: bool) -> bytes:
        """The lines that sort before the limit, or with it too."""
        if beyond(self.first, limit) or (not inclusive and self.first == limit):
            return b""
        if beyond(limit, self.last) or (inclusive and self.last == limit):
            return self.take_all()
        end = self._end_of(limit, BEFORE[beyond, inclusive])
        piece, self.block, self.first = self.block[:end], self.block[end:], None
        return piece

    def _end_of(self, limit: Any, before: Beyond) -> int:
        """Where the first line begins that is not to be taken: a bisection over lines."""
        block, key_of, low, high = self.block, self._key_of, 0, len(self.block)
        while low < high:
            middle = (low + high) // 2
            start = block.rfind(b"\n", low, middle) + 1 or low
            end = block.find(b"\n", middle)
            line = block[start:end]
            if before(key_of(line) if key_of else line, limit):
                low = end + 1
            else:
                high = start
        return low


def rounds(cursors: list[Cursor], order: Order, whole: bool) -> Iterator[Round]:
    """The rounds of a merge. whole: whole lines compare as their keys do, in all streams together.

    Holds between a half and one and a half of a block of each stream in memory, of those only that have begun: a
    stream of which the first line is known waits unopened until the merge gets there, so that streams which follow
    each other, as of input that was sorted already, are read one by one.
    """
    beyond: Beyond = operator.lt if order.reverse else operator.gt
    for rank, cursor in enumerate(cursors):
        cursor.rank = rank
    known = [cursor for cursor in cursors if cursor.first is not None or cursor.fill()]
    waiting = deque(sorted(known, key=operator.attrgetter("first"), reverse=order.reverse))
    active: list[Cursor] = []
    while True:
        active = [cursor for cursor in active if cursor.fill()]
        limiting = _limiting(active, beyond)
        while waiting and (limiting is None or not beyond(waiting[0].first, limiting.last)):
            if limiting is None and active and beyond(waiting[0].first, _last_of(active, beyond)):
                break
            cursor = waiting.popleft()
            if cursor.fill():
                insort(active, cursor, key=operator.attrgetter("rank"))
                limiting = _limiting(active, beyond)
        if not active:
            return
        pieces = _take(active, limiting, beyond, whole)
        if not pieces:  # in order, the limiting cursor gives at least all that it has in memory
            raise DataError("merge", "an input is not in order", "sort it first, or check it with st-sort -c")
        yield pieces


def _limiting(cursors: list[Cursor], beyond: Beyond) -> Cursor | None:
    """The cursor with the smallest last line, the first one of several, of those that have more to come."""
    limiting = None
    for cursor in cursors:
        if not cursor.ended and (limiting is None or beyond(limiting.last, cursor.last)):
            limiting = cursor
    return limiting


def _last_of(cursors: list[Cursor], beyond: Beyond) -> Any:
    last = cursors[0].last
    for cursor in cursors:
        if beyond(cursor.last, last):
            last = cursor.last
    return last


def _take(cursors: list[Cursor], limiting: Cursor | None, beyond: Beyond, whole: bool) -> Round:
    """Take from each cursor what sorts up to the last line of the limiting one; everything if none has more to come.

    Of the key at the end of the round, a cursor gives its lines only if it does not come after the limiting one: that
    one may have more of the key, and these have to come first.
    """
    if limiting is None:
        return [cursor.take_all() for cursor in cursors]
    limit, rank = limiting.last, limiting.rank
    taken = [cursor.take(limit, beyond, whole or cursor.rank <= rank) for cursor in cursors]
    return [piece for piece in taken if piece]


def unique_across(blocks: Iterable[bytes], order: Order) -> Iterator[bytes]:
    """Blocks of unique records each, as one stream of unique records: the end of one may be the start of the next."""
    previous = None
    for block in blocks:
        if previous is not None and order.key_of(block[: block.find(b"\n")]) == previous:
            block = block[block.find(b"\n") + 1 :]
        if block:
            previous = order.key_of(block[block.rfind(b"\n", 0, -1) + 1 : -1])
            yield block
