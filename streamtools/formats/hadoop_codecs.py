"""Hadoop's codecs, chosen by the suffix of the file name on input and by class on output.

.gz, .bz2 and .zst are decoded by `streamtools.inputs`; .deflate is zlib; .lz4 and .snappy are Hadoop's own block
framing (4 bytes of decoded length, then chunks with 4 bytes of length each), not the formats of the programs of these
names.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from streamtools.errors import DataError, UnavailableError
from streamtools.inputs.codecs import SEVENZIP_NAME
from streamtools.inputs.locations import is_remote
from streamtools.java.class_names import CODEC_SUFFIXES
from streamtools.records import BLOCK, whole_lines

if TYPE_CHECKING:
    from streamtools.inputs.read_options import OnError, OnRead

BY_INPUTS = {".gz": "gz", ".bz2": "bz2", ".zst": "zst", ".xz": "xz"}
FRAMED = (".lz4", ".snappy")
BUFFER = 1 << 18  # bytes of the buffer in Hadoop's codecs, which must hold a frame, even one that compression enlarges
FRAME = BUFFER - BUFFER // 6 - 32  # decoded bytes per frame written


class Compressor(Protocol):
    """Compresses chunks of bytes; `flush` returns the rest."""

    def compress(self, data: bytes) -> bytes: ...

    def flush(self) -> bytes: ...


def find_suffix(path: str) -> str:
    """Return the suffix of a codec at the end of a file name, in lower case; empty for a plain file.

    It is .7z for a volume of an archive, x.7z.001, too.
    """
    if SEVENZIP_NAME.fullmatch(path):
        return ".7z"
    suffix = os.path.splitext(path)[1].lower()
    return suffix if suffix in BY_INPUTS or suffix in CODEC_SUFFIXES.values() else ""


def find_format(path: str) -> str:
    """Return the format of a file by its suffix, as `streamtools.inputs` names it; empty for any other file."""
    suffix = find_suffix(path)
    return suffix[1:] if suffix == ".7z" or suffix in BY_INPUTS else ""


def find_size(path: str) -> int:
    """Return the size of a file in bytes, of all its volumes if it is the first volume of an archive."""
    if not SEVENZIP_NAME.fullmatch(path):
        return os.path.getsize(path)
    from streamtools.inputs.sevenzip.volumes import find_volumes

    return sum(map(os.path.getsize, find_volumes(path)))


def is_splittable(path: str) -> bool:
    """Return whether a file can be read from any byte on."""
    return find_suffix(path) in ("", ".bz2") and not is_remote(path)


def read_range(path: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Yield the bytes of a file from `start` to `end` in chunks, not decoded. Raises DataError if it ends before."""
    with open(path, "rb", buffering=0) as file:
        file.seek(start)
        left = BLOCK if end is None else end - start
        while left > 0 and (chunk := file.read(min(BLOCK, left))):
            left -= 0 if end is None else len(chunk)
            yield chunk
    if end is not None and left > 0:
        problem = f"was cut short while it was read: {left:,} bytes are missing before byte {end:,}"
        raise DataError(path, problem, "read it again when nothing writes to it")


def read_blocks(path: str) -> Iterator[bytes]:
    """Yield the lines of a file, decoded, as blocks. Raises DataError if it is damaged."""
    return whole_lines(read_decoded(path))


def read_decoded(
    path: str, member: str | None = None, on_error: OnError | None = None, on_read: OnRead | None = None
) -> Iterator[bytes]:
    """Yield the decoded bytes of a file, whose codec its suffix names. Raises DataError if it is damaged.

    member, on_error, on_read: see `ReadOptions`; the first two are for archives.
    """
    suffix = find_suffix(path)
    if is_remote(path) or suffix == ".7z":
        from streamtools.inputs import ReadOptions, open_inputs

        format = _choose_remote_format(path, suffix)
        options = ReadOptions(format=format, member=member, on_error=on_error, on_read=on_read)
        yield from open_inputs([path], options)
    elif suffix in BY_INPUTS:
        from streamtools.inputs.codecs import CODECS, decode

        if suffix == ".gz":
            _check_gzip(path)
        yield from decode(_follow(read_range(path), on_read), CODECS[BY_INPUTS[suffix]], path)
    elif suffix == ".deflate":
        yield from inflate(_follow(read_range(path), on_read), path)
    elif suffix in FRAMED:
        yield from _decode_frames(path, suffix)
    else:
        yield from read_range(path)


