"""One stream of bz2, xz or zst decoded by several threads, as far as it can be cut; the chunks come in order."""

import os
from collections.abc import Iterator
from contextlib import closing
from functools import partial

from streamtools.errors import DataError
from streamtools.inputs.codecs import CODECS, decode
from streamtools.inputs.cuts.ranges import find_decodable_ranges
from streamtools.inputs.read_options import ReadOptions
from streamtools.inputs.threads import Task, run_in_threads

LEAST = {"bz2": 1 << 19, "xz": 1, "zst": 1 << 18}  # encoded bytes that a thread takes at a time


def decode_in_parallel(descriptor: int, format: str, place: str, options: ReadOptions) -> Iterator[bytes]:
    """Yield the decoded bytes of an open file. Raises DataError for damage, after all bytes that came before it."""

    def read_at(offset: int, size: int) -> bytes:
        return os.pread(descriptor, size, offset)

    def read_and_report(offset: int, size: int) -> bytes:
        chunk = read_at(offset, size)
        if options.on_read:
            options.on_read(len(chunk))
        return chunk

    def make_tasks() -> Iterator[tuple[None, Task[bytes]]]:
        size = os.fstat(descriptor).st_size
        try:
            for each in find_decodable_ranges(format, read_at, size, LEAST[format], place):
                yield None, partial(decode, each.chunks(read_and_report), CODECS[format], place, each.start)
        except DataError as error:  # as a task, so that it is raised after the bytes before the damage
            yield None, partial(_raise, error)

    results = run_in_threads(make_tasks(), options.jobs, options.memory)
    with closing(results):
        for _, chunks in results:
            yield from chunks


def _raise(error: DataError) -> Iterator[bytes]:
    raise error
    yield b""
