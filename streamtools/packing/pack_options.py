"""How blobs are made, and what was made."""

from collections.abc import Callable
from dataclasses import dataclass

from streamtools.inputs.read_options import OnError, OnRead, Password


@dataclass(frozen=True)
class PackOptions:
    """How blobs are made.

    size: compressed bytes of a blob, at most, unless one block of lines takes more.
    codec: a key of BLOB_CODECS; level: its compression level, None for its default.
    jobs: threads that compress; memory: bytes of the blocks that are being worked on.
    recursive: also read the directories inside of input directories.
    resume: continue after the last blob of a run of the same inputs and options.
    check: decode each block again right after it was compressed.
    password, member, on_error, on_read: see `ReadOptions`.
    on_write: called with the number of bytes of lines that were written.
    """

    size: int = 128 << 20
    codec: str = "gz"
    level: int | None = None
    jobs: int = 1
    memory: int = 256 << 20
    recursive: bool = False
    resume: bool = False
    check: bool = True
    password: Password | None = None
    member: str | None = None
    on_error: OnError | None = None
    on_read: OnRead | None = None
    on_write: Callable[[int], None] | None = None


@dataclass
class Summary:
    """What was done: blobs made, and blobs kept of an earlier run; of the new ones lines, bytes, and packed bytes."""

    blobs: int = 0
    kept: int = 0
    lines: int = 0
    size: int = 0
    packed: int = 0
