"""What a collector holds between two spills."""

from collections.abc import Iterator

from streamtools.formats.writables import Writable
from streamtools.local.shuffle.hadoop_sizes import serialized_size
from streamtools.local.shuffle.safe_lines import write_out
from streamtools.local.shuffle.tally import Tally
from streamtools.records import lines_of

PER_RECORD = 80  # bytes of a line as a Python object while it is sorted, beside three times its length


class Buffer:
    """Records as safe lines: their keys counted by a tally while that pays, else blocks of lines.

    key, value: the classes of keys and values. counts: try to count.
    saves_combiner: counting makes a run of the combiner unnecessary, so that it pays sooner.
    """

    def __init__(self, key: Writable, value: Writable, counts: bool, saves_combiner: bool) -> None:
        self.key, self.value, self.saves_combiner = key, value, saves_combiner
        self.tally = Tally() if counts else None
        self.blocks: list[bytes] = []  # all records, if there is no tally
        self.size = self.records = 0
        self.serialized = 0  # bytes of the blocks as Hadoop serializes them
        self.reported = 0  # of those, and of what was counted: the bytes that were told so far

    def add_block(self, block: bytes) -> None:
        """Take a block of lines."""
        self._stop_counting()
        lines = lines_of(block)
        self.blocks.append(block)
        self.serialized += serialized_size(block, lines, self.key, self.value)
        self._grow(len(block), len(lines))

    def add_keys(self, keys: list[bytes], value: bytes, size: int, *, has_escapes: bool) -> bool:
        """Take records of `size` bytes that all have one value, to be counted; return False if they are not taken."""
        if not (self.tally and self.tally.take(keys, value, size, has_escapes=has_escapes)):
            return False
        self._grow(size, len(keys))
        if not self.tally.pays(saves_combiner=self.saves_combiner):
            self._stop_counting()
        return True

    def empty(self) -> "Buffer":
        """Return a buffer for what comes next; it counts only if this one still does."""
        return Buffer(self.key, self.value, self.tally is not None, self.saves_combiner)

    def report_bytes(self) -> int:
        """Return the bytes of the records taken since the last call, as Hadoop serializes them."""
        total = self.serialized + (self.tally.serialized_size(self.key, self.value) if self.tally else 0)
        since, self.reported = total - self.reported, total
        return since

    @property
    def memory(self) -> int:
        """Bytes that it takes when it is sorted, estimated."""
        return self.tally.memory if self.tally else 3 * self.size + PER_RECORD * self.records

    def take_blocks(self) -> Iterator[bytes]:
        """Yield the blocks, each held no longer than until the next one."""
        self.blocks.reverse()
        while self.blocks:
            yield self.blocks.pop()

    def _grow(self, size: int, records: int) -> None:
        self.size += size
        self.records += records

    def _stop_counting(self) -> None:
        """From here on hold lines as they are, also those that were counted."""
        if self.tally:
            keys = list(self.tally.counts)
            self.serialized += self.tally.serialized_size(self.key, self.value)
            self.blocks[:0] = write_out(self.tally.lines(keys), self.tally.times(keys))
            self.tally = None
