"""What the stdin of a stage passes through on its way: ranges left out, bytes counted.

A feed takes the role of a stage and its stdin, and returns the stdin that the stage gets.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

Blocks = Iterable[bytes]
Feed = Callable[[str, Blocks], Blocks]
Range = tuple[int, int]  # of bytes: from the first up to the second
Meter = Callable[[int, int], None]  # takes the bytes and the records given so far

NOWHERE = (1 << 63, 1 << 63)
SAMPLED = 16  # every how many blocks records are counted; the others are estimated from these


def feed_for(role: str, change: Callable[[Blocks], Blocks]) -> Feed:
    """Return a feed that changes the stdin of one role and leaves that of the others as it is."""
    return lambda of, stdin: change(stdin) if of == role else stdin


def leave_out(blocks: Blocks, ranges: Sequence[Range]) -> Iterator[bytes]:
    """Yield the bytes of all blocks except those in the ranges, which are in order and do not overlap."""
    base = 0
    waiting = iter(ranges)
    start, end = next(waiting, NOWHERE)
    for block in blocks:
        position, limit = base, base + len(block)
        while start < limit:
            if position < start:
                yield block[position - base : start - base]
            position = max(position, min(end, limit))
            if end > limit:
                break
            start, end = next(waiting, NOWHERE)
        if position < limit:
            yield block[position - base :] if position > base else block
        base = limit


def measure(blocks: Blocks, meter: Meter) -> Iterator[bytes]:
    """Yield the blocks; tell `meter` the bytes, and the records as estimated from every sixteenth block."""
    size = sampled = records = 0
    for number, block in enumerate(blocks):
        if number % SAMPLED == 0:
            sampled += len(block)
            records += block.count(b"\n")
        size += len(block)
        meter(size, size * records // max(sampled, 1))
        yield block
