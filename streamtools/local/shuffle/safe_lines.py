"""Safe lines: the form in which the shuffle sorts and merges records of any bytes as lines.

A record is `key TAB value LF`. Bytes that would break this are written as ESCAPE and the byte + 0x20. In keys these are
all bytes up to ESCAPE, so that no byte of a key is below TAB and lines sort as their keys do: an escaped byte stays
smaller than all others. In values TAB may stay. Most data has no such bytes, and one scan of a block finds that out.

Equal records may share one line, with ESCAPE, "=" and their number at its end.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat

from streamtools.formats.batch import Batch, Pairs, SameValue, add_separators, split_lines
from streamtools.records import BLOCK, lines_of, repeat_lines

ESCAPE = b"\x0b"
LOW = bytes([*range(9), 11])  # without TAB and LF, the structure of a block
LOW_IN_KEYS, LOW_IN_VALUES = LOW + b"\t\n", LOW + b"\n"
SHIFT = 0x20
COUNTED = ESCAPE + b"="
AT_ONCE = 4096  # lines that are objects at a time


def _code(byte: int) -> bytes:
    return ESCAPE + bytes([byte + SHIFT])


def escape_block(block: bytes) -> bytes:
    """Return a block of lines as safe lines; a line without TAB is a key with an empty value."""
    block = add_separators(block)
    return block if is_safe_block(block) else _escape(block, LOW)


def are_safe_keys(keys: Sequence[bytes], text: bytes) -> bool:
    """Return whether keys need no escape. text: the keys, joined by LF."""
    return len(text.translate(None, LOW_IN_KEYS)) == len(text) - max(len(keys) - 1, 0)


def is_safe_value(value: bytes) -> bool:
    """Return whether a value needs no escape."""
    return len(value.translate(None, LOW_IN_VALUES)) == len(value)


def is_safe_block(block: bytes) -> bool:
    """Return whether a block of lines with a TAB each needs no escape."""
    return len(block.translate(None, LOW)) == len(block)


def escape(batch: Batch) -> bytes:
    """Return a batch as a block of safe lines."""
    if isinstance(batch, SameValue):
        batch = batch.to_block()
    if isinstance(batch, bytes):
        return escape_block(batch)
    keys = _escape_items(batch.keys, LOW_IN_KEYS)
    values = _escape_items(batch.values, LOW_IN_VALUES)
    return b"".join([b"%b\t%b\n" % pair for pair in zip(keys, values, strict=True)])


def _escape(data: bytes, low: bytes) -> bytes:
    data = data.replace(ESCAPE, _code(ESCAPE[0]))
    for byte in low:
        if byte != ESCAPE[0]:
            data = data.replace(bytes([byte]), _code(byte))
    return data


def _escape_items(items: list[bytes], low: bytes) -> list[bytes]:
    """Escape all items: in one go, unless one of them holds the LF that would separate them."""
    together = b"\n".join(items)
    if len(together.translate(None, low)) == len(together) - max(len(items) - 1, 0):
        return items
    if together.count(b"\n") > len(items) - 1:
        return [_escape(item, low) for item in items]
    return _escape(together, low.replace(b"\n", b"")).split(b"\n")


def unescape(data: bytes) -> bytes:
    """Return bytes as they were before escaping: a key, a value, or a line whose TABs no longer matter."""
    if ESCAPE not in data:
        return data
    for byte in (*range(9), 9, 10, ESCAPE[0]):  # ESCAPE last: it may appear where it was escaped
        data = data.replace(_code(byte), bytes([byte]))
    return data


def unescape_all(items: list[bytes]) -> list[bytes]:
    """Return all items as they were before escaping."""
    return list(map(unescape, items)) if ESCAPE in b"".join(items) else items


def unescape_pairs(block: bytes) -> Pairs:
    """Return the keys and values of a block of safe lines."""
    keys, values = split_lines(lines_of(block))
    return Pairs(unescape_all(keys), unescape_all(values))


def unescape_batch(block: bytes, is_text: bool) -> Batch:
    """Return a block of safe lines as a batch: as lines if they are text and nothing is escaped, else as pairs."""
    return block if is_text and ESCAPE not in block else unescape_pairs(block)


def end_counted(number: int) -> bytes:
    """Return the end of a line that stands for so many records."""
    return b"\n" if number == 1 else COUNTED + b"%d\n" % number


def expand(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield blocks in which each line is one record."""
    for block in blocks:
        if COUNTED not in block:
            yield block
            continue
        lines = lines_of(block)
        for start in range(0, len(lines), AT_ONCE):
            parts = [line.partition(COUNTED) for line in lines[start : start + AT_ONCE]]
            numbers = [number for _, _, number in parts]
            known = {number: int(number or 1) for number in set(numbers)}  # most are small, and int() takes 115 ns
            yield from write_out([line for line, _, _ in parts], list(map(known.__getitem__, numbers)))


def has_equal_values(block: bytes) -> bool:
    """Return whether all records of a block have one value, also those that share a line."""
    start, end = block.find(b"\t"), block.find(b"\n")
    value = block[start:end].partition(COUNTED)[0]
    lines = block.count(b"\n")
    return lines == block.count(b"\t") == block.count(value + b"\n") + block.count(value + COUNTED)


def write_out(lines: Sequence[bytes], times: Sequence[int]) -> Iterator[bytes]:
    """Yield blocks with each line (without LF) so many times."""
    for start in range(0, len(lines), AT_ONCE):
        some = list(map(bytes.__add__, lines[start : start + AT_ONCE], repeat(b"\n")))
        yield from repeat_lines(some, times[start : start + AT_ONCE], BLOCK)
