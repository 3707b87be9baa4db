"""Keys of records that all have one value, counted instead of kept, while that saves anything."""

import re
from collections import Counter
from itertools import repeat
from operator import add

from streamtools.formats.writables import Writable
from streamtools.local.shuffle.hadoop_sizes import ONE_BYTE, framed_size, serialized_sizes
from streamtools.local.shuffle.safe_lines import end_counted
from streamtools.records import Endings

PER_COUNT = 220  # bytes of a counted key and of its line, beside the length of its record
ENOUGH = 1 << 14  # records after which it is known whether keys repeat
WORTH = 0.7  # different keys per record above which counting them does not pay
WORTH_SUMMED = 0.97  # the same where counting saves the combiner too
LENGTH_OF_ITSELF = 1  # bytes that the length of a serialized key or value adds to it
INTEGER = re.compile(rb"-?[0-9]{1,18}")


class Tally:
    """Counts safe keys. Takes only records of one value, so that no order of values is lost."""

    def __init__(self) -> None:
        self.counts: Counter[bytes] = Counter()
        self.value: bytes | None = None  # of all records
        self.has_escapes = False  # in some key, or in the value
        self.records = self.size = 0
        self._measured = self._longest = 0  # different keys when the longest was looked for; its length

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

    @property
    def longest(self) -> int:
        """The length of the longest key."""
        if self._measured != len(self.counts):
            self._measured, self._longest = len(self.counts), max(map(len, self.counts), default=0)
        return self._longest

    def serialized_size(self, key: Writable, value: Writable) -> int:
        """Return the bytes of all records as Hadoop serializes them, keys and values being of these classes.

        With lengths of one byte each this is their size as lines.
        """
        if self._has_short_lengths(key, value, ONE_BYTE):
            return self.size
        keys = list(self.counts)
        return sum(sum(serialized_sizes(line, key, value)) * self.counts[k] for k, line in zip(keys, self.lines(keys)))

    def framed_size(self, key: Writable, value: Writable, written: int | None = None) -> int:
        """Return the bytes of all records in a map output file of Hadoop's.

        written: bytes of the sums as lines, if these are meant; a sum is at most 20 digits longer than a value.
        """
        if self._has_short_lengths(key, value, ONE_BYTE - LENGTH_OF_ITSELF - 20):
            records, size = (self.records, self.size) if written is None else (len(self.counts), written)
            return size + 2 * records  # lengths of key and value stand for TAB and LF, and two more before them
        if written is None:
            return framed_size(self.lines(list(self.counts)), key, value, list(self.counts.values()), has_escapes=True)
        sums = [line.removesuffix(b"\n") for line in self.counted_lines(sums=True)]
        return framed_size(sums, key, value, None, has_escapes=True)

    def _has_short_lengths(self, key: Writable, value: Writable, limit: int) -> bool:
        """Return whether keys and values are texts of up to `limit` bytes, and nothing in them is escaped."""
        longest = max(self.longest, len(self.value or b""))
        return longest <= limit and not self.has_escapes and key.is_text and value.is_text

    def times(self, keys: list[bytes]) -> list[int]:
        """Return how often each of these keys was counted."""
        return list(map(self.counts.__getitem__, keys))

    def lines(self, keys: list[bytes]) -> list[bytes]:
        """Return a line for each of these keys, without LF."""
        return list(map(bytes.__add__, keys, repeat(b"\t%b" % (self.value or b""))))

    def counted_lines(self, *, sums: bool) -> list[bytes]:
        """Return a line for each key, with its LF: with its value, for as many records as were counted.

        sums: instead of that with the sum of its values, which have to be integers.
        """
        value = self.value or b""
        if sums:
            number = int(value)
            endings = Endings(lambda count: b"\t%d\n" % (count * number))
        else:
            endings = Endings(lambda count: b"\t%b%b" % (value, end_counted(count)))
        return list(map(add, self.counts, map(endings.__getitem__, self.counts.values())))
