"""Formats of inputs, and strict decoders of compressed streams: every byte of a file is accounted for.

The standard library takes whatever follows a stream of .bz2 or .xz and is not a stream itself for garbage, and silently
drops it: a damaged second stream of a concatenated log would be lost. Here only another stream, or the padding that the
format allows, may follow a stream.

    chunks of a file -> format_of() looks at the first bytes -> decode(): stream, stream, ... -> chunks
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from types import ModuleType
from typing import NamedTuple, Protocol

from streamtools.errors import DataError, UnavailableError, UsageError

CHUNK = 1 << 18  # bytes per decoded chunk: 64 KiB to 1 MiB make no difference in speed, smaller ones stay in the cache


class Decompressor(Protocol):
    """The interface that bz2, lzma, zstd, lz4 and isal have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class Codec(NamedTuple):
    """A compression format: its name and suffixes, how its data begin, and what makes a decompressor of one stream."""

    name: str
    suffixes: tuple[str, ...]
    magic: "re.Pattern[bytes]"
    new_decompressor: Callable[[], Decompressor]
    padding: int = 0  # zeros between and after streams come in multiples of so many bytes; 0: none are allowed


def _new_gz() -> Decompressor:
    from isal.igzip_lib import DECOMP_GZIP, IgzipDecompressor  # three times as fast as the gzip module

    return IgzipDecompressor(flag=DECOMP_GZIP)


def _new_bz2() -> Decompressor:
    from bz2 import BZ2Decompressor

    return BZ2Decompressor()


def _new_xz() -> Decompressor:
    from lzma import FORMAT_XZ, LZMADecompressor

    return LZMADecompressor(format=FORMAT_XZ)


def _new_zst() -> Decompressor:
    decompressor: Decompressor = load_zstd().ZstdDecompressor()
    return decompressor


def load_zstd() -> ModuleType:
    """Import the zstd library: the standard one since Python 3.14, its backport before."""
    return import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


def _new_lz4() -> Decompressor:
    try:
        from lz4.frame import LZ4FrameDecompressor
    except ImportError as error:
        raise UnavailableError("", "lz4 data needs a library", "pip install 'streamtools[lz4]'") from error
    decompressor: Decompressor = LZ4FrameDecompressor()
    return decompressor


SKIPPABLE = rb"[\x50-\x5f]\x2a\x4d\x18"  # a frame without data, the same in .zst and .lz4
CODECS = {
    codec.name: codec
    for codec in (
        Codec("gz", (".gz", ".gzip", ".bgz"), re.compile(rb"\x1f\x8b"), _new_gz, padding=1),
        Codec("bz2", (".bz2",), re.compile(rb"BZh[1-9](\x31\x41\x59\x26\x53\x59|\x17\x72\x45\x38\x50\x90)"), _new_bz2),
        Codec("xz", (".xz",), re.compile(rb"\xfd7zXZ\x00"), _new_xz, padding=4),
        Codec("zst", (".zst", ".zstd"), re.compile(rb"\x28\xb5\x2f\xfd|" + SKIPPABLE), _new_zst),
        Codec("lz4", (".lz4",), re.compile(rb"\x04\x22\x4d\x18|" + SKIPPABLE), _new_lz4),
    )
}
PLAIN, SEVENZIP = "plain", "7z"
SEVENZIP_MAGIC = b"7z\xbc\xaf\x27\x1c"
SEVENZIP_NAME = re.compile(r".*\.7z(\.\d{3,})?", re.IGNORECASE)
FORMATS = (PLAIN, *CODECS, SEVENZIP)
FOREIGN = {  # formats that are surely not text: refused, so that nobody counts their bytes as lines
    b"PK\x03\x04": ("zip", "unzip -p"),
    b"\x1f\x9d": ("compress (.Z)", "zcat"),
    b"\x89LZO": ("lzop", "lzop -dc"),
    b"Rar!\x1a\x07": ("rar", "unrar p -inul"),
    b"\x02\x21\x4c\x18": ("legacy lz4", "lz4 -dc"),
}
FIRST_BYTES = b"\x1fB\xfd\x28\x04" + bytes(range(0x50, 0x60)) + SEVENZIP_MAGIC[:1] + b"\x89\x02"  # of all of these


def format_of(place: str, head: bytes) -> str:
    """Return the format of an input, one of FORMATS, from its first bytes.

    place: its name, which never overrules the first bytes. Raises DataError if the name has the suffix of a compressed
    format but the first bytes are those of none: a file whose first bytes were damaged must not pass for plain text.
    """
    if head.startswith(SEVENZIP_MAGIC):
        return SEVENZIP
    promised = _format_of_name(place)
    if promised in CODECS and CODECS[promised].magic.match(head):  # decides between .zst and .lz4 on a skippable frame
        return promised
    for codec in CODECS.values():
        if codec.magic.match(head):
            return codec.name
    for magic, (name, program) in FOREIGN.items():
        if head.startswith(magic):
            raise DataError(place, f"{name} data is not supported", f"decode it first: {program} FILE | ...")
    if promised == PLAIN:
        return PLAIN
    problem = "is empty" if not head else f"does not begin like {promised} data"
    raise DataError(
        place, f"has the suffix of a .{promised} file but {problem}", "use --format plain to read it as it is"
    )


