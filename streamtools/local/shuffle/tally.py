"""Keys of records that all have one value, counted instead of kept, while that saves anything."""

import re
from collections import Counter
from itertools import repeat
from operator import mul

from streamtools.formats.writables import Writable
from streamtools.local.shuffle.hadoop_sizes import ONE_BYTE, serialized_sizes

PER_COUNT = 160  # bytes of a counted key, beside the length of its record
ENOUGH = 1 << 14  # records after which it is known whether keys repeat
WORTH = 0.7  # different keys per record above which counting them does not pay
WORTH_SUMMED = 0.97  # the same where counting saves the combiner too
INTEGER = re.compile(rb"-?[0-9]{1,18}")


class Tally:
    """Counts safe keys. Takes only records of one value, so that no order of values is lost."""

    def __init__(self) -> None:
        self.counts: Counter[bytes] = Counter()
        self.value: bytes | None = None  # of all records
        self.has_escapes = False  # in some key, or in the value
        self.records = self.size = 0

    def take(self, keys: list[bytes], value: bytes, size: int, *, has_escapes: bool) -> bool:
        """Count the keys of records of `size` bytes; return False, and count none, if others have another value."""
        if self.value is None:
            self.value = value
        elif self.value != value:
            return False
        self.has_escapes = self.has_escapes or has_escapes
        self.counts.update(keys)
        self.records += len(keys)
        self.size += size
        return True

    def pays(self, *, saves_combiner: bool) -> bool:
        """Return whether keys repeat often enough."""
        worth = WORTH_SUMMED if saves_combiner else WORTH
        return self.records < ENOUGH or len(self.counts) < worth * self.records

    @property
    def memory(self) -> int:
        """Bytes that it takes, estimated."""
        return len(self.counts) * (PER_COUNT + self.size // max(self.records, 1))

    @property
    def has_integers(self) -> bool:
        """Whether the value is an integer, so that the sums of values are known from the counts."""
        return self.value is not None and INTEGER.fullmatch(self.value) is not None

    def serialized_size(self, key: Writable, value: Writable) -> int:
        """Return the bytes of all records as Hadoop serializes them, keys and values being of these classes.

        With lengths of one byte each this is their size as lines.
        """
        longest = max(map(len, [*self.counts, self.value or b""]))
        if longest <= ONE_BYTE and not self.has_escapes and key.is_text and value.is_text:
            return self.size
        keys = list(self.counts)
        return sum(sum(serialized_sizes(line, key, value)) * self.counts[k] for k, line in zip(keys, self.lines(keys)))

    def times(self, keys: list[bytes]) -> list[int]:
        """Return how often each of these keys was counted."""
        return list(map(self.counts.__getitem__, keys))

    def lines(self, keys: list[bytes]) -> list[bytes]:
        """Return a line for each of these keys, without LF."""
        return list(map(bytes.__add__, keys, repeat(b"\t%b" % (self.value or b""))))

    def sum_lines(self, keys: list[bytes]) -> list[bytes]:
        """Return a line for each of these keys with the sum of its values, which have to be integers."""
        sums = map(mul, map(self.counts.__getitem__, keys), repeat(int(self.value or 0)))
        return list(map(bytes.__add__, keys, map(b"\t%d".__mod__, sums)))
