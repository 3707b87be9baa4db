"""Commands that give the bytes of files: -cat, -text, -head, -tail."""

import os
from collections.abc import Iterator

from streamtools.hdfs.places import Item, PathError
from streamtools.hdfs.work import Options, Shell, Told, each
from streamtools.records import BLOCK

PIECE = 1024  # bytes that -head and -tail give


def cat(shell: Shell, options: Options, names: list[str]) -> Iterator[Told]:
    """All bytes of the files, as they are."""
    return each(shell.fs, names, lambda item: blocks_of(file_of(item)))


def text(shell: Shell, options: Options, names: list[str]) -> Iterator[Told]:
    """The files decoded: compressed ones and sequence files as text."""
    return each(shell.fs, names, lambda item: shell.decode(file_of(item).path))


def head(shell: Shell, options: Options, names: list[str]) -> Iterator[Told]:
    """The first 1024 bytes."""
    return each(shell.fs, names, lambda item: _piece(item, from_end=False))


def tail(shell: Shell, options: Options, names: list[str]) -> Iterator[Told]:
    """The last 1024 bytes."""
    return each(shell.fs, names, lambda item: _piece(item, from_end=True))


def file_of(item: Item) -> Item:
    """The item, if it is a file; raises PathError for a directory and for what is not there."""
    if item.is_directory():
        raise PathError(item.name, "Is a directory")
    return item


def blocks_of(item: Item) -> Iterator[bytes]:
    """The bytes of a file."""
    with open(item.path, "rb", buffering=0) as file:
        while block := file.read(BLOCK):
            yield block


def _piece(item: Item, from_end: bool) -> Iterator[bytes]:
    with open(file_of(item).path, "rb") as file:
        if from_end:
            file.seek(max(os.fstat(file.fileno()).st_size - PIECE, 0))
        yield file.read(PIECE)
