"""Codecs of blobs: blocks of lines compressed each on its own, and joined to streams that can be cut there again.

gz    a member per block             zst   a frame per block, with its size and checksum
xz    one stream, its own blocks     bz2   one stream, joined bit by bit: old Hadoops read only the first of several
none  the lines as they are
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from streamtools.errors import TransferError
from streamtools.inputs.codecs import CODECS, PLAIN, decode, load_zstd
from streamtools.inputs.cuts import bzip2, xz
from streamtools.packing.blob_manifest import Row
from streamtools.packing.line_blocks import LineBlock


class Packed(NamedTuple):
    """A compressed block of lines, and the rows of the manifest that describe it."""

    data: bytes
    rows: list[Row]


class Joiner(Protocol):
    """Joins compressed blocks to the bytes of a blob."""

    def add(self, piece: Packed) -> bytes:
        """Return the bytes that the next block adds to the blob."""

    def end(self) -> bytes:
        """Return the bytes that end the blob."""


class BlobCodec(NamedTuple):
    """A codec of blobs.

    format: its name in `inputs`; block: bytes of lines that are compressed at a time; level: the default of `levels`,
    which are the lowest and the highest one.
    """

    suffix: str
    format: str
    block: int
    compress: Callable[[bytes, int], bytes]
    level: int
    levels: tuple[int, int]
    new_joiner: Callable[[], Joiner]

    def pack(self, block: LineBlock, level: int | None, check: bool) -> Packed:
        """Compress a block. check: raise TransferError unless it decodes to the same bytes again."""
        packed = self.compress(block.data, self.level if level is None else level)
        if check and self.format != PLAIN and not self._decodes_to(packed, block.data):
            problem = "what was compressed does not decode to the same bytes"
            raise TransferError("", problem, "check the memory of the machine")
        return Packed(packed, _make_rows(block))

    def _decodes_to(self, packed: bytes, data: bytes) -> bool:
        view, at = memoryview(data), 0
        for chunk in decode([packed], CODECS[self.format], "block"):
            if view[at : at + len(chunk)] != chunk:
                return False
            at += len(chunk)
        return at == len(data)


def codec_of(blob: str) -> BlobCodec:
    """Return the codec of a blob from the suffix of its name."""
    return next(codec for codec in BLOB_CODECS.values() if blob.endswith(codec.suffix or blob))


def _make_rows(block: LineBlock) -> list[Row]:
    """Return a row for each range of a source in a block; the name of the blob is still missing."""
    from streamtools.inputs.checksums import crc32

    rows, at, view = [], 0, memoryview(block.data)
    for source, start, end, size in block.ranges:
        lines = block.data.count(b"\n", at, at + size)
        rows.append(Row("", source, start, end, size, lines, crc32(view[at : at + size])))
        at += size
    return rows


class _Concatenation:
    """Blocks that are complete files of their codec, and a valid file together."""

    def add(self, piece: Packed) -> bytes:
        return piece.data

    def end(self) -> bytes:
        return b""


class _XzJoiner:
    """The xz blocks of all blocks of lines as one stream."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []
        self.flags = b""

    def add(self, piece: Packed) -> bytes:
        data, header = piece.data, b"" if self.sizes else piece.data[: xz.HEADER]
        blocks = xz.read_blocks(lambda offset, size: data[offset : offset + size], len(data))
        self.sizes += [(block.unpadded, block.size) for block in blocks]
        self.flags = blocks[0].flags
        return header + data[blocks[0].start : blocks[-1].end]

    def end(self) -> bytes:
        return xz.build_tail(self.sizes, self.flags)


class _Bzip2Joiner:
    """The bz2 blocks of all blocks of lines as one stream, shifted to the bit where the one before ends."""

    def __init__(self) -> None:
        self.checksum = 0
        self.is_begun = False
        self.rest, self.count = 0, 0  # bits that do not fill a byte yet

    def add(self, piece: Packed) -> bytes:
        data, header = piece.data, b"" if self.is_begun else piece.data[: bzip2.HEADER_BITS // 8]
        self.is_begun = True

        def read_at(offset: int, size: int) -> bytes:
            return data[offset : offset + size]

        groups = list(bzip2.group_blocks(read_at, len(data), 1, "block"))
        self.checksum = bzip2.combine_checksums((group.checksum for group in groups), self.checksum)
        start, end = groups[0].start, groups[-1].end
        return header + self._append(bzip2.read_bits(read_at, start, end), end - start)

    def end(self) -> bytes:
        size = bzip2.MARK_BITS + bzip2.CRC_BITS
        ended = self._append((bzip2.END_MARK << bzip2.CRC_BITS) | self.checksum, size)
        return ended + self._append(0, -self.count % 8)

    def _append(self, bits: int, size: int) -> bytes:
        """Append `size` bits; return the whole bytes that they complete."""
        bits |= self.rest << size
        size += self.count
        self.count = size % 8
        self.rest = bits & ((1 << self.count) - 1)
        return (bits >> self.count).to_bytes(size // 8, "big")


def _copy(data: bytes, _level: int) -> bytes:
    return data


def _compress_gz(data: bytes, level: int) -> bytes:
    from zlib import compressobj

    compressor = compressobj(level, wbits=31)
    return compressor.compress(data) + compressor.flush()


def _compress_bz2(data: bytes, level: int) -> bytes:
    from bz2 import compress

    return compress(data, level)


def _compress_xz(data: bytes, level: int) -> bytes:
    from lzma import compress

    return compress(data, preset=level)


def _compress_zst(data: bytes, level: int) -> bytes:
    zstd = load_zstd()
    options = {zstd.CompressionParameter.compression_level: level, zstd.CompressionParameter.checksum_flag: 1}
    packed: bytes = zstd.compress(data, options=options)
    return packed


MB = 1 << 20
BLOB_CODECS = {
    "gz": BlobCodec(".gz", "gz", 4 * MB, _compress_gz, 6, (1, 9), _Concatenation),
    "bz2": BlobCodec(".bz2", "bz2", 8 * 900_000 - 1000, _compress_bz2, 9, (1, 9), _Bzip2Joiner),
    "zst": BlobCodec(".zst", "zst", 4 * MB, _compress_zst, 3, (1, 19), _Concatenation),
    "xz": BlobCodec(".xz", "xz", 8 * MB, _compress_xz, 1, (0, 9), _XzJoiner),
    "none": BlobCodec("", PLAIN, 1 * MB, _copy, 0, (0, 0), _Concatenation),
}
