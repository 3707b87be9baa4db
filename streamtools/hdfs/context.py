"""What a command of `hadoop fs` works with, what it yields, and how it goes through its arguments."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from streamtools.errors import StreamtoolsError
from streamtools.hdfs.filesystem import FileSystem, Item, PathError

Output = bytes | StreamtoolsError  # bytes for stdout, or an error for stderr, which makes the status 1
Outputs = Iterator[Output]
Options = Mapping[str, str]  # the options given, without dash, with their values


class WrongUsage(StreamtoolsError):
    """Options or arguments that a command does not take."""


@dataclass(frozen=True)
class Context:
    """What commands work with.

    fs: file system of remote names; local: file system of local names; stdin: for `-put -`;
    decode: yields the text of a file by its path, whatever its codec.
    """

    fs: FileSystem
    local: FileSystem
    stdin: Iterable[bytes]
    decode: Callable[[str], Iterator[bytes]]


def for_each_item(fs: FileSystem, names: Iterable[str], work: Callable[[Item], Outputs]) -> Outputs:
    """Yield the output of `work` for each item that the names stand for. An error ends the work on its item only."""
    for name in names:
        try:
            items = fs.expand(name)
        except StreamtoolsError as error:
            yield error
            continue
        for item in items:
            yield from catch_errors(item, work)


def catch_errors(item: Item, work: Callable[[Item], Outputs]) -> Outputs:
    """Yield the output of `work` for an item, and the error that ended it, if any."""
    try:
        yield from work(item)
    except WrongUsage:
        raise
    except StreamtoolsError as error:
        yield error
    except OSError as error:
        yield PathError(item.name, error.strerror or os.strerror(error.errno or 0))
