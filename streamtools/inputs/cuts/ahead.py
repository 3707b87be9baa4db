"""One stream of bz2, xz or zst decoded by several threads, as far as it can be cut; the blocks come in order."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

from streamtools.errors import DataError
from streamtools.inputs.ahead import Task, ordered
from streamtools.inputs.codecs import CODECS, decode
from streamtools.inputs.cuts import stretches

LEAST = {"bz2": 1 << 19, "xz": 1, "zst": 1 << 18}  # packed bytes that a thread takes at a time


def decoded(
    descriptor: int, kind: str, place: str, jobs: int, memory: int, on_read: Callable[[int], None]
) -> Iterator[bytes]:
    """The decoded bytes of an open file. jobs, memory: see `inputs.ahead`; on_read: told the packed bytes read.

    Raises DataError for damage, after all that came before it.
    """

    def read_at(offset: int, size: int) -> bytes:
        return os.pread(descriptor, size, offset)

    def counted(offset: int, size: int) -> bytes:
        piece = read_at(offset, size)
        on_read(len(piece))
        return piece

    def tasks() -> Iterator[tuple[None, Task]]:
        try:
            for stretch in stretches(kind, read_at, os.fstat(descriptor).st_size, LEAST[kind], place):
                yield None, partial(decode, stretch.pieces(counted), CODECS[kind], place, stretch.start)
        except DataError as error:  # in its place: after what was before the damage
            yield None, partial(_raised, error)

    made = ordered(tasks(), jobs, memory)
    with closing(made):
        for _, blocks in made:
            yield from blocks


def _raised(error: DataError) -> Iterator[bytes]:
    raise error
    yield b""
