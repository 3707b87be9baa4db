"""Strict decoders of compressed streams: every byte of the file is accounted for, or there is an error.

The standard library takes whatever follows a stream of .bz2 or .xz and is no stream itself for garbage, and drops it
silently: a damaged second stream of a concatenated log is lost without a word. Here anything after a stream must be
another stream or the padding that the format knows.

    pieces of a file -> codec_of() looks at the first -> decode(): stream, stream, ... -> blocks of at most 1 MiB
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol

from streamtools.errors import DataError, UnavailableError, UsageError

BLOCK = 1 << 18  # bytes per decoded block: 64 KiB to 1 MiB make no difference in speed, the smaller ones stay in cache


class Decompressor(Protocol):
    """What bz2, lzma, zstd, lz4 and isal have in common."""

    eof: bool
    needs_input: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class Codec(NamedTuple):
    """A compression format: its name, its suffix, how its data begins, and a fresh decompressor for one stream."""

    name: str
    suffixes: tuple[str, ...]
    magic: "re.Pattern[bytes]"
    decompressor: Callable[[], Any]
    padding: int = 0  # bytes of zeros between and after streams come in multiples of this; 0: there are none


def _gz() -> Any:
    from isal.igzip_lib import DECOMP_GZIP, IgzipDecompressor  # three times as fast as the gzip module

    return IgzipDecompressor(flag=DECOMP_GZIP)


def _bz2() -> Any:
    from bz2 import BZ2Decompressor

    return BZ2Decompressor()


def _xz() -> Any:
    from lzma import FORMAT_XZ, LZMADecompressor

    return LZMADecompressor(format=FORMAT_XZ)


def _zst() -> Any:
    return zstd_library().ZstdDecompressor()


def zstd_library() -> Any:
    from importlib import import_module

    return import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


def _lz4() -> Any:
    try:
        from lz4.frame import LZ4FrameDecompressor
    except ImportError as error:
        raise UnavailableError("", "lz4 data needs a library", "pip install 'streamtools[lz4]'") from error
    return LZ4FrameDecompressor()


SKIPPABLE = rb"[\x50-\x5f]\x2a\x4d\x18"  # a frame without data, the same in .zst and .lz4
CODECS = {
    codec.name: codec
    for codec in (
        Codec("gz", (".gz", ".gzip", ".bgz"), re.compile(rb"\x1f\x8b"), _gz, padding=1),
        Codec("bz2", (".bz2",), re.compile(rb"BZh[1-9](\x31\x41\x59\x26\x53\x59|\x17\x72\x45\x38\x50\x90)"), _bz2),
        Codec("xz", (".xz",), re.compile(rb"\xfd7zXZ\x00"), _xz, padding=4),
        Codec("zst", (".zst", ".zstd"), re.compile(rb"\x28\xb5\x2f\xfd|" + SKIPPABLE), _zst),
        Codec("lz4", (".lz4",), re.compile(rb"\x04\x22\x4d\x18|" + SKIPPABLE), _lz4),
    )
}
PLAIN, SEVENZIP = "plain", "7z"
SEVENZIP_MAGIC = b"7z\xbc\xaf\x27\x1c"
SEVENZIP_NAME = re.compile(r".*\.7z(\.\d{3,})?", re.IGNORECASE)
FORMATS = (PLAIN, *CODECS, SEVENZIP)
FOREIGN = {  # formats that are surely no records: better refused than counted as lines
    b"PK\x03\x04": ("zip", "unzip -p"),
    b"\x1f\x9d": ("compress (.Z)", "zcat"),
    b"\x89LZO": ("lzop", "lzop -dc"),
    b"Rar!\x1a\x07": ("rar", "unrar p -inul"),
    b"\x02\x21\x4c\x18": ("legacy lz4", "lz4 -dc"),
}


FIRST_BYTES = b"\x1fB\xfd\x28\x04" + bytes(range(0x50, 0x60)) + SEVENZIP_MAGIC[:1] + b"\x89\x02"  # of all of these


def format_of(place: str, head: bytes) -> str:
    """The format of an input, one of FORMATS, by its first bytes; its name only tells what would be missing.

    Raises DataError when the name promises a compressed format and the content keeps no such promise: a file whose
    first bytes were damaged must not pass for plain text.
    """
    if head.startswith(SEVENZIP_MAGIC):
        return SEVENZIP
    promised = _promised(place)
    if promised in CODECS and CODECS[promised].magic.match(head):  # decides between .zst and .lz4 on a skippable frame
        return promised
    for codec in CODECS.values():
        if codec.magic.match(head):
            return codec.name
    for magic, (name, program) in FOREIGN.items():
        if head.startswith(magic):
            raise DataError(place, f"is {name} data, which is not read here", f"pipe it in: {program} FILE | ...")
    if promised == PLAIN:
        return PLAIN
    problem = "is empty" if not head else "does not begin like one"
    raise DataError(place, f"is named like a .{promised} file but {problem}", "--format plain reads it as it is")


def may_be_packed(head: bytes) -> bool:
    """Whether more bytes could make the magic of a format out of these first ones."""
    return head[0] in FIRST_BYTES


def check_format(name: str | None) -> None:
    """Raise UsageError unless `name` is None or one of FORMATS."""
    if name is not None and name not in FORMATS:
        raise UsageError("--format", f"{name!r} is no format that is read here", f"one of {', '.join(FORMATS)}")


def decode(pieces: Iterable[bytes], codec: Codec, place: str, base: int = 0) -> Iterator[bytes]:
    """The decoded bytes of a file made of one stream of a codec or of several, one after the other.

    base: what to add to the places told, when this is not the beginning of its file.
    Raises DataError, which names the byte of the file, when a stream is damaged or cut short, its checksum is wrong,
    or something follows that is neither a stream nor padding.
    """
    rest = _Input(pieces, base)
    while True:
        yield from _stream(rest, codec, place)
        if not rest.skip_padding(codec.padding):
            raise DataError(place, f"has {codec.name} padding of a wrong length at its end (byte {rest.taken:,})")
        head = rest.peek(16)
        if not head:
            return
        if not codec.magic.match(head):
            raise DataError(
                place,
                f"has something after the end of a {codec.name} stream, at byte {rest.taken:,}, that is no {codec.name}"
                " stream",
                "a damaged stream, or garbage: nothing of it was read",
            )


def _stream(rest: "_Input", codec: Codec, place: str) -> Iterator[bytes]:
    start = rest.taken
    decoder = codec.decompressor()
    try:
        while not decoder.eof:
            piece = rest.next() if decoder.needs_input else b""
            if not piece and decoder.needs_input:
                raise DataError(place, f"ends in the middle of the {codec.name} stream that began at byte {start:,}")
            block = decoder.decompress(piece, BLOCK)
            if block:
                yield block
    except _errors_of(codec) as error:
        told = str(error).strip().rstrip(".")
        if "too much memory" in told:  # of zst: a window of more than 128 MiB, which the tool too only reads when told
            remedy = f"pipe it in: zstd -dc --long=31 {place} | ..."
            raise DataError(place, f"needs more memory than a {codec.name} stream may", remedy) from error
        raise DataError(place, f"damaged {codec.name} data before byte {rest.taken:,}: {told}") from error
    rest.give_back(decoder.unused_data or b"")


def _errors_of(codec: Codec) -> tuple[type[Exception], ...]:
    """What the library of a codec raises on damaged data."""
    errors: list[type[Exception]] = [OSError, EOFError, ValueError, RuntimeError]
    if codec.name == "gz":
        from isal.igzip_lib import IsalError

        errors.append(IsalError)  # type: ignore[arg-type]  # its stub calls it an instance
    elif codec.name == "xz":
        from lzma import LZMAError

        errors.append(LZMAError)
    elif codec.name == "zst":
        errors.append(zstd_library().ZstdError)
    return tuple(errors)


class _Input:
    """Pieces of a file that can be looked at before they are taken; counts the bytes taken."""

    def __init__(self, pieces: Iterable[bytes], base: int) -> None:
        self.pieces = iter(pieces)
        self.held = b""
        self.taken = base

    def next(self) -> bytes:
        """The next piece, b"" at the end."""
        piece, self.held = self.held or next(self.pieces, b""), b""
        self.taken += len(piece)
        return piece

    def give_back(self, piece: bytes) -> None:
        self.held = piece + self.held
        self.taken -= len(piece)

    def peek(self, size: int) -> bytes:
        while len(self.held) < size and (piece := next(self.pieces, b"")):
            self.held += piece
        return self.held[:size]

    def skip_padding(self, unit: int) -> bool:
        """Take zeros; return whether their number is a multiple of `unit` (0: take none)."""
        skipped = 0
        while unit and self.peek(1) == b"\0":
            kept = self.held.lstrip(b"\0")
            skipped += len(self.held) - len(kept)
            self.held = kept
        self.taken += skipped
        return not unit or skipped % unit == 0


def _promised(place: str) -> str:
    lower = place.lower()
    if SEVENZIP_NAME.fullmatch(lower):
        return SEVENZIP
    return next((codec.name for codec in CODECS.values() if lower.endswith(codec.suffixes)), PLAIN)
