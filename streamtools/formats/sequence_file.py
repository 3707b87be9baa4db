"""Sequence files, version 6: read with records plain, compressed one by one or in blocks; written plain or compressed.

SEQ 6, key class, value class, two flags, codec, metadata, sync mark, then records or blocks, marks between them
"""

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from streamtools.errors import DataError
from streamtools.formats.batch import Pairs
from streamtools.formats.hadoop_codecs import BY_INPUTS, inflated, make_compressor
from streamtools.formats.writables import TEXT, Kind, kind_of, read_vint, vint
from streamtools.java.class_names import CODEC_SUFFIXES

MAGIC = b"SEQ"
VERSION = 6
MARK_SIZE = 16
ESCAPE = -1  # in place of a record's length: a sync mark follows
MARK_EVERY = 100 * 20  # bytes between marks
INTEGER = struct.Struct(">i")


class Header(NamedTuple):
    key: str
    value: str
    is_compressed: bool
    in_blocks: bool
    codec: str
    mark: bytes


def is_sequence_file(path: str) -> bool:
    """Whether a file begins like a sequence file."""
    with open(path, "rb") as file:
        return file.read(3) == MAGIC


class SequenceReader:
    """Reads the records of a range of a file: from the first mark in it to the first mark after its end."""

    slices: tuple[()] = ()

    def __init__(self, path: str, start: int, length: int) -> None:
        self.path, self.start, self.end = path, start, start + length
        self.records = 0
        self.bytes_read = length
        with open(path, "rb") as file:
            self.header = _read_header(file, path)
            self.begin = file.tell()
        self.key_kind = kind_of(self.header.key, path)
        self.value_kind = kind_of(self.header.value, path)

    def pairs(self) -> Iterator[Pairs]:
        """Keys and values in lists; raises DataError for a damaged file."""
        read = self._blocks if self.header.in_blocks else self._records
        with open(self.path, "rb") as file:
            file.seek(self.begin)
            if self.start > self.begin:
                file.seek(_next_mark(file, self.start, self.header.mark))
            try:
                for pairs in read(file):
                    self.records += len(pairs.keys)
                    keys = list(map(self.key_kind.restored, pairs.keys))
                    yield Pairs(keys, list(map(self.value_kind.restored, pairs.values)))
            except (IndexError, struct.error, ValueError):
                raise DataError(self.path, f"damaged sequence file before byte {file.tell():,}") from None

    def _records(self, file: BinaryIO) -> Iterator[Pairs]:
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
            values.append(self._plain(value) if self.header.is_compressed else value)
            if len(keys) == 2000:
                yield Pairs(keys, values)
                keys, values = [], []
        yield Pairs(keys, values)

    def _blocks(self, file: BinaryIO) -> Iterator[Pairs]:
        while file.read(4):
            begin = file.tell() - 4
            self._check_mark(file.read(MARK_SIZE))
            if begin >= self.end:
                return
            _read_vint(file)  # the number of records
            columns = [self._plain(file.read(_read_vint(file))) for _ in range(4)]
            yield Pairs(_parted(columns[1], columns[0]), _parted(columns[3], columns[2]))

    def _plain(self, data: bytes) -> bytes:
        suffix = CODEC_SUFFIXES.get(self.header.codec, "")
        if suffix == ".deflate":
            return b"".join(inflated([data], self.path))
        if suffix in BY_INPUTS:
            from streamtools.inputs.codecs import CODECS, decode

            return b"".join(decode([data], CODECS[BY_INPUTS[suffix]], self.path))
        raise DataError(self.path, f"is compressed with {self.header.codec}", "run it with --on hadoop")

    def _check_mark(self, mark: bytes) -> None:
        if mark != self.header.mark:
            raise DataError(self.path, "File is corrupt!")


class AsTextReader:
    """What toString gives for the keys and values of a sequence file."""

    key_kind = value_kind = TEXT
    slices: tuple[()] = ()

    def __init__(self, sequence: SequenceReader) -> None:
        self.sequence = sequence

    @property
    def records(self) -> int:
        return self.sequence.records

    @property
    def bytes_read(self) -> int:
        return self.sequence.bytes_read

    def pairs(self) -> Iterator[Pairs]:
        key, value = self.sequence.key_kind, self.sequence.value_kind
        for pairs in self.sequence.pairs():
            yield Pairs(list(map(key.shown, pairs.keys)), list(map(value.shown, pairs.values)))


