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
Beyond = Callable[[Any, Any], bool]  # whether the first comparable sorts after the second one


def in_order(_block: bytes) -> bool:
    """Let the records of equal keys in no block come in any order."""
    return False


def in_any_order(_block: bytes) -> bool:
    """Let the records of equal keys in every block come in any order."""
    return True


def merge(
    streams: Sequence[Iterator[bytes]], order: Order, any_order: Callable[[bytes], bool] = in_order
) -> Iterator[bytes]:
    """Merge streams of blocks of whole lines, each sorted; records of equal keys come in the order of the streams.

    any_order: returns whether the records of equal keys in a block may come in any order, and whole lines compare as
    their keys do, so that no key has to be taken out of its line: a third of the time.
    """
    cursors = [Cursor(stream, order, whole=False) for stream in streams]
    blocks = (_sort_round(pieces, order, any_order) for pieces in rounds(cursors, order, whole=False))
    return unique_across(blocks, order) if order.unique else blocks


def _sort_round(pieces: Round, order: Order, any_order: Callable[[bytes], bool]) -> bytes:
    """Return the lines of a round, sorted."""
    if len(pieces) == 1 and not order.unique:
        return pieces[0]
    block = b"".join(pieces)
    if any_order(block):
        return sort_keys(str(block, "latin-1"), "\n", order)
    value = common_value(block, block.count(b"\n"), order)
    if value is None:
        return sort_by_keys(block, order)
    ending = str(value, "latin-1")
    return sort_keys(str(block, "latin-1"), ending, order, ending)


class Cursor:
    """A place in a sorted stream of blocks, and the lines behind it that are in memory.

    whole: whole lines are compared, not only their keys. first, last: what is compared of the first and last line in
    memory; that of the stream's first line may be known before the stream is opened. rank: number of the stream.
    ended: whether the stream has no more lines than those in memory.
    """

    __slots__ = ("_key_of", "_stream", "_wanted", "block", "ended", "first", "last", "rank")

    def __init__(self, stream: Iterable[bytes], order: Order, whole: bool, first: Any = None) -> None:
        self._stream = iter(stream)
        self._key_of: Callable[[bytes], Any] | None = None if whole else order.key_function(is_text=False)
        self._wanted = 0
        self.rank = 0
        self.block = b""
        self.ended = False
        self.first = first
        self.last: Any = None

    def fill(self) -> bool:
        """Read on if less than half of a block is left; return whether there are lines in memory."""
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
        """Take all lines that are in memory."""
        block, self.block, self.first = self.block, b"", None
        return block

    def take(self, limit: Any, beyond: Beyond, inclusive: bool) -> bytes:
        """Take the lines that sort before the limit, or up to and with it if `inclusive`."""

        def is_due(comparable: Any) -> bool:
            return inclusive if comparable == limit else beyond(limit, comparable)

        if not is_due(self.first):
            return b""
        if is_due(self.last):
            return self.take_all()
        end = self._end_of(is_due)
        piece, self.block, self.first = self.block[:end], self.block[end:], None
        return piece

    def _end_of(self, is_due: Callable[[Any], bool]) -> int:
        """Return where the first line begins that is not due, found by a bisection over lines."""
        block, key_of, low, high = self.block, self._key_of, 0, len(self.block)
        while low < high:
            middle = (low + high) // 2
            start = block.rfind(b"\n", low, middle) + 1 or low
            end = block.find(b"\n", middle)
            line = block[start:end]
            if is_due(key_of(line) if key_of else line):
                low = end + 1
            else:
                high = start
        return low


def rounds(cursors: list[Cursor], order: Order, whole: bool) -> Iterator[Round]:
    """Yield the rounds of a merge. whole: whole lines compare as their keys do, in all streams together.

    Between half a block and one and a half of each stream that has begun are in memory. A stream whose first line is
    known waits unopened until the merge gets there, so that streams which follow each other, as of input that was
    sorted already, are read one after the other. Raises DataError if a stream is not sorted.
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
        if not pieces:  # of sorted streams, the limiting one gives at least all that it has in memory
            raise DataError("merge", "an input is not in order", "sort it first, or check it with st-sort -c")
        yield pieces


def _limiting(cursors: list[Cursor], beyond: Beyond) -> Cursor | None:
    """Return the cursor with the smallest last line of those that have not ended; of several, the first."""
    limiting = None
    for cursor in cursors:
        if not cursor.ended and (limiting is None or beyond(limiting.last, cursor.last)):
            limiting = cursor
    return limiting


def _last_of(cursors: list[Cursor], beyond: Beyond) -> Any:
    """Return the greatest of the last lines of the cursors."""
    last = cursors[0].last
    for cursor in cursors:
        if beyond(cursor.last, last):
            last = cursor.last
    return last


def _take(cursors: list[Cursor], limiting: Cursor | None, beyond: Beyond, whole: bool) -> Round:
    """Take from each cursor what sorts up to the last line of the limiting one; everything if there is none.

    A cursor gives its lines of that last key only if its rank is not higher than that of the limiting one, which may
    have more lines of the key to come; those have to come first.
    """
    if limiting is None:
        return [cursor.take_all() for cursor in cursors]
    limit, rank = limiting.last, limiting.rank
    taken = [cursor.take(limit, beyond, whole or cursor.rank <= rank) for cursor in cursors]
    return [piece for piece in taken if piece]


def unique_across(blocks: Iterable[bytes], order: Order) -> Iterator[bytes]:
    """Yield blocks without a first record whose key was the last one of the block before.

    Each block by itself has unique records.
    """
    previous = None
    for block in blocks:
        if previous is not None and order.key_of(block[: block.find(b"\n")]) == previous:
            block = block[block.find(b"\n") + 1 :]
        if block:
            previous = order.key_of(block[block.rfind(b"\n", 0, -1) + 1 : -1])
            yield block
