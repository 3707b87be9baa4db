"""Any inputs regrouped into blobs of a size and codec that Hadoop reads and splits, cut at line ends.

    inputs --sources--> chunks of lines --threads: compress, decode again--> packed chunks --> blobs of about `size`
            (inputs/)    (chunks.py)              (codecs.py)                                  (target.py)
                                                                     manifest.py: what each blob has, and where from

A blob gets its name when it is whole, after its lines of the manifest were written: whatever ends a run, the next one
goes on after the last blob that is there.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from typing import Any

from streamtools.errors import CannotCreateError, DataError, TransferError, UsageError
from streamtools.inputs import Source, expand, open_blocks, open_sources
from streamtools.inputs.paths import STDIN, is_remote
from streamtools.packing.chunks import Chunk, chunks
from streamtools.packing.codecs import BLOB_CODECS, BlobCodec, Packed
from streamtools.packing.manifest import NAME, Manifest, Place, Row, name_of, stamp
from streamtools.packing.target import Target, target_of

__all__ = ["BLOB_CODECS", "Settings", "Summary", "pack", "verify"]

LEAST_CHUNK = 1 << 14
SHARE = 6  # a chunk is there several times while it is worked on: lines, packed, decoded again


@dataclass(frozen=True)
class Settings:
    """How blobs are made. size: packed bytes of a blob at most, unless one chunk of lines takes more; level: of the
    codec, None its usual one; memory: bytes of the chunks under work; check: decode each chunk again.
    """

    size: int = 128 << 20
    codec: str = "gz"
    level: int | None = None
    jobs: int = 1
    memory: int = 256 << 20
    recursive: bool = False
    resume: bool = False
    check: bool = True
    password: Callable[[str], "str | None"] | None = None
    on_read: Callable[[int], None] | None = None
    on_write: Callable[[int], None] | None = None


@dataclass
class Summary:
    """What was done: blobs made, and those that were there before; lines and bytes, unpacked and packed, of the new."""

    blobs: int = 0
    kept: int = 0
    lines: int = 0
    size: int = 0
    packed: int = 0


def pack(names: Sequence[str], output: str, settings: Settings) -> Summary:
    """Regroup inputs into blobs in a directory or below an URI, with a manifest; returns what was done.

    Raises UsageError, NoInputError, CannotCreateError before any work; DataError for damaged inputs, OSError or
    TransferError when writing fails: then no blob is half there, and the same call with `resume` goes on.
    """
    inputs = expand(names, recursive=settings.recursive)
    if twice := _twice(inputs):
        raise UsageError(twice, "is named twice", "name each input once")
    codec = BLOB_CODECS[settings.codec]
    target = target_of(output)
    told = {"size": settings.size, "codec": settings.codec, "level": settings.level, "inputs": stamp(inputs)}
    with closing(Manifest.begun(target, told, _chunk_size(codec, settings), settings.resume)) as manifest:
        summary = Summary(kept=len(manifest.blobs))
        sources = _remaining(inputs, manifest.place, settings)
        with closing(sources):
            lines = _after(sources, manifest.place)
            packed = _packed(chunks(lines, manifest.chunk), codec, settings)
            _write(packed, codec, target, manifest, settings, summary)
        manifest.finish()
    return summary


def verify(output: str, jobs: int = 1, on_read: Callable[[int], None] | None = None) -> Summary:
    """Read all blobs again, and compare them with the manifest; returns what there is.

    Raises DataError where a blob has not the lines that were read from the inputs, NoInputError where there is none.
    """
    target = target_of(output)
    manifest = Manifest.of(target)
    summary = Summary()
    for blob, rows in manifest.by_blob():
        codec = next(codec for codec in BLOB_CODECS.values() if blob.endswith(codec.suffix or blob))
        place = target.place(blob)
        blocks = open_blocks([place], format=codec.format, jobs=jobs, on_read=on_read)
        read = _Checked(blocks, place)
        for row in rows:
            read.check(row)
            summary.lines, summary.size = summary.lines + row.lines, summary.size + row.size
        read.check_end()
        summary.blobs += 1
    known = [blob for blob, _ in manifest.by_blob()]
    for number, blob in enumerate(known):
        if not blob.startswith(name_of(number)):
            problem = f"has no line of {name_of(number)}: it is damaged"
            raise DataError(target.place(NAME), problem, "remove _SUCCESS, and pack again with --resume")
    if surplus := sorted(set(target.names()) - set(known)):
        remedy = "if it is from this run, the manifest is damaged: remove both it and _SUCCESS, and pack with --resume"
        raise DataError(target.place(surplus[0]), "is not in the manifest", remedy)
    return summary


class _Checked:
    """The bytes of a blob, compared with the rows of the manifest, in their order."""

    def __init__(self, blocks: Iterator[bytes], place: str) -> None:
        self.blocks, self.place, self.held = blocks, place, b""

    def check(self, row: Row) -> None:
        from streamtools.inputs.checksums import crc32

        left, lines, checksum = row.size, 0, 0
        while left and (block := self.held or next(self.blocks, b"")):
            self.held = block[left:]
            block = block[:left]
            left, lines, checksum = left - len(block), lines + block.count(b"\n"), crc32(block, checksum)
        if (left, lines, checksum) != (0, row.lines, row.crc):
            told = ": ".join(filter(None, row.source))
            problem = f"has not the lines that were read from {told}, bytes {row.start:,} to {row.end:,}"
            raise DataError(self.place, problem, "remove it, and _SUCCESS, and pack again with --resume")

    def check_end(self) -> None:
        if self.held or next(self.blocks, b""):
            raise DataError(self.place, "has more than the manifest tells", "remove it, and pack again")


def _twice(inputs: Sequence[str]) -> str | None:
    """The first input that was there before, maybe by another name of its path."""
    real = cache(os.path.realpath)  # of directories: there may be many files in each
    seen: set[tuple[str, str]] = set()
    for name in inputs:
        folder, file = ("", name) if name == STDIN or is_remote(name) else os.path.split(name)
        path = (real(folder) if folder else real("."), file)
        if path in seen:
            return name
        seen.add(path)
    return None


def _chunk_size(codec: BlobCodec, settings: Settings) -> int:
    bound = settings.memory // ((settings.jobs + 2) * SHARE)
    return max(LEAST_CHUNK, min(codec.chunk, settings.size, bound))


def _remaining(inputs: list[str], place: Place | None, settings: Settings):  # type: ignore[no-untyped-def]
    """The sources from the one on in which an earlier run has stopped."""
    if place:
        inputs = inputs[inputs.index(place.source.input) :]
    skip = place.members_before if place else 0
    options: dict[str, Any] = {"password": settings.password, "on_read": settings.on_read}
    return open_sources(inputs, skip=skip, jobs=settings.jobs, memory=settings.memory // 2, **options)


def _after(
    sources: Iterable[tuple[Source, Iterator[bytes]]], place: Place | None
) -> Iterator[tuple[Source, int, Iterator[bytes]]]:
    """The sources, each with the offset at which its bytes begin: the first one after what was packed before."""
    for source, blocks in sources:
        if place:
            if source != place.source:
                raise CannotCreateError(source.input, "does not begin with what was packed of it", "has it changed?")
            yield source, place.end, _without(blocks, place.end)
            place = None
        else:
            yield source, 0, blocks


def _without(blocks: Iterator[bytes], count: int) -> Iterator[bytes]:
    for block in blocks:
        if count >= len(block):
            count -= len(block)
        else:
            yield block[count:]
            count = 0


def _packed(lines: Iterator[Chunk], codec: BlobCodec, settings: Settings) -> Iterator[tuple[Chunk, Packed]]:
    """The chunks, compressed by threads, in their order; a few are under work at a time."""
    from concurrent.futures import Future, ThreadPoolExecutor

    under_work: deque[tuple[Chunk, Future[Packed]]] = deque()
    pool = ThreadPoolExecutor(settings.jobs)
    make = partial(codec.pack, level=settings.level, check=settings.check)
    try:
        while True:
            for chunk in islice(lines, settings.jobs + 1 - len(under_work)):
                try:
                    under_work.append((chunk, pool.submit(make, chunk)))
                except RuntimeError as error:  # of threading: there is no room for one more
                    raise TransferError("", str(error), "give fewer --jobs, or raise the limit with ulimit") from error
            if not under_work:
                return
            chunk, packed = under_work.popleft()
            yield chunk, packed.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _write(
    packed: Iterator[tuple[Chunk, Packed]],
    codec: BlobCodec,
    target: Target,
    manifest: Manifest,
    settings: Settings,
    summary: Summary,
) -> None:
    """Gather packed chunks into blobs, and give each its name when it is whole."""
    blob: _Blob | None = None
    try:
        for chunk, piece in packed:
            if blob and blob.size + len(piece.data) > settings.size:
                blob.close(manifest, summary)
                blob = None
            if blob is None:
                blob = _Blob(name_of(len(manifest.blobs)) + codec.suffix, codec, target)
            blob.add(chunk, piece)
            if settings.on_write:
                settings.on_write(chunk.size)
        if blob:
            blob.close(manifest, summary)
            blob = None
    finally:
        if blob:
            blob.file.abort()


class _Blob:
    """A blob that grows under another name."""

    def __init__(self, name: str, codec: BlobCodec, target: Target) -> None:
        self.name, self.joiner, self.file = name, codec.joiner(), target.begin(name)
        self.rows: list[Row] = []
        self.size = 0

    def add(self, chunk: Chunk, piece: Packed) -> None:
        self._put(self.joiner.add(piece))
        for row in piece.rows:
            if self.rows and self.rows[-1].is_followed_by(row):
                self.rows[-1] = self.rows[-1].joined(row)
            else:
                self.rows.append(row._replace(blob=self.name))

    def close(self, manifest: Manifest, summary: Summary) -> None:
        """Finish the blob and tell the manifest."""
        self._put(self.joiner.end())
        self.file.flush()
        manifest.add(self.name, self.rows)
        self.file.commit()
        summary.blobs, summary.packed = summary.blobs + 1, summary.packed + self.size
        summary.lines += sum(row.lines for row in self.rows)
        summary.size += sum(row.size for row in self.rows)

    def _put(self, data: bytes) -> None:
        self.file.write(data)
        self.size += len(data)
