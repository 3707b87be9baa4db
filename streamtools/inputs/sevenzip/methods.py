"""The methods by which 7z packs bytes: names, decoders, and filters of liblzma.

LZMA and LZMA2 are decoded by the standard library's raw decoder, asked for at most 128 KiB at a time: memory is the
dictionary and little more, whatever the ratio (py7zr reads 1 MiB ahead per call and asks for up to 128 MB: 405 MiB for
600 MB of zeros, here 25). The others are decoded by the libraries that py7zr brings.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import accumulate
from typing import NamedTuple

from streamtools.errors import DataError
from streamtools.inputs.codecs import Decompressor
from streamtools.inputs.sevenzip.archive import AES, DELTA, LZMA1, LZMA2, Archive, Coder, Folder
from streamtools.inputs.sevenzip.child_process import run_in_child

DECODED = 1 << 17  # bytes per step; with 256 KiB two threads take 6 % longer, for the pages that each step faults in
DENSE = 1 << 12  # packed bytes per step for decoders without a limit of output: 4 KiB yield 4 MiB at most
AES_BUFFER = 1 << 16  # bytes
AES_BLOCK = 16  # bytes

Chunks = Iterator[bytes]
Filter = dict[str, int]  # as the module lzma takes it


class DamagedError(Exception):
    """A coder found its data damaged; `decode_folder` turns it into a DataError."""


class Method(NamedTuple):
    """How one coder is decoded: by a decoder of its own, or as a filter of liblzma together with LZMA2."""

    name: str
    decode: Callable[[Coder, Chunks], Chunks] | None = None
    lzma_filter: Callable[[Coder], Filter] | None = None


def method_names(folder: Folder) -> str:
    """Return the names of the coders of a folder in decoding order, such as `7zAES LZMA2 BCJ`."""
    return " ".join(_name_of(coder.method) for coder in folder.coders)


def check_supported(archive: Archive, folder: Folder) -> None:
    """Raise DataError, which names the method, if a folder cannot be decoded."""
    groups = group_coders(folder.coders)
    unknown = [group[0].method for group in groups if not _has_decoder(group[0].method)]
    if unknown or folder.is_branched:
        method = _name_of((unknown or [folder.coders[0].method])[0])
        problem = f"folder {folder.number} needs {method}, which is not supported"
        raise DataError(archive.name, problem, f"decode it first: 7zz x -so {archive.name} | ...")


def _name_of(method: bytes) -> str:
    known = METHODS.get(method)
    return known.name if known else UNSUPPORTED.get(method, f"method {method.hex()}")


def _has_decoder(method: bytes) -> bool:
    return method in (LZMA1, LZMA2, AES) or (method in METHODS and METHODS[method].decode is not None)


def group_coders(coders: tuple[Coder, ...]) -> list[list[Coder]]:
    """Group the coders that one decoder of liblzma performs: LZMA2 and the filters after it. Others stand alone.

    LZMA1 is grouped with the delta filter only: with branch filters liblzma loses the last bytes if LZMA1 has no end
    marker.
    """
    groups: list[list[Coder]] = []
    for coder in coders:
        leader = groups[-1][0].method if groups else b""
        is_filter = coder.method in METHODS and METHODS[coder.method].lzma_filter is not None
        follows_lzma2 = leader == LZMA2 and is_filter and coder.method not in (LZMA1, LZMA2)
        if follows_lzma2 or (leader, coder.method) == (LZMA1, DELTA):
            groups[-1].append(coder)
        else:
            groups.append([coder])
    return groups


def decode_group(group: list[Coder], chunks: Chunks, password: Callable[[], str]) -> Chunks:
    """Yield the bytes that one group of coders makes of chunks, maybe more than it should."""
    coder = group[0]
    if coder.method in (LZMA1, LZMA2):
        return _drive(_new_lzma_decoder(group), chunks)
    if coder.method == AES:
        return _decrypt(coder, chunks, password)
    decode = METHODS[coder.method].decode
    assert decode
    return decode(coder, chunks)


def _drive(decoder: Decompressor, chunks: Chunks) -> Chunks:
    """Drive a decompressor with the interface of the standard library, in bounded steps."""
    while not decoder.eof:
        chunk = b""
        if decoder.needs_input and not (chunk := next(chunks, b"")):
            return
        if decoded := decoder.decompress(chunk, DECODED):
            yield decoded


def _new_lzma_decoder(group: list[Coder]) -> Decompressor:
    import lzma

    filters = [make(coder) for coder in reversed(group) if (make := METHODS[coder.method].lzma_filter)]
    return lzma.LZMADecompressor(format=lzma.FORMAT_RAW, filters=filters)


def _dictionary_size(recorded: int, coder: Coder) -> int:
    """Limit the dictionary to the size of the data: a larger one is never filled, but would be allocated."""
    return max(4096, min(recorded, coder.size, 0xFFFFFFFF))


def _lzma1_filter(coder: Coder) -> Filter:
    import lzma

    first, recorded = coder.properties[0], int.from_bytes(coder.properties[1:5], "little")
    rest, lc = divmod(first, 9)
    pb, lp = divmod(rest, 5)
    return {"id": lzma.FILTER_LZMA1, "dict_size": _dictionary_size(recorded, coder), "lc": lc, "lp": lp, "pb": pb}


def _lzma2_filter(coder: Coder) -> Filter:
    import lzma

    exponent = coder.properties[0]
    if exponent > 40:
        raise DamagedError(f"LZMA2 dictionary size {exponent} is out of range")
    recorded = 0xFFFFFFFF if exponent == 40 else (2 | (exponent & 1)) << (exponent // 2 + 11)
    return {"id": lzma.FILTER_LZMA2, "dict_size": _dictionary_size(recorded, coder)}


def _delta_filter(coder: Coder) -> Filter:
    import lzma

    return {"id": lzma.FILTER_DELTA, "dist": coder.properties[0] + 1}


def _branch_filter(name: str) -> Callable[[Coder], Filter]:
    def make(_coder: Coder) -> Filter:
        import lzma

        return {"id": getattr(lzma, name)}

    return make


def _copy(_coder: Coder, chunks: Chunks) -> Chunks:
    return chunks


def _branch_decoder(name: str) -> Callable[[Coder, Chunks], Chunks]:
    """Return a decoder of a branch filter after LZMA1 or another method, by the package bcj, which py7zr brings."""

    def decode(coder: Coder, chunks: Chunks) -> Chunks:
        import bcj

        decoder = getattr(bcj, name)(coder.size)
        return (decoder.decode(chunk) for chunk in chunks)

    return decode


def _decode_delta(coder: Coder, chunks: Chunks) -> Chunks:
    """Undo the delta filter after another method than LZMA2: add to each byte the one `distance` before it."""
    distance = coder.properties[0] + 1
    history = bytes(distance)
    low_byte = (0xFF).__and__
    for chunk in chunks:
        data = bytearray(history + chunk)
        for lane in range(distance):
            data[lane::distance] = bytes(map(low_byte, accumulate(data[lane::distance])))
        history = bytes(data[-distance:])
        yield bytes(data[distance:])


def _decode_deflate(_coder: Coder, chunks: Chunks) -> Chunks:
    import zlib

    decoder = zlib.decompressobj(wbits=-15)
    for chunk in chunks:
        while chunk and not decoder.eof:
            yield decoder.decompress(chunk, DECODED)
            chunk = decoder.unconsumed_tail
    yield decoder.flush()


def _decode_deflate64(_coder: Coder, chunks: Chunks) -> Chunks:
    import inflate64

    decoder = inflate64.Inflater()
    for chunk in _cut_finely(chunks):
        yield decoder.inflate(chunk)


def _decode_bzip2(_coder: Coder, chunks: Chunks) -> Chunks:
    import bz2

    return _drive(bz2.BZ2Decompressor(), chunks)


def _decode_ppmd(coder: Coder, chunks: Chunks) -> Chunks:
    """Decode in a child process: on damaged data pyppmd 1.3 reads and writes outside its memory."""
    import pyppmd  # noqa: F401  not first in the child, where an import may wait for a thread that is not there

    return run_in_child(partial(decode_ppmd_here, coder), chunks)


def decode_ppmd_here(coder: Coder, chunks: Chunks) -> Chunks:
    """Decode PPMd in this process."""
    import pyppmd

    def next_input() -> bytes:  # pyppmd takes the end of a chunk for the end of all if its output ends there too;
        return b"\0" if decoder.needs_input or decoder.eof else b""  # after that b"" raises MemoryError

    order, memory = coder.properties[0], int.from_bytes(coder.properties[1:5], "little")
    decoder = pyppmd.Ppmd7Decoder(order, memory)
    left = coder.size
    for chunk in chunks:
        while left and (chunk or not (decoder.needs_input or decoder.eof)):
            decoded = decoder.decode(chunk, min(left, DECODED))
            left -= len(decoded)
            chunk = b""
            yield decoded
    while left and (decoded := decoder.decode(next_input(), min(left, DECODED))):
        left -= len(decoded)  # the coder of 7zz reads a byte beyond its data
        yield decoded


def _decode_zstd(_coder: Coder, chunks: Chunks) -> Chunks:
    from streamtools.inputs.codecs import CODECS, decode

    return decode(chunks, CODECS["zst"], "")


def _decode_brotli(_coder: Coder, chunks: Chunks) -> Chunks:
    import brotli

    decoder = brotli.Decompressor()
    for chunk in _cut_finely(chunks):
        yield decoder.process(chunk)
        while not decoder.is_finished() and (decoded := decoder.process(b"")):  # brotli 1.2 yields 32 KiB per call
            yield decoded


def _decrypt(coder: Coder, chunks: Chunks, password: Callable[[], str]) -> Chunks:
    from py7zr.compressor import AESDecompressor

    decoder = AESDecompressor(coder.properties, password(), AES_BUFFER)
    rest = b""
    for chunk in chunks:
        chunk = rest + chunk
        whole = len(chunk) & -AES_BLOCK
        chunk, rest = chunk[:whole], chunk[whole:]
        yield decoder.decompress(chunk) if chunk else b""
    if rest:
        raise DamagedError(f"the length of the encrypted data is not a multiple of {AES_BLOCK} bytes")


def _cut_finely(chunks: Iterable[bytes]) -> Chunks:
    return (chunk[at : at + DENSE] for chunk in chunks for at in range(0, len(chunk), DENSE))


METHODS = {
    b"\x00": Method("Copy", _copy),
    LZMA1: Method("LZMA", lzma_filter=_lzma1_filter),
    LZMA2: Method("LZMA2", lzma_filter=_lzma2_filter),
    DELTA: Method("Delta", _decode_delta, _delta_filter),
    b"\x03\x03\x01\x03": Method("BCJ", _branch_decoder("BCJDecoder"), _branch_filter("FILTER_X86")),
    b"\x03\x03\x02\x05": Method("PPC", _branch_decoder("PPCDecoder"), _branch_filter("FILTER_POWERPC")),
    b"\x03\x03\x05\x01": Method("ARM", _branch_decoder("ARMDecoder"), _branch_filter("FILTER_ARM")),
    b"\x03\x03\x07\x01": Method("ARMT", _branch_decoder("ARMTDecoder"), _branch_filter("FILTER_ARMTHUMB")),
    b"\x03\x03\x08\x05": Method("SPARC", _branch_decoder("SparcDecoder"), _branch_filter("FILTER_SPARC")),
    b"\x03\x03\x04\x01": Method("IA64", lzma_filter=_branch_filter("FILTER_IA64")),
    b"\x03\x04\x01": Method("PPMD", _decode_ppmd),
    b"\x04\x01\x08": Method("Deflate", _decode_deflate),
    b"\x04\x01\x09": Method("Deflate64", _decode_deflate64),
    b"\x04\x02\x02": Method("BZip2", _decode_bzip2),
    b"\x04\xf7\x11\x01": Method("ZSTD", _decode_zstd),
    b"\x04\xf7\x11\x02": Method("Brotli", _decode_brotli),
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
