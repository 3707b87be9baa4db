"""What a collector holds between two spills."""

from collections.abc import Iterator

from streamtools.local.shuffle.safe_lines import write_out
from streamtools.local.shuffle.tally import Tally

PER_RECORD = 80  # bytes of a line as a Python object while it is sorted, beside three times its length


class Buffer:
    """Records as safe lines: counted by a tally while that pays, else as blocks.

    counts: try to count. saves_combiner: counting makes a run of the combiner unnecessary, so that it pays sooner.
    """

    def __init__(self, counts: bool, saves_combiner: bool) -> None:
        self.tally = Tally() if counts else None
        self.saves_combiner = saves_combiner
        self.blocks: list[bytes] = []  # all records, if there is no tally
        self.size = self.records = 0

    def add(self, block: bytes, lines: list[bytes]) -> None:
        """Take a block of these lines."""
        if not (self.tally and self.tally.take(block, lines)):
            self._stop_counting()
            self.blocks.append(block)
        elif not self.tally.pays(saves_combiner=self.saves_combiner):
            self._stop_counting()
        self.size += len(block)
        self.records += len(lines)

    def empty(self) -> "Buffer":
        """Return a buffer for what comes next; it counts only if this one still does."""
        return Buffer(self.tally is not None, self.saves_combiner)

    @property
    def memory(self) -> int:
        """Bytes that it takes when it is sorted, estimated."""
        return self.tally.memory if self.tally else 3 * self.size + PER_RECORD * self.records

    def take_blocks(self) -> Iterator[bytes]:
        """Yield the blocks, each held no longer than until the next one."""
        self.blocks.reverse()
        while self.blocks:
            yield self.blocks.pop()

    def _stop_counting(self) -> None:
        """From here on hold lines as they are, also those that were counted."""
        if self.tally:
            counts = self.tally.counts
            self.blocks[:0] = write_out(list(counts), list(counts.values()))
            self.tally = None
