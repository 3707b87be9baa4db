"""What a file holds when it is decoded, as its headers tell it without decoding anything."""

from collections.abc import Iterator
from typing import NamedTuple

from streamtools.inputs.codecs import SEVENZIP
from streamtools.inputs.cuts.division import open_local_archive
from streamtools.inputs.random_access import open_at_any_offset
from streamtools.inputs.sevenzip.methods import check_supported


class Content(NamedTuple):
    """A member of an archive, or the only content of another file (name ""). start, end: of its decoded bytes.

    A line end that is added after a member without one is not counted, so that the real offsets may be a little larger.
    folder, offset: where a member is in its archive.
    """

    name: str
    start: int
    end: int
    folder: int = 0
    offset: int = 0

    @property
    def size(self) -> int:
        """Its decoded bytes."""
        return self.end - self.start


def find_contents(path: str, format: str, member: str | None = None) -> list[Content]:
    """Return what a file of this machine holds, in order; nothing if its format does not record the sizes.

    member: see `ReadOptions`. Raises DataError for a damaged archive, and for a method that is not supported,
    NoInputError for an archive without such a member.
    """
    if format == SEVENZIP:
        return list(_find_members(path, member))
    if format != "xz":
        return []
    from streamtools.inputs.cuts.xz import InvalidIndex, read_blocks

    with open_at_any_offset(path) as (read_at, size):
        try:
            return [Content("", 0, sum(block.size for block in read_blocks(read_at, size)))]
        except InvalidIndex:
            return []


def _find_members(path: str, pattern: str | None) -> Iterator[Content]:
    with open_local_archive(path, pattern) as (archive, _):
        end = 0
        for member in archive.members:
            if member.kind == "file" and member.size:
                check_supported(archive, archive.folders[member.folder])
                yield Content(member.name, end, end + member.size, member.folder, member.offset)
                end += member.size
