"""What all commands share: what they are given, what they give, and how they go through their arguments."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from streamtools.errors import StreamtoolsError
from streamtools.hdfs.places import FileSystem, Item, PathError

Told = bytes | StreamtoolsError  # for stdout, or for stderr; the first error makes the status 1
Options = Mapping[str, str]  # the options given, without dash, with their values


class WrongUsage(StreamtoolsError):
    """Options or arguments that a command does not take."""


@dataclass(frozen=True)
class Shell:
    """What commands work on.

    fs: what remote names mean; local: what local ones mean; stdin: for `-put -`; decode: the text of a file by path,
    whatever its codec.
    """

    fs: FileSystem
    local: FileSystem
    stdin: Iterable[bytes]
    decode: Callable[[str], Iterator[bytes]]

    @staticmethod
    def usage(problem: str) -> WrongUsage:
        """An error about how a command was called."""
        return WrongUsage("", problem)


def each(fs: FileSystem, names: Iterable[str], work: Callable[[Item], Iterator[Told]]) -> Iterator[Told]:
    """What `work` gives for every item that is meant; an error ends the work on its item only."""
    for name in names:
        try:
            items = fs.expand(name)
        except StreamtoolsError as error:
            yield error
            continue
        for item in items:
            yield from caught(item, work)


def caught(item: Item, work: Callable[[Item], Iterator[Told]]) -> Iterator[Told]:
    """What `work` gives for an item, its error last."""
    try:
        yield from work(item)
    except WrongUsage:
        raise
    except StreamtoolsError as error:
        yield error
    except OSError as error:
        yield PathError(item.name, error.strerror or os.strerror(error.errno or 0))
