"""An open 7z archive: its members, the folders that hold their bytes, and the coders of each folder."""

from collections.abc import Callable
from typing import NamedTuple

from streamtools.inputs.random_access import ReadAt

AES = b"\x06\xf1\x07\x01"
CHECK_PASSWORD = "check the password; if it is right, the archive is damaged"
LZMA1, LZMA2, DELTA = b"\x03\x01\x01", b"\x21", b"\x03"


class Coder(NamedTuple):
    """One step in the decoding of a folder: its method id, its properties, and the number of bytes it yields."""

    method: bytes
    properties: bytes
    size: int


class Folder(NamedTuple):
    """A solid block: where its packed bytes are in the file, and the coders that they pass, in decoding order."""

    number: int
    offset: int
    packed: int
    coders: tuple[Coder, ...]
    size: int
    is_branched: bool  # a coder takes several streams: decoding is not supported

    @property
    def is_encrypted(self) -> bool:
        return any(coder.method == AES for coder in self.coders)


class Member(NamedTuple):
    """A named entry of an archive. An empty one is in no folder (-1)."""

    name: str
    kind: str  # file, directory or link
    size: int
    crc: int | None  # None: the archive does not record its checksum
    folder: int
    offset: int  # in the decoded folder


class Archive(NamedTuple):
    """An open archive. `name` is for messages; `password` returns the password when a folder needs it.

    is_near: small reads are cheap, as in a file of this machine.
    """

    name: str
    read_at: ReadAt
    folders: list[Folder]
    members: list[Member]
    password: Callable[[], str]
    is_near: bool = True
