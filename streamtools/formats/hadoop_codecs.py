"""Hadoop's codecs, chosen by suffix on input and by class on output.

gz, bz2 and zst are decoded by `streamtools.inputs`; .deflate is zlib; .lz4 and .snappy are Hadoop's own block framing
(4 bytes of plain length, then pieces with 4 bytes of length each), not the formats of the programs of that name.
"""

import os
from collections.abc import Iterable, Iterator
from typing import Protocol

from streamtools.errors import DataError, UnavailableError
from streamtools.inputs.codecs import SEVENZIP_NAME
from streamtools.inputs.locations import is_remote
from streamtools.job import Refused
from streamtools.job.classes import COMPRESS, SUFFIXES, is_codec
from streamtools.records import BLOCK

BY_INPUTS = {".gz": "gz", ".bz2": "bz2", ".zst": "zst", ".xz": "xz"}
FRAMED = (".lz4", ".snappy")
BUFFER = 1 << 18  # of Hadoop's codecs, which must hold a frame, also one that grows when it is compressed
FRAME = BUFFER - BUFFER // 6 - 32  # plain bytes per frame written


class Compressor(Protocol):
    """What turns pieces of plain bytes into compressed ones."""

    def compress(self, data: bytes) -> bytes: ...

    def flush(self) -> bytes: ...


def suffix_of(path: str) -> str:
    """The suffix of a codec at the end of a file name in lower case, empty for a plain file.

    A volume of an archive, x.7z.001, has that of an archive.
    """
    if SEVENZIP_NAME.fullmatch(path):
        return ".7z"
    suffix = os.path.splitext(path)[1].lower()
    return suffix if suffix in BY_INPUTS or suffix in SUFFIXES.values() else ""


def format_of(path: str) -> str:
    """The name of the format of a compressed file by its suffix, as `streamtools.inputs` knows it, else empty."""
    suffix = suffix_of(path)
    return suffix[1:] if suffix == ".7z" or suffix in BY_INPUTS else ""


def size_of(path: str) -> int:
    """The bytes of a file, of all its volumes if it is the first one of an archive."""
    if not SEVENZIP_NAME.fullmatch(path):
        return os.path.getsize(path)
    from streamtools.inputs.sevenzip.volumes import find_volumes

    return sum(map(os.path.getsize, find_volumes(path)))


def is_splittable(path: str) -> bool:
    """Whether a file can be read from any byte on."""
    return suffix_of(path) in ("", ".bz2") and not is_remote(path)


def file_bytes(path: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The bytes of a file from `start` to `end`, as they are."""
    with open(path, "rb", buffering=0) as file:
        file.seek(start)
        left = BLOCK if end is None else end - start
        while left > 0 and (piece := file.read(min(BLOCK, left))):
            left -= 0 if end is None else len(piece)
            yield piece


def decoded(path: str) -> Iterator[bytes]:
    """The plain bytes of a file by its suffix; raises DataError for a damaged one."""
    suffix = suffix_of(path)
    if is_remote(path) or suffix == ".7z":
        from streamtools.inputs import ReadOptions, open_inputs

        yield from open_inputs([path], ReadOptions(format=_format_of_remote(path, suffix)))
    elif suffix in BY_INPUTS:
        from streamtools.inputs.codecs import CODECS, decode

        yield from _checked_gzip(path) if suffix == ".gz" else ()
        yield from decode(file_bytes(path), CODECS[BY_INPUTS[suffix]], path)
    elif suffix == ".deflate":
        yield from inflated(file_bytes(path), path)
    elif suffix in FRAMED:
        yield from _unframed(path, suffix)
    else:
        yield from file_bytes(path)


def _format_of_remote(path: str, suffix: str) -> str | None:
    if suffix == ".7z":
        return None  # by its content
    if suffix and suffix not in BY_INPUTS:
        raise DataError(path, f"{suffix} is not read from other machines", "copy it here")
    return BY_INPUTS.get(suffix, "plain")


def _checked_gzip(path: str) -> Iterator[bytes]:
    with open(path, "rb") as file:
        magic = file.read(2)
    if magic and magic != b"\x1f\x8b":
        raise DataError(path, "not a gzip file", "rename it without .gz if it is plain")
    return iter(())


def inflated(pieces: Iterable[bytes], place: str) -> Iterator[bytes]:
    """The plain bytes of one zlib stream."""
    import zlib

    inflater = zlib.decompressobj()
    try:
        for piece in pieces:
            while piece:
                yield inflater.decompress(piece, BLOCK)
                piece = inflater.unconsumed_tail
    except zlib.error as error:
        raise DataError(place, f"damaged zlib data: {error}") from None
    if not inflater.eof:
        raise DataError(place, "ends in the middle of its zlib stream")


def _unframed(path: str, suffix: str) -> Iterator[bytes]:
    decompress = _block_library(suffix, path)[1]
    with open(path, "rb") as file:
        while header := file.read(4):
            left = int.from_bytes(header, "big")
            while left > 0:
                piece = file.read(int.from_bytes(file.read(4), "big"))
                try:
                    plain = decompress(piece, left)
                except Exception as error:  # each library has its own
                    raise DataError(path, f"damaged {suffix[1:]} data: {error}") from None
                left -= len(plain)
                yield plain


def _block_library(suffix: str, place: str):  # type: ignore[no-untyped-def]
    """The functions that compress and decompress one block."""
    if suffix == ".lz4":
        try:
            from lz4 import block
        except ImportError:
            raise UnavailableError(place, "lz4 data needs a library", "pip install 'streamtools[lz4]'") from None
        return (
            lambda data: block.compress(data, store_size=False),
            lambda data, size: block.decompress(data, uncompressed_size=size),
        )
    try:
        import snappy
    except ImportError:
        from streamtools.formats import snappy
    return snappy.compress, lambda data, _size: snappy.decompress(data)


def output_suffix(codec: str) -> str:
    """The suffix of the files that a codec class writes; raises Refused for a class without stand-in."""
    if not is_codec(codec):
        raise Refused(f"Compression codec {codec} was not found.", f"one of {', '.join(SUFFIXES)} in {COMPRESS}*")
    suffix = SUFFIXES[codec.removeprefix(COMPRESS)]
    try:
        compressor(suffix)
    except UnavailableError as error:
        raise Refused(f"Compression codec {codec}: {error.problem}", error.remedy) from None
    return suffix


def compressor(suffix: str) -> Compressor:
    """A fresh compressor for one file; raises UnavailableError where a library is missing."""
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

        zstd_compressor: Compressor = load_zstd().ZstdCompressor()
        return zstd_compressor
    return _Framer(suffix)


class _Framer:
    """Hadoop's block framing around blocks of lz4 or snappy."""

    def __init__(self, suffix: str) -> None:
        self.block = _block_library(suffix, "")[0]
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
        packed = self.block(data)
        return len(data).to_bytes(4, "big") + len(packed).to_bytes(4, "big") + packed
