"""Inputs regrouped into blobs."""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import cache, partial
from itertools import islice

from streamtools.errors import CannotCreateError, TransferError, UsageError
from streamtools.inputs import ReadOptions, Source, expand, open_sources
from streamtools.inputs.locations import STDIN, is_remote
from streamtools.inputs.opening import Sources
from streamtools.packing.blob_codecs import BLOB_CODECS, BlobCodec, Packed
from streamtools.packing.blob_manifest import Manifest, StopPoint, digest_inputs, to_keep
from streamtools.packing.blob_writer import write_blobs
from streamtools.packing.line_blocks import LineBlock, cut_into_blocks
from streamtools.packing.pack_options import PackOptions, Summary
from streamtools.packing.targets import open_target

LEAST_BLOCK = 1 << 14  # bytes of lines
SHARE = 6  # times that a block is in memory while it is worked on: lines, compressed, decoded again


def pack(names: Sequence[str], output: str, options: PackOptions) -> Summary:
    """Regroup inputs into blobs in a directory or below a URI, with a manifest; return what was done.

    Raises UsageError, NoInputError or CannotCreateError before any work, DataError for damaged inputs, OSError or
    TransferError if writing fails. Then no blob is incomplete, and the same call with `resume` continues.
    """
    inputs = expand(names, recursive=options.recursive)
    if duplicate := _find_duplicate(inputs):
        raise UsageError(duplicate, "is given twice", "name each input once")
    codec = BLOB_CODECS[options.codec]
    target = open_target(output)
    how = {"size": options.size, "codec": options.codec, "level": options.level, "inputs": digest_inputs(inputs)}
    chosen = {"member": options.member, "on_error": "skip-member" if options.on_error else None}
    how |= {name: value for name, value in chosen.items() if value is not None}
    with closing(Manifest.begin(target, how, _block_size(codec, options), options.resume)) as manifest:
        summary = Summary(kept=len(manifest.blobs))
        sources = _open_remaining(inputs, manifest.stop_point, options)
        with closing(sources):
            blocks = cut_into_blocks(_skip_packed(sources, manifest.stop_point), manifest.block_size)
            write_blobs(_compress(blocks, codec, options), codec, manifest, options, summary)
        manifest.finish()
    return summary


def _find_duplicate(inputs: Sequence[str]) -> str | None:
    """Return the first input that is in the list before, also by another name of its directory."""
    real_path = cache(os.path.realpath)  # of directories: there may be many files in each
    seen: set[tuple[str, str]] = set()
    for name in inputs:
        directory, file = ("", name) if name == STDIN or is_remote(name) else os.path.split(name)
        path = (real_path(directory or "."), file)
        if path in seen:
            return name
        seen.add(path)
    return None


def _block_size(codec: BlobCodec, options: PackOptions) -> int:
    bound = options.memory // ((options.jobs + 2) * SHARE)
    return max(LEAST_BLOCK, min(codec.block, options.size, bound))


def _open_remaining(inputs: list[str], stop_point: StopPoint | None, options: PackOptions) -> Sources:
    """Open the sources, from the one on in which an earlier run stopped."""
    if stop_point:
        inputs = inputs[[to_keep(name) for name in inputs].index(stop_point.source.input) :]
    skip = stop_point.members_before if stop_point else 0
    how = ReadOptions(
        member=options.member, on_error=options.on_error, password=options.password, jobs=options.jobs,
        memory=options.memory // 2, on_read=options.on_read,
    )  # fmt: skip
    return open_sources(inputs, how, skip=skip)


def _skip_packed(
    sources: Iterable[tuple[Source, Iterator[bytes]]], stop_point: StopPoint | None
) -> Iterator[tuple[Source, int, Iterator[bytes]]]:
    """Yield each source with the offset of its first byte; leave out what of the first one was packed before."""
    for source, chunks in sources:
        if stop_point:
            if Source(to_keep(source.input), source.member) != stop_point.source:
                problem = "its first member is not the one that was packed before"
                raise CannotCreateError(source.input, problem, "the input changed: pack into another directory")
            yield source, stop_point.end, _drop_bytes(chunks, stop_point.end)
            stop_point = None
        else:
            yield source, 0, chunks


def _drop_bytes(chunks: Iterator[bytes], count: int) -> Iterator[bytes]:
    """Yield the chunks without their first `count` bytes."""
    for chunk in chunks:
        if count >= len(chunk):
            count -= len(chunk)
        else:
            yield chunk[count:]
            count = 0


def _compress(
    blocks: Iterator[LineBlock], codec: BlobCodec, options: PackOptions
) -> Iterator[tuple[LineBlock, Packed]]:
    """Yield each block with its compressed bytes, in order; threads compress a few at a time."""
    from concurrent.futures import Future, ThreadPoolExecutor

    pending: deque[tuple[LineBlock, Future[Packed]]] = deque()
    pool = ThreadPoolExecutor(options.jobs)
    compress = partial(codec.pack, level=options.level, check=options.check)
    try:
        while True:
            for block in islice(blocks, options.jobs + 1 - len(pending)):
                try:
                    pending.append((block, pool.submit(compress, block)))
                except RuntimeError as error:  # of threading, at a limit of processes or memory
                    remedy = "use fewer --jobs, or raise the limit with ulimit"
                    raise TransferError("", str(error), remedy) from error
            if not pending:
                return
            block, packed = pending.popleft()
            yield block, packed.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
