"""Commands that print the contents of files: -cat, -text, -head, -tail."""

import os
from collections.abc import Iterator

from streamtools.hdfs.context import Context, Options, Outputs, for_each_item
from streamtools.hdfs.filesystem import Item, PathError
from streamtools.records import BLOCK

END_SIZE = 1024  # bytes that -head and -tail print


def cat(context: Context, options: Options, names: list[str]) -> Outputs:
    """Print the bytes of files as they are."""
    return for_each_item(context.fs, names, lambda item: read_blocks(require_file(item)))


def text(context: Context, options: Options, names: list[str]) -> Outputs:
    """Print files decoded: compressed files and sequence files as text."""
    return for_each_item(context.fs, names, lambda item: context.decode(require_file(item).path))


def head(context: Context, options: Options, names: list[str]) -> Outputs:
    """Print the first 1024 bytes of files."""
    return for_each_item(context.fs, names, lambda item: _read_end(item, is_tail=False))


def tail(context: Context, options: Options, names: list[str]) -> Outputs:
    """Print the last 1024 bytes of files."""
    return for_each_item(context.fs, names, lambda item: _read_end(item, is_tail=True))


def require_file(item: Item) -> Item:
    """Return the item if it is a file. Raises PathError for a directory and for a missing file."""
    if item.is_directory():
        raise PathError(item.name, "Is a directory")
    return item


def read_blocks(item: Item) -> Iterator[bytes]:
    """Yield the bytes of a file."""
    with open(item.path, "rb", buffering=0) as file:
        while block := file.read(BLOCK):
            yield block


def _read_end(item: Item, is_tail: bool) -> Iterator[bytes]:
    with open(require_file(item).path, "rb") as file:
        if is_tail:
            file.seek(max(os.fstat(file.fileno()).st_size - END_SIZE, 0))
        yield file.read(END_SIZE)
