"""Records on a command's stdin and stdout, in one of the formats of -io: text, keyonlytext, rawbytes, typedbytes."""

from collections.abc import Callable, Iterable, Iterator

from streamtools.errors import DataError
from streamtools.formats.batch import Batch, Pairs, add_separators, join_lines, split_lines, to_pairs
from streamtools.formats.text_lines import read_line_blocks
from streamtools.formats.typed_bytes import split_values
from streamtools.formats.writables import BYTES, LENGTH, NULL, TEXT, TYPED_BYTES, Convert, Writable
from streamtools.java import class_names
from streamtools.records import lines_of

Write = Callable[[Batch], bytes]

WRITABLES_READ = {  # format -> Writables of the keys and values that are read in it
    "text": (TEXT, TEXT),
    "keyonlytext": (TEXT, NULL),
    "rawbytes": (BYTES, BYTES),
    "typedbytes": (TYPED_BYTES, TYPED_BYTES),
}


def make_writer(
    io_format: str, key: Writable, value: Writable, separator: bytes = b"\t", ignore_key: bool = False
) -> Write:
    """Return a function that encodes batches of these Writables for a command's stdin."""
    if io_format == "rawbytes":
        return _interleave(lambda data: _encode_raw(key, data), lambda data: _encode_raw(value, data))
    if io_format == "typedbytes":
        return _interleave(key.to_typed_bytes, value.to_typed_bytes)
    if io_format == "keyonlytext":
        return lambda batch: _join(_to_stream(key, to_pairs(batch).keys))
    if ignore_key:
        return lambda batch: _join(_to_stream(value, to_pairs(batch).values))

    def write_text(batch: Batch) -> bytes:
        if isinstance(batch, bytes) and separator == b"\t":
            return add_separators(batch)
        keys, items = to_pairs(batch)
        return join_lines(Pairs(_to_stream(key, keys), _to_stream(value, items)), separator)

    return write_text


def read_records(io_format: str, chunks: Iterable[bytes], separator: bytes, fields: int, place: str) -> Iterator[Batch]:
    """Yield the records that a command prints. Raises DataError if a binary format ends inside a record.

    fields: number of fields of the key in text; place: named in errors.
    """
    if io_format == "rawbytes":
        yield from _pair_up(_split_raw(chunks, place), place)
    elif io_format == "typedbytes":
        yield from _pair_up(split_values(chunks, place), place)
    elif io_format == "keyonlytext":
        for block in read_line_blocks(chunks):
            keys = lines_of(block)
            yield Pairs(keys, [b""] * len(keys))
    elif separator == b"\t" and fields <= 1:
        yield from read_line_blocks(chunks)
    else:
        for block in read_line_blocks(chunks):
            yield split_lines(lines_of(block), separator, fields)


def _to_stream(writable: Writable, items: list[bytes]) -> list[bytes]:
    return items if writable.is_text else list(map(writable.to_stream, items))


def _join(items: list[bytes]) -> bytes:
    return b"\n".join([*items, b""])


def _interleave(key: Convert, value: Convert) -> Write:
    """Return a function that writes converted keys and values alternately."""

    def write(batch: Batch) -> bytes:
        keys, items = to_pairs(batch)
        return b"".join([part for pair in zip(map(key, keys), map(value, items), strict=True) for part in pair])

    return write


def _encode_raw(writable: Writable, data: bytes) -> bytes:
    body = data if writable.class_name in (class_names.BYTES, class_names.TYPED_BYTES) else writable.serialize(data)
    return LENGTH.pack(len(body)) + body


def _split_raw(chunks: Iterable[bytes], place: str) -> Iterator[list[bytes]]:
    """Yield lists of the items of raw bytes, up to a negative length or to the end.

    A length that is cut short ends them, too; an item that is cut short raises DataError.
    """
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


def _pair_up(items: Iterable[list[bytes]], place: str) -> Iterator[Pairs]:
    """Yield pairs of items in which keys and values alternate. Raises DataError if the last value is missing."""
    held: list[bytes] = []
    for found in items:
        held += found
        whole = len(held) & ~1
        if whole:
            yield Pairs(held[0:whole:2], held[1:whole:2])
            held = held[whole:]
    if held:
        raise DataError(place, "ends with a key without its value", "the command must write whole records")
