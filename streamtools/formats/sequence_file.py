"""Sequence files, version 6: plain, or compressed by record or by block.

SEQ 6, key class, value class, two flags, codec, metadata, sync mark, then records or blocks with marks between them
"""

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from streamtools.errors import DataError
from streamtools.formats.batch import Pairs
from streamtools.formats.hadoop_codecs import BY_INPUTS, inflate, make_compressor
from streamtools.formats.writables import TEXT, Writable, encode_vint, find_writable, read_vint
from streamtools.java.class_names import CODEC_SUFFIXES

MAGIC = b"SEQ"
VERSION = 6
MARK_SIZE = 16
ESCAPE = -1  # instead of the length of a record: a sync mark follows
MARK_PREFIX = b"\xff\xff\xff\xff"  # ESCAPE as bytes
MARK_EVERY = 100 * 20  # bytes between marks, as Hadoop has it
BLOCK_SIZE = 1_000_000  # bytes of keys and values in a compressed block, as Hadoop has it
BATCH = 2000  # records that are passed on at once
INTEGER = struct.Struct(">i")


class Header(NamedTuple):
    """The header of a sequence file; codec: class name, empty if it is not compressed."""

    key: str
    value: str
    is_compressed: bool
    in_blocks: bool
    codec: str
    mark: bytes


def is_sequence_file(path: str) -> bool:
    """Return whether a file begins like a sequence file."""
    with open(path, "rb") as file:
        return file.read(3) == MAGIC


class SequenceReader:
    """Reads the records of a split of a file: from the first mark in it to the first mark after its end."""

    slices: tuple[()] = ()

    def __init__(self, path: str, start: int, length: int) -> None:
        self.path, self.start, self.end = path, start, start + length
        self.records = 0
        self.bytes_read = length
        with open(path, "rb") as file:
            self.header = _read_header(file, path)
            self.begin = file.tell()
        self.key_type = find_writable(self.header.key, path)
        self.value_type = find_writable(self.header.value, path)

    def pairs(self) -> Iterator[Pairs]:
        """Yield batches of keys and values. Raises DataError if the file is damaged."""
        read = self._read_blocks if self.header.in_blocks else self._read_records
        with open(self.path, "rb") as file:
            file.seek(self.begin)
            if self.start > self.begin:
                file.seek(_find_mark(file, self.start, self.header.mark))
            try:
                for pairs in read(file):
                    self.records += len(pairs.keys)
                    keys = list(map(self.key_type.deserialize, pairs.keys))
                    yield Pairs(keys, list(map(self.value_type.deserialize, pairs.values)))
            except (IndexError, struct.error, ValueError):
                raise DataError(self.path, f"damaged sequence file before byte {file.tell():,}") from None

    def _read_records(self, file: BinaryIO) -> Iterator[Pairs]:
        keys: list[bytes] = []
        values: list[bytes] = []
        while head := file.read(4):
            (size,) = INTEGER.unpack(head)
            if size == ESCAPE:
                self._check_mark(file.read(MARK_SIZE))
                if file.tell() - MARK_SIZE - 4 >= self.end:
                    break
                continue
            (key_size,) = INTEGER.unpack(file.read(4))
            record = file.read(size)
            if len(record) < size:
                raise IndexError
            keys.append(record[:key_size])
            value = record[key_size:]
            values.append(self._decode(value) if self.header.is_compressed else value)
            if len(keys) == BATCH:
                yield Pairs(keys, values)
                keys, values = [], []
        yield Pairs(keys, values)

    def _read_blocks(self, file: BinaryIO) -> Iterator[Pairs]:
        while file.read(4):
            begin = file.tell() - 4
            self._check_mark(file.read(MARK_SIZE))
            if begin >= self.end:
                return
            _read_vint(file)  # the number of records
            columns = [self._decode(file.read(_read_vint(file))) for _ in range(4)]
            key_lengths, keys, value_lengths, values = columns
            yield Pairs(_split_column(keys, key_lengths), _split_column(values, value_lengths))

    def _decode(self, data: bytes) -> bytes:
        suffix = CODEC_SUFFIXES.get(self.header.codec, "")
        if suffix == ".deflate":
            return b"".join(inflate([data], self.path))
        if suffix in BY_INPUTS:
            from streamtools.inputs.codecs import CODECS, decode

            return b"".join(decode([data], CODECS[BY_INPUTS[suffix]], self.path))
        raise DataError(self.path, f"codec {self.header.codec} is not supported here", "run the job with --on hadoop")

    def _check_mark(self, mark: bytes) -> None:
        if mark != self.header.mark:
            raise DataError(self.path, "File is corrupt!")


class SequenceAsTextReader:
    """Reads keys and values of a sequence file as the text that Java's toString gives."""

    key_type = value_type = TEXT
    slices: tuple[()] = ()

    def __init__(self, sequence: SequenceReader) -> None:
        self.sequence = sequence

    @property
    def records(self) -> int:
        """Number of records read."""
        return self.sequence.records

    @property
    def bytes_read(self) -> int:
        """Bytes of the split."""
        return self.sequence.bytes_read

    def pairs(self) -> Iterator[Pairs]:
        """Yield batches of keys and values."""
        key, value = self.sequence.key_type, self.sequence.value_type
        for pairs in self.sequence.pairs():
            yield Pairs(list(map(key.to_string, pairs.keys)), list(map(value.to_string, pairs.values)))


