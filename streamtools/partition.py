"""The partition (the reducer) of each key, exactly as Hadoop's partitioners compute it.

The hash is Java's: h = 31 * h + byte, bytes taken as signed, in 32 bits. It is computed for thousands of keys at once.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import repeat
from operator import itemgetter, mod, mul

from streamtools.java.strings import decode, replace_malformed
from streamtools.keyspec import Spec, parse, ranges

MASK = 0x7FFFFFFF
WORD = 0xFFFFFFFF

LANES = 4096  # keys hashed at once
SHORT = 32  # bytes of keys that are always hashed together; longer ones if most are about as long as the longest
LONGEST_LANE = 256  # bytes of the longest key that is hashed with others

KEPT = 1 << 14  # different keys whose hash over fields is remembered; they take about 2 MB
LONGEST_KEPT = 128  # bytes of the longest of them


def _in_all_lanes(number: int) -> int:
    return int.from_bytes(number.to_bytes(8, "little") * LANES, "little")


POSITIVE = _in_all_lanes(MASK)
LOW_WORDS = _in_all_lanes(WORD)
# Neighbours are added up in three steps, bytes to pairs to fours to eights: how far apart they are, in bits; the lower
# one of each pair of neighbours; what it counts for, having come first.
STEPS = (
    (8, _in_all_lanes(0x00FF00FF00FF00FF), 31),
    (16, _in_all_lanes(0x0000FFFF0000FFFF), 31**2),
    (32, LOW_WORDS, 31**4),
)
OF_EIGHT = 31**8 & WORD  # what all before them count for
SIGNS = _in_all_lanes(0x8080808080808080)  # a signed byte is (byte ^ 0x80) - 0x80
LESS_SIGNS = _in_all_lanes(-0x80 * sum(31**place for place in range(8)) & WORD)  # of eight bytes

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
    """Return the hashes of many keys, start 1, as Hadoop's HashPartitioner takes them: without the sign, 31 bits.

    Keys are hashed all at once: each is a lane of 64 bits in one large integer, so that 31 * h + byte is one operation
    of C for all of them. Zeros in front of a key add nothing to its hash. Keys of 8 bytes take a fifth of the time of
    hashing them one by one, and so do longer ones, unless most of them are much shorter than the longest.
    """
    hashes: list[int] = []
    for start in range(0, len(keys), LANES):
        some = keys[start : start + LANES]
        sizes = set(map(len, some))
        longest = max(sizes)
        if longest <= SHORT or (longest <= LONGEST_LANE and longest * len(some) <= 4 * sum(map(len, some))):
            hashes += _hash_lanes(some, sizes)
        else:
            hashes += [hash_bytes(key) & MASK for key in some]
    return hashes


def _hash_lanes(keys: Sequence[bytes], sizes: set[int]) -> list[int]:
    """Return the hashes of at most LANES keys, without the sign. sizes: the different lengths of the keys."""
    longest = max(sizes)
    words = -(-max(longest, 1) // 8)  # of 8 bytes, that the longest key takes
    if len(sizes) == 1:  # 10 ns a key instead of 60
        padded = bytes(8 * words - longest).join([b"", *keys])
    else:
        padded = b"".join(map(bytes.rjust, keys, repeat(8 * words), repeat(b"\0")))
    columns = memoryview(padded).cast("Q")
    is_ascii = padded.isascii()
    total = 0
    for word in range(words):
        column = int.from_bytes(columns[word::words].tobytes(), "little")  # this word of all
        if not is_ascii:
            column ^= SIGNS
        for distance, lower, weight in STEPS:
            column = (column & lower) * weight + (column >> distance & lower)
        if not is_ascii:
            column += LESS_SIGNS
        total = total * OF_EIGHT + column & LOW_WORDS  # below 2 ** 64 in each lane before the mask
    powers(longest)
    starts = {size: _powers[size].to_bytes(8, "little") for size in sizes}  # what becomes of the 1
    of_keys = b"".join(map(starts.__getitem__, map(len, keys))) if len(sizes) > 1 else starts[longest] * len(keys)
    total += int.from_bytes(of_keys, "little")
    return memoryview((total & POSITIVE).to_bytes(8 * len(keys), "little")).cast("Q").tolist()


def remember(hash_key: Hash) -> Hash:
    """Return a hash function that knows the hashes of KEPT of the keys that were asked for last."""
    known = lru_cache(KEPT)(hash_key)
    return lambda key: known(key) if len(key) <= LONGEST_KEPT else hash_key(key)


class Partitions:
    """Finds the partition of keys.

    count: number of partitions; hash_all: returns the hashes of many keys, without the sign.
    """

    def __init__(self, count: int, hash_all: Callable[[list[bytes]], list[int]] = hash_many) -> None:
        self.count, self.hash_all = count, hash_all

    def of_keys(self, keys: list[bytes]) -> list[int]:
        """Return the partition of each key, from 0."""
        return list(map(mod, self.hash_all(keys), repeat(self.count)))

    def distribute(self, items: list[bytes], keys: list[bytes]) -> list[list[bytes]]:
        """Return the items of each partition, in order, whose keys are these."""
        partitions: list[list[bytes]] = [[] for _ in range(self.count)]
        adders = [items_of_one.append for items_of_one in partitions]
        for start in range(0, len(items), LANES):
            end = start + LANES
            for number, item in zip(self.of_keys(keys[start:end]), items[start:end], strict=True):
                adders[number](item)
        return partitions

    def distribute_lines(self, lines: list[bytes]) -> list[list[bytes]]:
        """Return the lines `key TAB value` (without LF) of each partition, in order."""
        return self.distribute(lines, list(map(itemgetter(0), map(bytes.partition, lines, repeat(b"\t")))))
