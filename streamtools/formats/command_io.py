"""How records go to a command's stdin and come from its stdout: text, keyonlytext, rawbytes, typedbytes."""

from collections.abc import Callable, Iterable, Iterator

from streamtools.errors import DataError
from streamtools.formats.batch import Batch, Pairs, joined_lines, pairs_of, split_lines, with_separator
from streamtools.formats.lines import text_lines
from streamtools.formats.typed_bytes import values
from streamtools.formats.writables import BYTES, LENGTH, NULL, TEXT, TYPED, TYPED_BYTES, Kind
from streamtools.records import lines_of

Writer = Callable[[Batch], bytes]

KINDS_READ = {
    "text": (TEXT, TEXT),
    "keyonlytext": (TEXT, NULL),
    "rawbytes": (BYTES, BYTES),
    "typedbytes": (TYPED_BYTES, TYPED_BYTES),
}


def writer(wire: str, key: Kind, value: Kind, separator: bytes = b"\t", ignore_key: bool = False) -> Writer:
    """A function that puts batches of records of these kinds into the form of a wire."""
    if wire == "rawbytes":
        return _interleaved(lambda data: _raw(key, data), lambda data: _raw(value, data))
    if wire == "typedbytes":
        return _interleaved(key.typed, value.typed)
    if wire == "keyonlytext":
        return lambda batch: _lines(_piped(key, pairs_of(batch).keys))
    if ignore_key:
        return lambda batch: _lines(_piped(value, pairs_of(batch).values))

    def as_text(batch: Batch) -> bytes:
        if isinstance(batch, bytes) and separator == b"\t":
            return with_separator(batch)
        keys, items = pairs_of(batch)
        return joined_lines(Pairs(_piped(key, keys), _piped(value, items)), separator)

    return as_text


def read(wire: str, chunks: Iterable[bytes], separator: bytes, fields: int, place: str) -> Iterator[Batch]:
    """The records in what a command prints; raises DataError where a binary wire ends in the middle of one."""
    if wire == "rawbytes":
        yield from _alternating(_raw_items(chunks, place), place)
    elif wire == "typedbytes":
        yield from _alternating(values(chunks, place), place)
    elif wire == "keyonlytext":
        for block in text_lines(chunks):
            keys = lines_of(block)
            yield Pairs(keys, [b""] * len(keys))
    elif separator == b"\t" and fields <= 1:
        yield from text_lines(chunks)
    else:
        for block in text_lines(chunks):
            yield split_lines(lines_of(block), separator, fields)


def _piped(kind: Kind, items: list[bytes]) -> list[bytes]:
    return items if kind.is_text else list(map(kind.piped, items))


def _lines(items: list[bytes]) -> bytes:
    return b"\n".join([*items, b""])


def _interleaved(key: Callable[[bytes], bytes], value: Callable[[bytes], bytes]) -> Writer:
    def write(batch: Batch) -> bytes:
        keys, items = pairs_of(batch)
        return b"".join([part for pair in zip(map(key, keys), map(value, items), strict=True) for part in pair])

    return write


def _raw(kind: Kind, data: bytes) -> bytes:
    body = data if kind.java in (BYTES.java, TYPED) else kind.serialized(data)
    return LENGTH.pack(len(body)) + body


def _raw_items(chunks: Iterable[bytes], place: str) -> Iterator[list[bytes]]:
    """The items of raw bytes, in lists. They end where no whole length follows, or a negative one."""
    rest, ended = b"", False
    for chunk in chunks:
        rest = b"" if ended else rest + chunk
        items, position = [], 0
        while position + 4 <= len(rest):
            ended = rest[position] > 127
            end = position + 4 + int.from_bytes(rest[position : position + 4], "big")
            if ended or end > len(rest):
                break
            items.append(rest[position + 4 : end])
            position = end
        rest = rest[position:]
        if items:
            yield items
    if len(rest) >= 4 and not ended:
        raise DataError(place, "ends in the middle of a record of raw bytes", "the command must write whole records")


def _alternating(items: Iterable[list[bytes]], place: str) -> Iterator[Pairs]:
    """Items in lists, every second one a value, as pairs."""
    held: list[bytes] = []
    for found in items:
        held += found
        whole = len(held) & ~1
        if whole:
            yield Pairs(held[0:whole:2], held[1:whole:2])
            held = held[whole:]
    if held:
        raise DataError(place, "ends with a key without its value", "the command must write whole records")
