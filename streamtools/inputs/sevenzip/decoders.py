"""One folder of a 7z archive decoded: its packed bytes pass a chain of coders, each a generator over pieces.

LZMA and LZMA2 are decoded by the standard library's raw decoder, asked for at most 256 KiB at a time: memory is the
dictionary and little more, whatever the ratio (py7zr reads 1 MiB ahead per call and asks for up to 128 MB: 405 MiB
for 600 MB of zeros, here 25). The rest is decoded by the libraries that py7zr brings.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import accumulate
from typing import Any, NamedTuple

from streamtools.errors import DataError, StreamtoolsError
from streamtools.inputs.sevenzip.archive import AES, Archive, Coder, Folder
from streamtools.inputs.sevenzip.isolated import isolated
from streamtools.inputs.sevenzip.segments import Segment
from streamtools.inputs.sevenzip.segments import segments as resets

PIECE = 1 << 16  # packed bytes per read: 32 KiB to 1 MiB make no difference in speed
BLOCK = 1 << 17  # decoded bytes per step; with 256 KiB two threads take 6 % longer, for the pages that each step faults
DENSE = 1 << 12  # packed bytes per step for decoders that cannot be told how much to give: 4 KiB give 4 MiB at most

Pieces = Iterator[bytes]


class _Damaged(Exception):
    """A coder found its data wrong; told as DataError by `decode`."""


def decode(archive: Archive, folder: Folder, part: Segment | None = None) -> Pieces:
    """The bytes of a folder, or of one of its `segments`, exactly as many as it has, in blocks of at most some MiB.

    Raises DataError: a method that cannot be decoded, damaged data, data that end early; UsageError: no password.
    """
    if part is None or part.size == folder.size:
        return _told(archive, folder, _Packed(archive, folder.offset, folder.packed), folder.coders)
    packed = _Packed(archive, folder.offset + part.packed_offset, part.packed)
    return _told(archive, folder, packed, (folder.coders[0]._replace(size=part.size),))


def segments(archive: Archive, folder: Folder) -> Iterator[Segment]:
    """The parts of a folder that can be decoded on their own, found as they are asked for.

    Those of an LZMA2 stream begin at its dictionary resets; a folder of any other kind is one part, and so is one of an
    archive where each header would be a request of its own.
    """
    if [coder.method for coder in folder.coders] == [LZMA2] and archive.is_near:
        yield from resets(archive.read_at, folder.offset, folder.packed, folder.size)
    else:
        yield Segment(0, folder.packed, 0, folder.size)


def _told(archive: Archive, folder: Folder, packed: "_Packed", coders: tuple[Coder, ...]) -> Pieces:
    """Decode, and tell all that can go wrong as DataError."""
    check_supported(archive, folder)
    pieces: Pieces = iter(packed)
    try:
        for group in _groups(coders):
            pieces = _exactly(group[-1].size, _step(group, pieces, archive))
        yield from pieces
    except (StreamtoolsError, MemoryError):
        raise
    except Exception as error:  # lzma, zlib, ppmd, bcj, struct, ... each have their own kinds
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the device, not the data
        reason = str(error).strip().rstrip(".") or type(error).__name__
        problem = (
            f"damaged {methods(folder)} data in folder {folder.number}, before byte {packed.position:,} of the file"
        )
        raise DataError(archive.name, f"{problem}: {reason}") from error


def methods(folder: Folder) -> str:
    """The names of the coders of a folder, in the order in which they decode: `7zAES LZMA2 BCJ`."""
    return " ".join(_name(coder.method) for coder in folder.coders)


def check_supported(archive: Archive, folder: Folder) -> None:
    """Raise DataError, which names the method, if a folder cannot be decoded here."""
    groups = _groups(folder.coders)
    lacking = [group[0].method for group in groups if not _is_decoded_alone(group[0].method)]
    if lacking or folder.is_branched:
        problem = f"folder {folder.number} needs {_name((lacking or [folder.coders[0].method])[0])}"
        remedy = f"pipe it in: 7zz x -so {archive.name} | ..."
        raise DataError(archive.name, f"{problem}, which cannot be decoded here", remedy)


def _name(method: bytes) -> str:
    known = METHODS.get(method)
    return known.name if known else UNSUPPORTED.get(method, f"method {method.hex()}")


def _is_decoded_alone(method: bytes) -> bool:
    return method in (LZMA1, LZMA2, AES) or (method in METHODS and METHODS[method].decode is not None)


class _Packed:
    """Packed bytes of a folder; its position is where in the file the decoder has read to."""

    def __init__(self, archive: Archive, offset: int, size: int) -> None:
        self.read_at, self.position, self.end = archive.read_at, offset, offset + size

    def __iter__(self) -> Pieces:
        while self.position < self.end:
            piece = self.read_at(self.position, min(PIECE, self.end - self.position))
            if not piece:
                return
            self.position += len(piece)
            yield piece


def _groups(coders: tuple[Coder, ...]) -> list[list[Coder]]:
    """Coders that one decoder of liblzma does: LZMA2 and the filters after it. All others are steps of their own.

    LZMA1 takes the delta filter with it only: with branch filters liblzma loses the last bytes when LZMA1 has no end
    marker.
    """
    groups: list[list[Coder]] = []
    for coder in coders:
        leader = groups[-1][0].method if groups else b""
        filters = coder.method in METHODS and METHODS[coder.method].lzma_filter is not None
        if (leader == LZMA2 and filters and coder.method not in (LZMA1, LZMA2)) or (leader, coder.method) == (
            LZMA1,
            DELTA,
        ):
            groups[-1].append(coder)
        else:
            groups.append([coder])
    return groups


def _step(group: list[Coder], pieces: Pieces, archive: Archive) -> Pieces:
    coder = group[0]
    if coder.method in (LZMA1, LZMA2):
        return _pull(_lzma(group), pieces)
    if coder.method == AES:
        return _decrypt(coder, pieces, archive)
    return METHODS[coder.method].decode(coder, pieces)  # type: ignore[misc]


def _exactly(size: int, pieces: Pieces) -> Pieces:
    """Cut off what a coder gives beyond its size (AES pads to 16 bytes); too little is an error."""
    left = size
    for piece in pieces:
        if len(piece) >= left:
            if left:
                yield piece[:left]
            return
        left -= len(piece)
        if piece:  # a step may take a piece and give nothing yet
            yield piece
    if left:
        raise _Damaged(f"the data end {left:,} bytes too early")


def _pull(decoder: Any, pieces: Pieces) -> Pieces:
    """Drive a decompressor with the standard library's interface, in bounded steps."""
    while not decoder.eof:
        piece = b""
        if decoder.needs_input and not (piece := next(pieces, b"")):
            return
        if block := decoder.decompress(piece, BLOCK):
            yield block


