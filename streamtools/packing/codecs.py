"""How chunks are compressed, each on its own, and joined to blobs: streams that can be cut at the chunks again.

gz    a member per chunk          zst   a frame per chunk, with its size and checksum
xz    one stream, its blocks      bz2   one stream, joined bit by bit: old Hadoops read only the first of several
none  the lines as they are
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from streamtools.errors import TransferError
from streamtools.inputs.codecs import CODECS, PLAIN, decode
from streamtools.inputs.cuts import bzip2, xz
from streamtools.packing.chunks import Chunk
from streamtools.packing.manifest import Row


class Packed(NamedTuple):
    """A compressed chunk, and the rows of the manifest that tell what is in it."""

    data: bytes
    rows: list[Row]


class Joiner(Protocol):
    """Makes the bytes of a blob of packed chunks."""

    def add(self, piece: Packed) -> bytes:
        """What the next chunk adds."""

    def end(self) -> bytes:
        """What ends the blob."""


class BlobCodec(NamedTuple):
    """A codec of blobs. chunk: plain bytes that are compressed at a time; format: how `inputs` reads it."""

    suffix: str
    format: str
    chunk: int
    compress: Callable[[bytes, int], bytes]
    level: int
    levels: tuple[int, int]
    joiner: Callable[[], Joiner]

    def pack(self, chunk: Chunk, level: int | None, check: bool) -> Packed:
        """A chunk compressed; with `check` it is decoded again, and must be the same. Raises TransferError if not."""
        packed = self.compress(chunk.data, self.level if level is None else level)
        if check and self.format != PLAIN and not self._is_same(packed, chunk.data):
            raise TransferError("", "what was compressed does not decode to the same bytes", "is the memory all right?")
        return Packed(packed, _rows(chunk))

    def _is_same(self, packed: bytes, data: bytes) -> bool:
        view, at = memoryview(data), 0
        for block in decode([packed], CODECS[self.format], "chunk"):
            if view[at : at + len(block)] != block:
                return False
            at += len(block)
        return at == len(data)


def _rows(chunk: Chunk) -> list[Row]:
    from streamtools.inputs.checksums import crc32

    rows, at, view = [], 0, memoryview(chunk.data)
    for source, start, end, size in chunk.stretches:
        lines = chunk.data.count(b"\n", at, at + size)
        rows.append(Row("", source, start, end, size, lines, crc32(view[at : at + size])))
        at += size
    return rows


class _OneAfterTheOther:
    """Chunks that are whole files of their codec, and make one together."""

    def add(self, piece: Packed) -> bytes:
        return piece.data

    def end(self) -> bytes:
        return b""


class _XzJoiner:
    """The blocks of all chunks as one stream."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []
        self.flags = b""

    def add(self, piece: Packed) -> bytes:
        data, header = piece.data, b"" if self.sizes else piece.data[: xz.HEADER]
        blocks = xz.blocks(lambda offset, size: data[offset : offset + size], len(data))
        self.sizes += [(block.unpadded, block.size) for block in blocks]
        self.flags = blocks[0].flags
        return header + data[blocks[0].start : blocks[-1].end]

    def end(self) -> bytes:
        return xz.tail(self.sizes, self.flags)


class _Bzip2Joiner:
    """The blocks of all chunks as one stream: shifted to the bit where the one before has ended."""

    def __init__(self) -> None:
        self.checksum = 0
        self.begun = False
        self.rest, self.count = 0, 0  # bits that make no byte yet

    def add(self, piece: Packed) -> bytes:
        data, header = piece.data, b"" if self.begun else piece.data[: bzip2.HEADER_BITS // 8]
        self.begun = True

        def read_at(offset: int, size: int) -> bytes:
            return data[offset : offset + size]

        runs = list(bzip2.runs(read_at, len(data), 1, "chunk"))
        self.checksum = bzip2.combined((run.checksum for run in runs), self.checksum)
        start, end = runs[0].start, runs[-1].end
        return header + self._put(bzip2.bits(read_at, start, end), end - start)

    def end(self) -> bytes:
        size = bzip2.MARK_BITS + bzip2.CRC_BITS
        ended = self._put((bzip2.END_MARK << bzip2.CRC_BITS) | self.checksum, size)
        return ended + self._put(0, -self.count % 8)

    def _put(self, bits: int, size: int) -> bytes:
        """The whole bytes that these bits complete."""
        bits |= self.rest << size
        size += self.count
        self.count = size % 8
        self.rest = bits & ((1 << self.count) - 1)
        return (bits >> self.count).to_bytes(size // 8, "big")


def _plain(data: bytes, _level: int) -> bytes:
    return data


def _gz(data: bytes, level: int) -> bytes:
    from zlib import compressobj

    packer = compressobj(level, wbits=31)
    return packer.compress(data) + packer.flush()


def _bz2(data: bytes, level: int) -> bytes:
    from bz2 import compress

    return compress(data, level)


def _xz(data: bytes, level: int) -> bytes:
    from lzma import compress

    return compress(data, preset=level)


def _zst(data: bytes, level: int) -> bytes:
    from streamtools.inputs.codecs import zstd_library

    library: Any = zstd_library()
    options = {library.CompressionParameter.compression_level: level, library.CompressionParameter.checksum_flag: 1}
    packed: bytes = library.compress(data, options=options)
    return packed


MB = 1 << 20
BLOB_CODECS = {
    "gz": BlobCodec(".gz", "gz", 4 * MB, _gz, 6, (1, 9), _OneAfterTheOther),
    "bz2": BlobCodec(".bz2", "bz2", 8 * 900_000 - 1000, _bz2, 9, (1, 9), _Bzip2Joiner),
    "zst": BlobCodec(".zst", "zst", 4 * MB, _zst, 3, (1, 19), _OneAfterTheOther),
    "xz": BlobCodec(".xz", "xz", 8 * MB, _xz, 1, (0, 9), _XzJoiner),
    "none": BlobCodec("", PLAIN, 1 * MB, _plain, 0, (0, 0), _OneAfterTheOther),
}