def _next_mark(file: BinaryIO, start: int, mark: bytes) -> int:
    """The position of the first sync mark, with its escape, at or after `start`; the end of the file if none."""
    file.seek(start)
    window, base = b"", start
    while piece := file.read(1 << 16):
        window += piece
        found = window.find(b"\xff\xff\xff\xff" + mark)
        if found >= 0:
            return base + found
        base += max(len(window) - 19, 0)
        window = window[-19:]
    return os.fstat(file.fileno()).st_size


def _read_header(file: BinaryIO, place: str) -> Header:
    if file.read(3) != MAGIC:
        raise DataError(place, "not a SequenceFile", "take another -inputformat")
    version = file.read(1)[0]
    if version != VERSION:
        raise DataError(place, f"is a sequence file of version {version}; only {VERSION} is read here")
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


def _parted(data: bytes, lengths: bytes) -> list[bytes]:
    """The items of a column of a block, whose lengths are given as variable-length integers."""
    items, position, at = [], 0, 0
    while at < len(lengths):
        size, at = read_vint(lengths, at)
        items.append(data[position : position + size])
        position += size
    return items


class SequenceWriter:
    """Makes a sequence file out of pairs: `add` and `close` return its next bytes.

    codec: class of the codec, empty for none; by_block: compress columns of many records and not each value.
    """

    def __init__(self, key: Kind, value: Kind, codec: str = "", by_block: bool = False) -> None:
        self.key, self.value, self.codec, self.by_block = key, value, codec, by_block and bool(codec)
        self.suffix = CODEC_SUFFIXES.get(codec, "")
        if codec and not self.suffix:
            raise DataError("", f"Compression codec {codec} was not found.")
        self.mark = os.urandom(MARK_SIZE)
        self.since_mark = 0
        self.held = Pairs([], [])
        self.size = 0

    def head(self) -> bytes:
        """The header."""
        flags = bytes([bool(self.codec), self.by_block])
        names = [_text(self.key.java), _text(self.value.java), flags]
        return b"".join(
            [MAGIC, bytes([VERSION]), *names, _text(self.codec) if self.codec else b"", bytes(4), self.mark]
        )

    def add(self, pairs: Pairs) -> bytes:
        """The bytes of some more records; in blocks, of those that fill one."""
        keys = list(map(self.key.serialized, pairs.keys))
        values = list(map(self.value.serialized, pairs.values))
        if not self.by_block:
            return b"".join(map(self._record, keys, values))
        self.held.keys.extend(keys)
        self.held.values.extend(values)
        self.size += sum(map(len, keys)) + sum(map(len, values))
        return self.close() if self.size >= 1_000_000 else b""

    def close(self) -> bytes:
        """What is still held."""
        keys, values = self.held
        if not keys:
            return b""
        columns = [_lengths(keys), b"".join(keys), _lengths(values), b"".join(values)]
        packed = [self._packed(column) for column in columns]
        body = vint(len(keys)) + b"".join(vint(len(column)) + column for column in packed)
        self.held, self.size = Pairs([], []), 0
        return b"\xff\xff\xff\xff" + self.mark + body

    def _record(self, key: bytes, value: bytes) -> bytes:
        value = self._packed(value) if self.codec else value
        record = INTEGER.pack(len(key) + len(value)) + INTEGER.pack(len(key)) + key + value
        self.since_mark += len(record)
        if self.since_mark < MARK_EVERY:
            return record
        self.since_mark = 0
        return record + b"\xff\xff\xff\xff" + self.mark

    def _packed(self, data: bytes) -> bytes:
        packer = make_compressor(self.suffix)
        return packer.compress(data) + packer.flush()


def _lengths(items: list[bytes]) -> bytes:
    return b"".join([vint(len(item)) for item in items])


def _text(text: str) -> bytes:
    data = text.encode("utf-8")
    return vint(len(data)) + data