def may_be_encoded(head: bytes) -> bool:
    """Return whether a file that begins with these bytes may be compressed, an archive, or in a refused format."""
    return head[0] in FIRST_BYTES


def check_format(name: str | None) -> None:
    """Raise UsageError unless `name` is None or one of FORMATS."""
    if name is not None and name not in FORMATS:
        raise UsageError("--format", f"unknown format {name!r}", f"use one of {', '.join(FORMATS)}")


def decode(chunks: Iterable[bytes], codec: Codec, place: str, base: int = 0) -> Iterator[bytes]:
    """Yield the decoded bytes of a file that consists of one or more streams of a codec.

    base: offset of these chunks in the file, for messages. Raises DataError, with the byte of the file, if a stream is
    damaged or truncated, its checksum is wrong, or something follows that is neither a stream nor padding.
    """
    encoded = _Encoded(chunks, base)
    while True:
        yield from _decode_stream(encoded, codec, place)
        if not encoded.skip_padding(codec.padding):
            raise DataError(place, f"invalid length of the {codec.name} padding that ends at byte {encoded.taken:,}")
        head = encoded.peek(16)
        if not head:
            return
        if not codec.magic.match(head):
            problem = f"the data after the end of a {codec.name} stream, at byte {encoded.taken:,}, are not one"
            raise DataError(place, problem, "remove them if they are garbage; nothing of them was read")


def _decode_stream(encoded: "_Encoded", codec: Codec, place: str) -> Iterator[bytes]:
    start = encoded.taken
    decoder = codec.new_decompressor()
    try:
        while not decoder.eof:
            chunk = encoded.take() if decoder.needs_input else b""
            if not chunk and decoder.needs_input:
                raise DataError(place, f"ends in the middle of the {codec.name} stream that began at byte {start:,}")
            decoded = decoder.decompress(chunk, CHUNK)
            if decoded:
                yield decoded
    except _errors_of(codec) as error:
        reason = str(error).strip().rstrip(".")
        if "too much memory" in reason:  # zst: a window above 128 MiB, which the zstd tool too reads only with --long
            remedy = f"decode it first: zstd -dc --long=31 {place} | ..."
            raise DataError(place, f"needs more memory than is allowed for a {codec.name} stream", remedy) from error
        raise DataError(place, f"damaged {codec.name} data before byte {encoded.taken:,}: {reason}") from error
    encoded.give_back(decoder.unused_data or b"")


def _errors_of(codec: Codec) -> tuple[type[Exception], ...]:
    """Return the exceptions that the library of a codec raises on damaged data."""
    errors: list[type[Exception]] = [OSError, EOFError, ValueError, RuntimeError]
    if codec.name == "gz":
        from isal.igzip_lib import IsalError

        errors.append(IsalError)  # type: ignore[arg-type]  # its stub calls it an instance
    elif codec.name == "xz":
        from lzma import LZMAError

        errors.append(LZMAError)
    elif codec.name == "zst":
        errors.append(load_zstd().ZstdError)
    return tuple(errors)


class _Encoded:
    """Chunks of a file that can be looked at before they are taken; counts the bytes taken."""

    def __init__(self, chunks: Iterable[bytes], base: int) -> None:
        self.chunks = iter(chunks)
        self.held = b""
        self.taken = base

    def take(self) -> bytes:
        """Return the next chunk, b"" at the end."""
        chunk, self.held = self.held or next(self.chunks, b""), b""
        self.taken += len(chunk)
        return chunk

    def give_back(self, chunk: bytes) -> None:
        """Put bytes that were taken last, but not used, back to the front."""
        self.held = chunk + self.held
        self.taken -= len(chunk)

    def peek(self, size: int) -> bytes:
        """Return the next `size` bytes, fewer at the end, without taking them."""
        while len(self.held) < size and (chunk := next(self.chunks, b"")):
            self.held += chunk
        return self.held[:size]

    def skip_padding(self, unit: int) -> bool:
        """Take all zeros that come next; return whether their number is a multiple of `unit`. 0: take none."""
        skipped = 0
        while unit and self.peek(1) == b"\0":
            rest = self.held.lstrip(b"\0")
            skipped += len(self.held) - len(rest)
            self.held = rest
        self.taken += skipped
        return not unit or skipped % unit == 0


def _format_of_name(place: str) -> str:
    lower = place.lower()
    if SEVENZIP_NAME.fullmatch(lower):
        return SEVENZIP
    return next((codec.name for codec in CODECS.values() if lower.endswith(codec.suffixes)), PLAIN)
