"""How inputs are read, and the name of what was read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from streamtools.errors import DataError

OnError = Callable[[DataError], None]
OnRead = Callable[[int], None]  # called with a number of bytes, from any thread
Password = Callable[[str], str | None]  # name of an archive -> its password


class Source(NamedTuple):
    """Where bytes come from: an input, and its member if it is an archive."""

    input: str
    member: str = ""


@dataclass(frozen=True)
class ReadOptions:
    """How inputs are read.

    format: read all inputs in this format, one of codecs.FORMATS; None detects it from the first bytes of each input.
    member: read only the members of 7z archives whose names match this glob; an archive without any is an error.
    recursive: also read the directories inside of input directories.
    add_line_ends: add an LF after a file or member that lacks one if another follows, so that no two lines are joined;
        the end of the last one stays as it is.
    on_error: called with each DataError, after which the next member or file is read; None raises the error. The lines
        that were decoded before the damage have been yielded, the one that it tears is left out.
    password: returns the password of an archive, if STREAMTOOLS_7Z_PASSWORD is not set.
    jobs: threads that decode ahead: whole inputs if there are many, else ranges of one input. Bytes keep their order.
    memory: about the decoded bytes that all these threads together hold ahead.
    on_read: called with the number of encoded bytes each time some were read.
    """

    format: str | None = None
    member: str | None = None
    recursive: bool = False
    add_line_ends: bool = True
    on_error: OnError | None = None
    password: Password | None = None
    jobs: int = 1
    memory: int = 256 << 20
    on_read: OnRead | None = None


DEFAULTS = ReadOptions()
