"""A range of an encoded file, decoded."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager

from streamtools.errors import DataError
from streamtools.inputs.codecs import CODECS, SEVENZIP, decode
from streamtools.inputs.cuts.division import open_local_archive
from streamtools.inputs.cuts.ranges import EncodedRange, copy_range
from streamtools.inputs.random_access import ReadAt, open_at_any_offset
from streamtools.inputs.read_options import OnRead
from streamtools.inputs.sevenzip.folder_ranges import rest_of_folder
from streamtools.inputs.sevenzip.member_slices import Report, read_ranges


@contextmanager
def open_range(
    path: str,
    format: str,
    chosen: EncodedRange,
    report: Report | None = None,
    member: str | None = None,
    on_read: OnRead | None = None,
) -> Generator[tuple[Iterator[bytes], Iterator[bytes]], None, None]:
    """Give the decoded bytes of a range, and those after it, from which its last line can be completed.

    report: called with the slice of each member that lies in several ranges; `verify_members` needs all of them.
    member, on_read: see `ReadOptions`.
    Both iterators raise DataError for damage. A range that begins inside a line begins with the end of that line.
    """
    if format == SEVENZIP:
        with open_local_archive(path, member, on_read) as (archive, _):
            after = None if chosen.ends_line else rest_of_folder(archive, chosen.folder_ranges[-1])
            yield (
                read_ranges(archive, chosen.folder_ranges, report or _ignore),
                read_ranges(archive, [after] if after else [], None),
            )
        return
    with open_at_any_offset(path, on_read) as (read_at, size):

        def decode_between(start: int, end: int) -> Iterator[bytes]:
            if start < end:
                yield from decode(_read_encoded(path, format, read_at, size, (start, end)), CODECS[format], path, start)

        yield decode_between(chosen.start, chosen.end), decode_between(chosen.end, size)


def _ignore(_: object) -> None:
    pass


def _read_encoded(path: str, format: str, read_at: ReadAt, size: int, within: tuple[int, int]) -> Iterator[bytes]:
    """Yield what lies between two cuts of a file of `size` bytes as a complete file of its format."""
    start, end = within
    if format == "xz" and (start, end) != (0, size):
        from streamtools.inputs.cuts.xz import InvalidIndex, build_streams, read_blocks

        try:
            blocks = [block for block in read_blocks(read_at, size) if start <= block.start < end]
        except InvalidIndex:
            raise DataError(path, "the file changed since its splits were made") from None
        yield from build_streams(read_at, blocks)
    else:
        yield from copy_range(start, end).chunks(read_at)
