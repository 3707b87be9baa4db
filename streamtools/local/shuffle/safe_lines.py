"""Line-safe records: the form in which the shuffle sorts and merges records of any bytes as lines.

A record is `key TAB value LF`. Bytes that would disturb are written as ESCAPE and the byte + 0x20: in keys all below
ESCAPE, so that no byte of a key is below TAB and lines sort as keys do (a byte that is escaped stays smaller than all
that are not); in values TAB may stay. Most data has no such bytes, and one look per block tells.

Equal records may stand in one line, with ESCAPE, "=" and their number at the end.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat

from streamtools.formats.batch import Batch, Pairs, add_separators, split_lines
from streamtools.records import BLOCK, lines_of, repeated

ESCAPE = b"\x0b"
LOW = bytes([*range(9), 11])  # without TAB and LF, the structure of a block
SHIFT = 0x20
COUNTED = ESCAPE + b"="
AT_ONCE = 4096  # counted lines that are objects at a time


def _code(byte: int) -> bytes:
    return ESCAPE + bytes([byte + SHIFT])


def escaped_block(block: bytes) -> bytes:
    """A block of lines with a TAB each, made safe."""
    block = add_separators(block)
    return block if len(block.translate(None, LOW)) == len(block) else _escaped(block, LOW)


def escaped(batch: Batch) -> bytes:
    """A batch as a block of safe lines."""
    if isinstance(batch, bytes):
        return escaped_block(batch)
    keys = _escaped_items(batch.keys, LOW + b"\t\n")
    values = _escaped_items(batch.values, LOW + b"\n")
    return b"".join([b"%b\t%b\n" % pair for pair in zip(keys, values, strict=True)])


def _escaped(data: bytes, low: bytes) -> bytes:
    data = data.replace(ESCAPE, _code(ESCAPE[0]))
    for byte in low:
        if byte != ESCAPE[0]:
            data = data.replace(bytes([byte]), _code(byte))
    return data


def _escaped_items(items: list[bytes], low: bytes) -> list[bytes]:
    """All items escaped in one go where none of them holds the LF that parts them."""
    together = b"\n".join(items)
    if len(together.translate(None, low)) == len(together) - max(len(items) - 1, 0):
        return items
    if together.count(b"\n") > len(items) - 1:
        return [_escaped(item, low) for item in items]
    return _escaped(together, low.replace(b"\n", b"")).split(b"\n")


def unescape(data: bytes) -> bytes:
    """The bytes as they were; for keys, values, and lines whose escaped bytes need not be told from structure."""
    if ESCAPE not in data:
        return data
    for byte in (*range(9), 9, 10, ESCAPE[0]):  # ESCAPE last, as it comes anew
        data = data.replace(_code(byte), bytes([byte]))
    return data


def unescape_all(items: list[bytes]) -> list[bytes]:
    """All items as they were."""
    return list(map(unescape, items)) if ESCAPE in b"".join(items) else items


def unescaped_pairs(block: bytes) -> Pairs:
    """The keys and values of a block of safe lines."""
    keys, values = split_lines(lines_of(block))
    return Pairs(unescape_all(keys), unescape_all(values))


def unescaped(block: bytes, is_text: bool) -> Batch:
    """A block of safe lines as a batch: as lines when they are text and stay lines, else as pairs."""
    return block if is_text and ESCAPE not in block else unescaped_pairs(block)


class _Endings(dict[int, bytes]):
    """How a line ends that stands for so many records."""

    def __missing__(self, number: int) -> bytes:
        if len(self) > AT_ONCE:
            self.clear()
        self[number] = ending = b"\n" if number == 1 else COUNTED + b"%d\n" % number
        return ending


def counted(lines: Sequence[bytes], times: Iterable[int]) -> bytes:
    """Safe lines (without LF) as a block, each standing for so many records."""
    return b"".join(map(bytes.__add__, lines, map(_Endings().__getitem__, times)))


def expanded(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks in which each line is one record."""
    for block in blocks:
        if COUNTED not in block:
            yield block
            continue
        lines = lines_of(block)
        for start in range(0, len(lines), AT_ONCE):
            some, _, numbers = zip(*map(bytes.partition, lines[start : start + AT_ONCE], repeat(COUNTED)), strict=True)
            yield from written_out(some, [int(number or 1) for number in numbers])


def written_out(lines: Sequence[bytes], times: Sequence[int]) -> Iterator[bytes]:
    """Blocks of the lines (without LF), each so many times."""
    for start in range(0, len(lines), AT_ONCE):
        some = list(map(bytes.__add__, lines[start : start + AT_ONCE], repeat(b"\n")))
        yield from repeated(some, times[start : start + AT_ONCE], BLOCK)
