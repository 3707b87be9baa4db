"""The contents of inputs, listed without decoding them."""

import os
from collections.abc import Iterator, Sequence
from stat import S_ISREG
from typing import BinaryIO, NamedTuple

from streamtools.inputs.codecs import PLAIN, SEVENZIP, check_format, format_of
from streamtools.inputs.locations import STDIN, expand, is_remote
from streamtools.inputs.raw_files import is_regular, open_raw, open_volumes, read_head
from streamtools.inputs.read_options import DEFAULTS, ReadOptions


class ListEntry(NamedTuple):
    """A file, or a member of an archive; None for what its format does not record."""

    input: str
    member: str
    size: int | None
    packed: int | None  # bytes of the whole folder, for the first of its members only
    method: str
    folder: int | None
    crc: int | None


def list_inputs(names: Sequence[str] = (), options: ReadOptions = DEFAULTS) -> Iterator[ListEntry]:
    """Yield an entry for each member of the archives and one for each other input."""
    check_format(options.format)
    for name in expand(names, recursive=options.recursive):
        with open_raw(name) as file:
            format = options.format or format_of(name, read_head(file))
            if format == SEVENZIP:
                yield from _list_members(name, file, options)
            else:
                packed = os.fstat(file.fileno()).st_size if not is_remote(name) and is_regular(file) else None
                yield ListEntry(name, "", packed if format == PLAIN else None, packed, format, None, None)


def _list_members(name: str, file: BinaryIO, options: ReadOptions) -> Iterator[ListEntry]:
    from streamtools.inputs.sevenzip import method_names, open_archive, select_members

    with open_volumes(name, file) as volumes:
        archive = open_archive(volumes, name, options.password)
        seen: set[int] = set()
        for member in select_members(archive, options.member):
            if member.folder < 0:
                yield ListEntry(name, member.name, 0, 0, "", None, None)
                continue
            folder = archive.folders[member.folder]
            packed = None if folder.number in seen else folder.packed
            seen.add(folder.number)
            yield ListEntry(name, member.name, member.size, packed, method_names(folder), folder.number, member.crc)


def packed_size(names: Sequence[str], *, recursive: bool = False) -> int | None:
    """Return the encoded bytes of all inputs, None if the size of one of them is unknown."""
    from streamtools.inputs.sevenzip.volumes import find_volumes

    inputs = expand(names, recursive=recursive)
    if any(name == STDIN or is_remote(name) for name in inputs):
        return None
    states = [os.stat(volume) for name in inputs for volume in find_volumes(name)]
    return sum(state.st_size for state in states) if all(S_ISREG(state.st_mode) for state in states) else None
