"""The partition (the reducer) of each key, exactly as Hadoop's partitioners compute it.

The hash is Java's: h = 31 * h + byte, bytes taken as signed, in 32 bits. It is computed for thousands of keys at once,
and keys that come again are looked up in a dict.
"""

from collections.abc import Callable, Sequence
from itertools import repeat
from operator import itemgetter, mul

from streamtools.java.strings import decode, replace_malformed
from streamtools.keyspec import Spec, parse, ranges

MASK = 0x7FFFFFFF
WORD = 0xFFFFFFFF
KEPT = 1 << 14  # different keys whose partition is remembered; they take about 2 MB

LANES = 4096  # keys hashed at once
LONGEST_LANE = 32  # bytes of the longest key that is hashed with others
LOW_BYTES = int.from_bytes((b"\xff" + bytes(7)) * LANES, "little")  # the lowest byte of each lane
LOW_WORDS = int.from_bytes((b"\xff" * 4 + bytes(4)) * LANES, "little")  # the lower half of each lane

PIECE = 1 << 14  # bytes of a key that are hashed at once: a power is a Python object for each
_powers = [1]  # 31 ** n modulo 2 ** 32; grows on demand, up to PIECE

Hash = Callable[[bytes], int]


def powers(size: int) -> list[int]:
    """Return 31 ** n for n from `size` - 1 down to 0, modulo 2 ** 32."""
    while len(_powers) <= size:
        _powers.append(_powers[-1] * 31 & WORD)
    return _powers[size - 1 :: -1] if size else []


def hash_bytes(data: bytes, start: int = 1) -> int:
    """Return the hash of the bytes of a Text key (start 1), or continue from another hash; 0 to 2 ** 32 - 1."""
    return _hash_units(data if data.isascii() else memoryview(data).cast("b"), start)


def _hash_units(units: bytes | memoryview, start: int) -> int:
    """Return the hash of numbers, continuing from another hash."""
    for begin in range(0, len(units), PIECE):
        piece = units[begin : begin + PIECE] if len(units) > PIECE else units
        weights = powers(len(piece))
        weighted: int = sum(map(mul, piece, weights))
        start = (start * _powers[len(piece)] + weighted) & WORD
    return start & WORD


def hash_string(data: bytes) -> int:
    """Return Java's String.hashCode of the decoded key: over UTF-16 units, start 0."""
    if data.isascii():
        return hash_bytes(data, 0)
    return _hash_units(memoryview(decode(data).encode("utf-16-le")).cast("H"), 0)


def hash_fields(specs: Sequence[Spec], separator: bytes, key: bytes) -> int:
    """Return the hash over the ranges of a key that the specifications cover, one after the other."""
    if not key:
        return 0
    key = replace_malformed(key)
    total = 0
    for spec in specs:
        start, end = ranges(spec, key, separator)
        if start >= 0:
            total = hash_bytes(key[start:end], total)
    return total


def field_hash(options: str, separator: str = "\t", fields: int = 0) -> Hash:
    """Return the hash function of KeyFieldBasedPartitioner for its options.

    fields: the older property num.key.fields.for.partition. Raises UsageError for invalid options.
    """
    if fields > 0:
        options = f"-k1,{fields}"
    specs = parse(options)
    if not specs:
        return hash_string
    separator_bytes = separator.encode("utf-8", "surrogateescape")
    return lambda key: hash_fields(specs, separator_bytes, key)


def hash_many(keys: Sequence[bytes]) -> list[int]:
    """Return the hashes of many keys, start 1.

    Keys of ASCII of up to LONGEST_LANE bytes are hashed all at once: each is a lane of 64 bits in one large integer, so
    that 31 * h + byte is one operation of C for all of them. Zeros in front of a key add nothing to its hash.
    120 ns a key of 8 bytes and 220 of 24; one by one they take 500 and 640.
    """
    longest = max(map(len, keys), default=0)
    if longest > LONGEST_LANE or not b"".join(keys).isascii():
        return list(map(hash_bytes, keys))
    hashes: list[int] = []
    for start in range(0, len(keys), LANES):
        hashes += _hash_lanes(keys[start : start + LANES], longest)
    return hashes


def _hash_lanes(keys: Sequence[bytes], longest: int) -> list[int]:
    """Return the hashes of at most LANES keys of at most `longest` bytes."""
    words = -(-max(longest, 1) // 8)  # of 8 bytes, that the longest key takes
    padded = memoryview(b"".join(map(bytes.rjust, keys, repeat(8 * words), repeat(b"\0")))).cast("Q")
    total = 0
    for word in range(words):
        column = int.from_bytes(padded[word::words].tobytes(), "little")  # this word of all keys
        for shift in range(0, 64, 8):
            if shift == 32:
                total &= LOW_WORDS  # 2 ** 32 * 31 ** 4 and what is added stay below 2 ** 64
            total = total * 31 + (column >> shift & LOW_BYTES)
        total &= LOW_WORDS
    sums = memoryview(total.to_bytes(8 * len(keys), "little")).cast("Q").tolist()
    powers(longest)
    return [(sum_ + _powers[len(key)]) & WORD for sum_, key in zip(sums, keys, strict=True)]


class Partitions:
    """Finds the partition of keys, and remembers it for a bounded number of them.

    count: number of partitions; hash_all: returns the hashes of many keys.
    """

    def __init__(self, count: int, hash_all: Callable[[Sequence[bytes]], list[int]] = hash_many) -> None:
        self.count, self.hash_all = count, hash_all
        self.known: dict[bytes, int] = {}
        self.misses = 0  # how many more keys were new than known, so far

    def of_keys(self, keys: Sequence[bytes]) -> list[int]:
        """Return the partition of each key, from 0."""
        if self.misses > KEPT:  # keys hardly repeat: looking them up costs more than it saves
            return self._compute(keys)
        found = list(map(self.known.get, keys))
        unknown = found.count(None)
        self.misses = max(self.misses + 2 * unknown - len(keys), 0)
        if 2 * unknown > len(keys):
            numbers = self._compute(keys)
            if len(self.known) + len(keys) <= KEPT:
                self.known.update(zip(keys, numbers, strict=True))
            return numbers
        if unknown:
            new = list({key for key, number in zip(keys, found, strict=True) if number is None})
            fresh = dict(zip(new, self._compute(new), strict=True))
            found = [fresh[key] if number is None else number for key, number in zip(keys, found, strict=True)]
            if len(self.known) + len(fresh) > KEPT:
                self.known.clear()
            self.known.update(fresh)
        return found  # type: ignore[return-value]

    def _compute(self, keys: Sequence[bytes]) -> list[int]:
        return [(hash_ & MASK) % self.count for hash_ in self.hash_all(keys)]

    def distribute_keys(self, keys: list[bytes]) -> list[list[bytes]]:
        """Return the keys of each partition, in order."""
        partitions: list[list[bytes]] = [[] for _ in range(self.count)]
        adders = [keys_of_one.append for keys_of_one in partitions]
        for number, key in zip(self.of_keys(keys), keys, strict=True):
            adders[number](key)
        return partitions

    def distribute(self, lines: list[bytes]) -> list[list[bytes]]:
        """Return the lines `key TAB value` (without LF) of each partition, in order."""
        partitions: list[list[bytes]] = [[] for _ in range(self.count)]
        adders = [lines_of_one.append for lines_of_one in partitions]
        keys = list(map(itemgetter(0), map(bytes.partition, lines, repeat(b"\t"))))
        for number, line in zip(self.of_keys(keys), lines, strict=True):
            adders[number](line)
        return partitions
