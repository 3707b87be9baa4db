"""Checksums of files as HDFS has them: MD5 of the MD5s of blocks, whose pieces of 512 bytes have a CRC32C each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import md5

from streamtools.hdfs.context import Context, Options, Outputs, for_each_item
from streamtools.hdfs.filesystem import Item
from streamtools.hdfs.printing import read_blocks, require_file

PIECE = 512  # bytes that have a checksum of their own
CASTAGNOLI = 0x82F63B78  # the polynomial of CRC32C, its lowest bit first
BUFFER = 32  # bytes of Hadoop's buffer for the MD5s of the blocks; the checksum is that of all of it


def checksum(context: Context, options: Options, names: list[str]) -> Outputs:
    """Print the checksums of files. Those of this machine's own files have none."""

    def describe(item: Item) -> Outputs:
        require_file(item)
        what = "\t".join(describe_checksum(item)) if item.base else "NONE"
        size = f"\tBlockSize={item.block_size}" if "v" in options else ""
        yield f"{item.name}\t{what}{size}\n".encode(errors="surrogateescape")

    return for_each_item(context.fs, names, describe)


def describe_checksum(item: Item) -> tuple[str, str]:
    """Return the algorithm and the checksum of a file, with the parameters that are part of both."""
    blocks = [md5(b"".join(sums)).digest() for sums in _block_sums(item)]
    kind, piece = ("CRC32C", PIECE) if blocks else ("CRC32", 0)
    pieces = item.block_size // PIECE if len(blocks) > 1 else 0
    digest = md5(_in_buffer(b"".join(blocks))).hexdigest()
    return f"MD5-of-{pieces}MD5-of-{piece}{kind}", f"{piece:08x}{pieces:016x}{digest}"


def _in_buffer(data: bytes) -> bytes:
    """Return bytes with the zeros that stand behind them in Hadoop's buffer, which grows by doubling."""
    size = BUFFER
    while size < len(data):
        size *= 2
    return data.ljust(size, b"\0")


def _block_sums(item: Item) -> Iterator[list[bytes]]:
    """Yield the checksums of the pieces of each block of a file."""
    sums: list[bytes] = []
    left = b""
    for data in read_blocks(item):
        data = left + data
        whole = len(data) - len(data) % PIECE
        for start in range(0, whole, PIECE):
            sums.append(crc32c(data[start : start + PIECE]))
            if len(sums) == item.block_size // PIECE:
                yield sums
                sums = []
        left = data[whole:]
    if left:
        sums.append(crc32c(left))
    if sums:
        yield sums


def crc32c(data: bytes) -> bytes:
    """Return the CRC32C of some bytes, highest byte first. It takes a second for 10 MB."""
    table, crc = _table(), 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return (crc ^ 0xFFFFFFFF).to_bytes(4, "big")


@lru_cache
def _table() -> list[int]:
    """Return what each value of a byte does to a CRC32C."""
    table = list(range(256))
    for _ in range(8):
        table = [value >> 1 ^ CASTAGNOLI if value & 1 else value >> 1 for value in table]
    return table
