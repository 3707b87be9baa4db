"""Input that nobody has sorted, noticed by a key that comes again.

All keys of a long input would not fit the memory. The first ones are kept, and the input is compared with them there
and wherever the keys do not rise: in the order of sort that is nowhere, and in a log, or where one sorted file follows
another, at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streamtools.errors import DataError
from streamtools.records import lines_of
from streamtools.reducers.grouping import columns, run_starts
from streamtools.reducers.numbers import quote

LOOK = 1 << 20  # bytes that are looked at from the beginning, and from each place where keys do not rise
MOST = 32 << 20  # bytes that are looked at in all: keys in another order than that of bytes rise nowhere
REMEDY = "the input is not sorted by key: put st-sort before, or add --unsorted if equal keys need not meet"


def check_grouped(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Pass blocks of whole lines on. Raises DataError if it sees a key again that others have followed."""
    known: set[bytes] = set()
    last: bytes | None = None
    seen = looked = 0
    until = LOOK
    for block in blocks:
        first, end = _ends(block)
        if last is not None and not last <= first <= end:
            until = seen + LOOK
        if seen < until and looked < MOST:
            _look(block, known, last, keeps=seen < LOOK)
            looked += len(block)
        seen, last = seen + len(block), end
        yield block


def _ends(block: bytes) -> tuple[bytes, bytes]:
    """Return the first key of a block and the last one."""
    end = block.rfind(b"\n", 0, -1) + 1
    return block[: block.find(b"\n")].partition(b"\t")[0], block[end:-1].partition(b"\t")[0]


def _look(block: bytes, known: set[bytes], last: bytes | None, *, keeps: bool) -> None:
    """Compare the keys of a block with the known ones, and keep them. last: that of the block before."""
    keys, _ = columns(lines_of(block))
    found = [keys[start] for start in run_starts(keys)]
    if found[0] == last:
        del found[0]
    if len(set(found)) < len(found) or not known.isdisjoint(found):
        before = set(known)
        for key in found:
            if key in before:
                raise DataError(f"key {quote(key)}", "comes again after other keys", REMEDY)
            before.add(key)
    if keeps:
        known.update(found)