def _find_mark(file: BinaryIO, start: int, mark: bytes) -> int:
    """Return the position of the first sync mark, with its escape, at or after `start`; else the end of the file."""
    file.seek(start)
    window, base, overlap = b"", start, len(MARK_PREFIX) + MARK_SIZE - 1
    while chunk := file.read(1 << 16):
        window += chunk
        found = window.find(MARK_PREFIX + mark)
        if found >= 0:
            return base + found
        base += max(len(window) - overlap, 0)
        window = window[-overlap:]
    return os.fstat(file.fileno()).st_size


def _read_header(file: BinaryIO, place: str) -> Header:
    if file.read(3) != MAGIC:
        raise DataError(place, "not a SequenceFile", "use another -inputformat")
    version = file.read(1)[0]
    if version != VERSION:
        raise DataError(place, f"version {version} of sequence files is not supported; only version {VERSION} is")
    key, value = _read_text(file), _read_text(file)
    is_compressed, in_blocks = file.read(1) == b"\1", file.read(1) == b"\1"
    codec = _read_text(file) if is_compressed else ""
    for _ in range(2 * INTEGER.unpack(file.read(4))[0]):
        _read_text(file)  # metadata
    return Header(key, value, is_compressed, in_blocks, codec, file.read(MARK_SIZE))


def _read_vint(file: BinaryIO) -> int:
    data = file.read(1)
    if data and 127 < data[0] < 144:
        data += file.read((136 if data[0] < 136 else 144) - data[0])
    return read_vint(data, 0)[0]


def _read_text(file: BinaryIO) -> str:
    return file.read(_read_vint(file)).decode("utf-8")


def _split_column(data: bytes, lengths: bytes) -> list[bytes]:
    """Split a column of a block into items, whose lengths are given as variable-length integers."""
    items, position, at = [], 0, 0
    while at < len(lengths):
        size, at = read_vint(lengths, at)
        items.append(data[position : position + size])
        position += size
    return items


class SequenceWriter:
    """Writes pairs as a sequence file: `head`, `add` and `close` return its next bytes.

    codec: class of the codec, empty for none; by_block: compress columns of many records instead of each value.
    """

    def __init__(self, key: Writable, value: Writable, codec: str = "", by_block: bool = False) -> None:
        self.key, self.value, self.codec, self.by_block = key, value, codec, by_block and bool(codec)
        self.suffix = CODEC_SUFFIXES.get(codec, "")
        if codec and not self.suffix:
            raise DataError("", f"Compression codec {codec} was not found.")
        self.mark = os.urandom(MARK_SIZE)
        self.since_mark = 0
        self.held = Pairs([], [])
        self.size = 0

    def head(self) -> bytes:
        """Return the header."""
        flags = bytes([bool(self.codec), self.by_block])
        names = [_encode_text(self.key.class_name), _encode_text(self.value.class_name), flags]
        return b"".join(
            [MAGIC, bytes([VERSION]), *names, _encode_text(self.codec) if self.codec else b"", bytes(4), self.mark]
        )

    def add(self, pairs: Pairs) -> bytes:
        """Return the bytes of more records; with by_block, only those of full blocks."""
        keys = list(map(self.key.serialize, pairs.keys))
        values = list(map(self.value.serialize, pairs.values))
        if not self.by_block:
            return b"".join(map(self._encode_record, keys, values))
        self.held.keys.extend(keys)
        self.held.values.extend(values)
        self.size += sum(map(len, keys)) + sum(map(len, values))
        return self.close() if self.size >= BLOCK_SIZE else b""

    def close(self) -> bytes:
        """Return the bytes of the records that are still held."""
        keys, values = self.held
        if not keys:
            return b""
        columns = [_encode_lengths(keys), b"".join(keys), _encode_lengths(values), b"".join(values)]
        compressed = [self._compress(column) for column in columns]
        body = encode_vint(len(keys)) + b"".join(encode_vint(len(column)) + column for column in compressed)
        self.held, self.size = Pairs([], []), 0
        return MARK_PREFIX + self.mark + body

    def _encode_record(self, key: bytes, value: bytes) -> bytes:
        value = self._compress(value) if self.codec else value
        record = INTEGER.pack(len(key) + len(value)) + INTEGER.pack(len(key)) + key + value
        self.since_mark += len(record)
        if self.since_mark < MARK_EVERY:
            return record
        self.since_mark = 0
        return record + MARK_PREFIX + self.mark

    def _compress(self, data: bytes) -> bytes:
        compressor = make_compressor(self.suffix)
        return compressor.compress(data) + compressor.flush()


def _encode_lengths(items: list[bytes]) -> bytes:
    return b"".join([encode_vint(len(item)) for item in items])


def _encode_text(text: str) -> bytes:
    data = text.encode("utf-8")
    return encode_vint(len(data)) + data
