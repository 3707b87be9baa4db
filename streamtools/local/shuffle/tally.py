"""Equal lines, counted instead of kept, while that saves anything."""

import re
from collections import Counter
from itertools import repeat
from operator import mul

from streamtools.formats.batch import has_one_value

PER_COUNT = 160  # bytes of a counted line, beside its length
ENOUGH = 1 << 14  # records after which it is known whether lines repeat
WORTH = 0.7  # different lines per line above which counting them does not pay
WORTH_SUMMED = 0.97  # the same where counting saves the combiner too
INTEGER = re.compile(rb"\t-?[0-9]{1,18}\n")


class Tally:
    """Counts equal lines. Takes only lines that all have one value, so that no order of values is lost."""

    def __init__(self) -> None:
        self.counts: Counter[bytes] = Counter()
        self.value = b""  # of all lines, with its TAB and LF
        self.records = self.size = 0

    def take(self, block: bytes, lines: list[bytes]) -> bool:
        """Count the lines of a block; return False, and count none, if they have another value."""
        value = block[block.find(b"\t") : block.find(b"\n") + 1]
        if (self.value or value) != value or not has_one_value(block, len(lines)):
            return False
        self.value = value
        self.counts.update(lines)
        self.records += len(lines)
        self.size += len(block)
        return True

    def pays(self, *, saves_combiner: bool) -> bool:
        """Return whether lines repeat often enough."""
        worth = WORTH_SUMMED if saves_combiner else WORTH
        return self.records < ENOUGH or len(self.counts) < worth * self.records

    @property
    def memory(self) -> int:
        """Bytes that it takes, estimated."""
        return len(self.counts) * (PER_COUNT + self.size // max(self.records, 1))

    @property
    def has_integers(self) -> bool:
        """Whether the value is an integer, so that the sums of values are known from the counts."""
        return INTEGER.fullmatch(self.value) is not None

    def times(self, lines: list[bytes]) -> list[int]:
        """Return how often each of these lines was counted."""
        return [self.counts[line] for line in lines]

    def sum_values(self, lines: list[bytes]) -> list[bytes]:
        """Return these lines with the sum of their values, value times count; the value has to be an integer."""
        value = int(self.value)
        cut = 2 - len(self.value)  # the value, as lines have no LF
        sums = map(mul, map(self.counts.__getitem__, lines), repeat(value))
        return list(map(bytes.__add__, [line[:cut] for line in lines], map(b"%d".__mod__, sums)))
