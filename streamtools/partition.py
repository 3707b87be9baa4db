"""Which reducer a key belongs to, exactly as Hadoop's partitioners have it.

The hash is Java's: h = 31 * h + byte, bytes taken as signed, in 32 bits. It is computed for thousands of keys at once,
and a dict answers for keys that come again.
"""

from collections.abc import Callable, Sequence
from itertools import repeat
from operator import itemgetter, mul

from streamtools.java.strings import decode, replace_malformed
from streamtools.keyspec import Spec, parse, ranges

MASK = 0x7FFFFFFF
WORD = 0xFFFFFFFF
KEPT = 1 << 14  # distinct keys whose partition is remembered; 2 MB

LANES = 4096  # keys hashed at once
LANE_KEY = 32  # bytes of the longest of them
LOW_BYTES = int.from_bytes((b"\xff" + bytes(7)) * LANES, "little")
LOW_WORDS = int.from_bytes((b"\xff" * 4 + bytes(4)) * LANES, "little")

_powers = [1]  # 31 ** n modulo 2 ** 32

Hash = Callable[[bytes], int]


def powers(size: int) -> list[int]:
    """The powers of 31 from `size` - 1 down to 0."""
    while len(_powers) <= size:
        _powers.append(_powers[-1] * 31 & WORD)
    return _powers[size - 1 :: -1] if size else []


def hash_bytes(data: bytes, start: int = 1) -> int:
    """The hash of the bytes of a Text key (start 1), or going on from another hash; 0 to 2 ** 32 - 1."""
    signed = data if data.isascii() else memoryview(data).cast("b")
    weights = powers(len(data))
    return (start * _powers[len(data)] + sum(map(mul, signed, weights))) & WORD


def hash_string(data: bytes) -> int:
    """Java's String.hashCode of the decoded key: over UTF-16 units, start 0."""
    if data.isascii():
        return hash_bytes(data, 0)
    units = decode(data).encode("utf-16-le")
    return sum(map(mul, memoryview(units).cast("H"), powers(len(units) // 2))) & WORD


def hash_fields(specs: Sequence[Spec], separator: bytes, key: bytes) -> int:
    """The hash over the ranges of a key that the specifications mean, one after the other."""
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
    """The hash of KeyFieldBasedPartitioner for its options; `fields` is the old num.key.fields.for.partition.

    Raises UsageError for options that are none.
    """
    if fields > 0:
        options = f"-k1,{fields}"
    specs = parse(options)
    if not specs:
        return hash_string
    parting = separator.encode("utf-8", "surrogateescape")
    return lambda key: hash_fields(specs, parting, key)


def hash_many(keys: Sequence[bytes]) -> list[int]:
    """The hashes of many keys, start 1; those of ASCII up to LANE_KEY bytes all at once.

    The keys are lanes of 64 bits of one big integer, whose arithmetic is C: 31 * h + byte is done for all in one step.
    Keys are filled up with zeros on the left, which add nothing. 120 ns a key of 8 bytes, one by one 500.
    """
    longest = max(map(len, keys), default=0)
    if longest > LANE_KEY or not b"".join(keys).isascii():
        return list(map(hash_bytes, keys))
    words = -(-max(longest, 1) // 8)
    hashes: list[int] = []
    for start in range(0, len(keys), LANES):
        some = keys[start : start + LANES]
        packed = memoryview(b"".join(map(bytes.rjust, some, repeat(8 * words), repeat(b"\0")))).cast("Q")
        total = 0
        for word in range(words):
            column = int.from_bytes(packed[word::words].tobytes(), "little")
            for shift in range(0, 64, 8):
                if shift == 32:
                    total &= LOW_WORDS  # 2 ** 32 * 31 ** 4 and what is added stay below 2 ** 64
                total = total * 31 + (column >> shift & LOW_BYTES)
            total &= LOW_WORDS
        weighed = memoryview(total.to_bytes(8 * len(some), "little")).cast("Q")
        powers(longest)
        hashes += [(sum_ + _powers[len(key)]) & WORD for sum_, key in zip(weighed.tolist(), some, strict=True)]
    return hashes


class Partitions:
    """The partition of each key; remembers a bounded number of keys.

    hash_all: the hashes of keys.
    """

    def __init__(self, count: int, hash_all: Callable[[Sequence[bytes]], list[int]] = hash_many) -> None:
        self.count, self.hash_all = count, hash_all
        self.known: dict[bytes, int] = {}
        self.misses = 0  # how many more keys were new than known

    def of_keys(self, keys: Sequence[bytes]) -> list[int]:
        """The partition of each key."""
        if self.misses > KEPT:  # looking keys up costs more than it saves
            return self._computed(keys)
        found = list(map(self.known.get, keys))
        unknown = found.count(None)
        self.misses = max(self.misses + 2 * unknown - len(keys), 0)
        if 2 * unknown > len(keys):
            numbers = self._computed(keys)
            if len(self.known) + len(keys) <= KEPT:
                self.known.update(zip(keys, numbers, strict=True))
            return numbers
        if unknown:
            new = list({key for key, number in zip(keys, found, strict=True) if number is None})
            fresh = dict(zip(new, self._computed(new), strict=True))
            found = [fresh[key] if number is None else number for key, number in zip(keys, found, strict=True)]
            if len(self.known) + len(fresh) > KEPT:
                self.known.clear()
            self.known.update(fresh)
        return found  # type: ignore[return-value]

    def _computed(self, keys: Sequence[bytes]) -> list[int]:
        return [(hash_ & MASK) % self.count for hash_ in self.hash_all(keys)]

    def part(self, lines: list[bytes]) -> list[list[bytes]]:
        """Lines `key TAB value`, without LF, distributed to their partitions, in order."""
        parts: list[list[bytes]] = [[] for _ in range(self.count)]
        adders = [part.append for part in parts]
        keys = list(map(itemgetter(0), map(bytes.partition, lines, repeat(b"\t"))))
        for number, line in zip(self.of_keys(keys), lines, strict=True):
            adders[number](line)
        return parts