def _lzma(group: list[Coder]) -> Any:
    import lzma

    filters = [METHODS[coder.method].lzma_filter(lzma, coder) for coder in reversed(group)]  # type: ignore[misc]
    return lzma.LZMADecompressor(format=lzma.FORMAT_RAW, filters=filters)


def _dictionary(told: int, coder: Coder) -> int:
    """A dictionary larger than the data is never filled, but would be allocated."""
    return max(4096, min(told, coder.size, 0xFFFFFFFF))


def _lzma1_filter(lzma: Any, coder: Coder) -> dict[str, Any]:
    first, told = coder.properties[0], int.from_bytes(coder.properties[1:5], "little")
    rest, lc = divmod(first, 9)
    pb, lp = divmod(rest, 5)
    return {"id": lzma.FILTER_LZMA1, "dict_size": _dictionary(told, coder), "lc": lc, "lp": lp, "pb": pb}


def _lzma2_filter(lzma: Any, coder: Coder) -> dict[str, Any]:
    exponent = coder.properties[0]
    if exponent > 40:
        raise _Damaged(f"LZMA2 dictionary size {exponent} is out of range")
    told = 0xFFFFFFFF if exponent == 40 else (2 | (exponent & 1)) << (exponent // 2 + 11)
    return {"id": lzma.FILTER_LZMA2, "dict_size": _dictionary(told, coder)}


def _delta_filter(lzma: Any, coder: Coder) -> dict[str, Any]:
    return {"id": lzma.FILTER_DELTA, "dist": coder.properties[0] + 1}


def _branch_filter(name: str) -> Callable[[Any, Coder], dict[str, Any]]:
    return lambda lzma, coder: {"id": getattr(lzma, name)}


def _copy(_coder: Coder, pieces: Pieces) -> Pieces:
    return pieces


def _branch(decoder_name: str) -> Callable[[Coder, Pieces], Pieces]:
    """A branch filter on its own, after LZMA1 or another method: the package bcj, which py7zr brings."""

    def decode(coder: Coder, pieces: Pieces) -> Pieces:
        import bcj

        decoder = getattr(bcj, decoder_name)(coder.size)
        return (decoder.decode(piece) for piece in pieces)

    return decode


def _delta(coder: Coder, pieces: Pieces) -> Pieces:
    """The delta filter after another method than LZMA2: each byte is added to the one `distance` before it."""
    distance = coder.properties[0] + 1
    history = bytes(distance)
    low_byte = (0xFF).__and__
    for piece in pieces:
        data = bytearray(history + piece)
        for lane in range(distance):
            data[lane::distance] = bytes(map(low_byte, accumulate(data[lane::distance])))
        history = bytes(data[-distance:])
        yield bytes(data[distance:])


def _deflate(_coder: Coder, pieces: Pieces) -> Pieces:
    import zlib

    decoder = zlib.decompressobj(wbits=-15)
    for piece in pieces:
        while piece and not decoder.eof:
            yield decoder.decompress(piece, BLOCK)
            piece = decoder.unconsumed_tail
    yield decoder.flush()


def _deflate64(_coder: Coder, pieces: Pieces) -> Pieces:
    import inflate64

    decoder = inflate64.Inflater()
    for piece in _finer(pieces):
        yield decoder.inflate(piece)


def _bzip2(_coder: Coder, pieces: Pieces) -> Pieces:
    import bz2

    return _pull(bz2.BZ2Decompressor(), pieces)


def _ppmd(coder: Coder, pieces: Pieces) -> Pieces:
    """In a process of its own: pyppmd 1.3 reads and writes where it should not when its data are damaged."""
    import pyppmd  # noqa: F401  not first in the child, where an import may wait for a thread that is not there

    return isolated(partial(_ppmd_here, coder), pieces)


def _ppmd_here(coder: Coder, pieces: Pieces) -> Pieces:
    import pyppmd

    def more() -> bytes:  # pyppmd calls it the end where a block ends with a piece: then b"" raises MemoryError
        return b"\0" if decoder.needs_input or decoder.eof else b""

    order, memory = coder.properties[0], int.from_bytes(coder.properties[1:5], "little")
    decoder = pyppmd.Ppmd7Decoder(order, memory)
    left = coder.size
    for piece in pieces:
        while left and (piece or not (decoder.needs_input or decoder.eof)):
            block = decoder.decode(piece, min(left, BLOCK))
            left -= len(block)
            piece = b""
            yield block
    while left and (block := decoder.decode(more(), min(left, BLOCK))):
        left -= len(block)  # the coder of 7zz reads a byte beyond its data
        yield block


def _zstd(_coder: Coder, pieces: Pieces) -> Pieces:
    from streamtools.inputs.codecs import CODECS, decode

    return decode(pieces, CODECS["zst"], "")


def _brotli(_coder: Coder, pieces: Pieces) -> Pieces:
    import brotli

    decoder = brotli.Decompressor()
    for piece in _finer(pieces):
        yield decoder.process(piece)
        while not decoder.is_finished() and (block := decoder.process(b"")):  # brotli 1.2 gives 32 KiB per call
            yield block


def _decrypt(coder: Coder, pieces: Pieces, archive: Archive) -> Pieces:
    from py7zr.compressor import AESDecompressor

    decoder = AESDecompressor(coder.properties, archive.password(), PIECE)
    rest = b""
    for piece in pieces:
        piece = rest + piece
        whole = len(piece) & ~15  # AES works on 16 bytes at a time
        piece, rest = piece[:whole], piece[whole:]
        yield decoder.decompress(piece) if piece else b""
    if rest:
        raise _Damaged("the encrypted data are no multiple of 16 bytes")


def _finer(pieces: Iterable[bytes]) -> Pieces:
    return (piece[at : at + DENSE] for piece in pieces for at in range(0, len(piece), DENSE))


class Method(NamedTuple):
    """How one coder is decoded: by a step of its own, or as a filter of liblzma together with LZMA2."""

    name: str
    decode: Callable[[Coder, Pieces], Pieces] | None = None
    lzma_filter: Callable[[Any, Coder], dict[str, Any]] | None = None


LZMA1, LZMA2, DELTA = b"\x03\x01\x01", b"\x21", b"\x03"
METHODS = {
    b"\x00": Method("Copy", _copy),
    LZMA1: Method("LZMA", lzma_filter=_lzma1_filter),
    LZMA2: Method("LZMA2", lzma_filter=_lzma2_filter),
    DELTA: Method("Delta", _delta, _delta_filter),
    b"\x03\x03\x01\x03": Method("BCJ", _branch("BCJDecoder"), _branch_filter("FILTER_X86")),
    b"\x03\x03\x02\x05": Method("PPC", _branch("PPCDecoder"), _branch_filter("FILTER_POWERPC")),
    b"\x03\x03\x05\x01": Method("ARM", _branch("ARMDecoder"), _branch_filter("FILTER_ARM")),
    b"\x03\x03\x07\x01": Method("ARMT", _branch("ARMTDecoder"), _branch_filter("FILTER_ARMTHUMB")),
    b"\x03\x03\x08\x05": Method("SPARC", _branch("SparcDecoder"), _branch_filter("FILTER_SPARC")),
    b"\x03\x03\x04\x01": Method("IA64", lzma_filter=_branch_filter("FILTER_IA64")),
    b"\x03\x04\x01": Method("PPMD", _ppmd),
    b"\x04\x01\x08": Method("Deflate", _deflate),
    b"\x04\x01\x09": Method("Deflate64", _deflate64),
    b"\x04\x02\x02": Method("BZip2", _bzip2),
    b"\x04\xf7\x11\x01": Method("ZSTD", _zstd),
    b"\x04\xf7\x11\x02": Method("Brotli", _brotli),
    AES: Method("7zAES"),
}
UNSUPPORTED = {
    b"\x03\x03\x01\x1b": "BCJ2",
    b"\x0a": "ARM64",
    b"\x0b": "RISCV",
    b"\x04\xf7\x11\x04": "LZ4",
    b"\x04\xf7\x11\x05": "LZ5",
    b"\x04\xf7\x11\x06": "LIZARD",
}