def _follow(chunks: Iterable[bytes], on_read: OnRead | None) -> Iterable[bytes]:
    """Return the chunks; `on_read` is called with the size of each."""
    if not on_read:
        return chunks

    def follow() -> Iterator[bytes]:
        for chunk in chunks:
            on_read(len(chunk))
            yield chunk

    return follow()


def _choose_remote_format(path: str, suffix: str) -> str | None:
    """Return the format of a remote file, None to detect it. Raises DataError for a codec that is read here only."""
    if suffix == ".7z":
        return None
    if suffix and suffix not in BY_INPUTS:
        raise DataError(path, f"{suffix} is not supported on other machines", "copy the file here")
    return BY_INPUTS.get(suffix, "plain")


def _check_gzip(path: str) -> None:
    """Raise DataError for a file that is neither gzip nor empty."""
    with open(path, "rb") as file:
        magic = file.read(2)
    if magic and magic != b"\x1f\x8b":
        raise DataError(path, "not a gzip file", "rename it without .gz if it is not compressed")


def inflate(chunks: Iterable[bytes], place: str) -> Iterator[bytes]:
    """Decode one zlib stream. Raises DataError if it is damaged or cut short."""
    import zlib

    inflater = zlib.decompressobj()
    try:
        for chunk in chunks:
            while chunk:
                yield inflater.decompress(chunk, BLOCK)
                chunk = inflater.unconsumed_tail
    except zlib.error as error:
        raise DataError(place, f"damaged zlib data: {error}") from None
    if not inflater.eof:
        raise DataError(place, "ends in the middle of its zlib stream")


def _decode_frames(path: str, suffix: str) -> Iterator[bytes]:
    decompress = _load_block_codec(suffix, path).decompress
    with open(path, "rb") as file:
        while header := file.read(4):
            left = int.from_bytes(header, "big")
            while left > 0:
                chunk = file.read(int.from_bytes(file.read(4), "big"))
                try:
                    plain = decompress(chunk, left)
                except Exception as error:  # each library raises another
                    raise DataError(path, f"damaged {suffix[1:]} data: {error}") from None
                left -= len(plain)
                yield plain


class _BlockCodec(NamedTuple):
    """The functions that compress a block, and decompress a block whose decoded size is given."""

    compress: Callable[[bytes], bytes]
    decompress: Callable[[bytes, int], bytes]


def _load_block_codec(suffix: str, place: str) -> _BlockCodec:
    """Import the library for blocks of .lz4 or .snappy. Raises UnavailableError if that of lz4 is missing."""
    if suffix == ".lz4":
        try:
            from lz4 import block
        except ImportError:
            raise UnavailableError(place, "lz4 data needs a library", "pip install 'streamtools[lz4]'") from None
        return _BlockCodec(
            lambda data: bytes(block.compress(data, store_size=False)),
            lambda data, size: bytes(block.decompress(data, uncompressed_size=size)),
        )
    try:
        import snappy
    except ImportError:
        from streamtools.formats import snappy
    return _BlockCodec(snappy.compress, lambda data, _size: bytes(snappy.decompress(data)))


def make_compressor(suffix: str) -> Compressor:
    """Return a compressor for one file with this suffix. Raises UnavailableError if a library is missing."""
    import zlib

    if suffix == ".gz":
        return zlib.compressobj(wbits=31)
    if suffix == ".deflate":
        return zlib.compressobj()
    if suffix == ".bz2":
        from bz2 import BZ2Compressor

        return BZ2Compressor()
    if suffix == ".zst":
        from streamtools.inputs.codecs import load_zstd

        return cast(Compressor, load_zstd().ZstdCompressor())
    return _Framer(suffix)


class _Framer:
    """Hadoop's block framing around blocks of lz4 or snappy."""

    def __init__(self, suffix: str) -> None:
        self.compress_block = _load_block_codec(suffix, "").compress
        self.held = b""

    def compress(self, data: bytes) -> bytes:
        self.held += data
        frames = []
        while len(self.held) >= FRAME:
            frames.append(self._frame(self.held[:FRAME]))
            self.held = self.held[FRAME:]
        return b"".join(frames)

    def flush(self) -> bytes:
        return self._frame(self.held) if self.held else b""

    def _frame(self, data: bytes) -> bytes:
        packed = self.compress_block(data)
        return len(data).to_bytes(4, "big") + len(packed).to_bytes(4, "big") + packed
