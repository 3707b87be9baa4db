"""Any inputs as one stream of bytes: the one door through which data comes in.

    names ──expand──> inputs ──open──> pieces ──format_of──> plain ───────────────┐
    (paths, globs,    (paths.py)       of bytes              gz bz2 xz zst lz4 ───┼──apart──> blocks
     directories,                      (local, -,             (codecs.py)         │           of bytes
     URIs, -)                           remote.py)           7z members ──────────┘
                                                              (sevenzip/)

What is damaged or cut short ends in a DataError that names file, member and byte; never in fewer bytes.
"""

import io
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import chain
from typing import BinaryIO, NamedTuple

from streamtools.errors import DataError, NoInputError, StreamtoolsError, UsageError, naming
from streamtools.inputs.codecs import CODECS, PLAIN, SEVENZIP, check_format, decode, format_of, may_be_packed
from streamtools.inputs.paths import STDIN, expand, is_remote

__all__ = ["Listed", "Source", "expand", "listing", "open_blocks", "open_sources", "packed_size"]

PIECE = 1 << 18  # bytes per read: with 64 KiB `st-cat` of a plain file takes 1.1 times as long
CUT_AHEAD = ("bz2", "xz", "zst")  # streams that several threads decode; isal is too fast for gz to gain by it
JOINED = 1 << 16  # smaller blocks are joined: a million members of 100 bytes are not a million writes

OnError = Callable[[DataError], None]
Password = Callable[[str], "str | None"]


class Source(NamedTuple):
    """Where bytes come from: an input, and its member if it is an archive."""

    input: str
    member: str = ""


Sources = Generator[tuple[Source, Iterator[bytes]], None, None]


def open_blocks(
    names: Sequence[str] = (),
    *,
    format: str | None = None,
    member: str | None = None,
    recursive: bool = False,
    lines: bool = True,
    on_error: OnError | None = None,
    password: Password | None = None,
    jobs: int = 1,
    memory: int = 1 << 28,
    on_read: Callable[[int], None] | None = None,
) -> Iterator[bytes]:
    """The decoded bytes of all inputs, in order, in blocks cut anywhere, of at most some MiB; no names mean stdin.

    format: one of codecs.FORMATS, instead of what the first bytes of each input say.
    member: read only the members of 7z archives that fit this glob; it is an error if there is none.
    lines: a file or member that does not end in LF gets one if another follows, so that no two lines are joined;
        the end of the last one stays as it is. False: the bytes as they are.
    on_error: called with each DataError, then the next member or file goes on; by default it is raised. What was
        given of the damaged one before stays given.
    password: gives the password of an archive by its name, if STREAMTOOLS_7Z_PASSWORD does not.
    jobs: threads that decode ahead, into about `memory` bytes together: whole inputs where there are many, else the
        folders of an archive and the segments of an LZMA2 folder. The order of the bytes is the same.
    on_read: called with the number of undecoded bytes, each time some were read; from any thread.

    All inputs are looked at before this returns: NoInputError for a missing or unreadable one, UsageError for an
    unknown format. Reading raises DataError for damage, and tells how much had been given out before.
    """
    check_format(format)
    inputs = expand(names, recursive=recursive)
    options = _Options(format, member, on_error, password, jobs, memory, on_read or _ignore)
    sources = _sources(inputs, options)
    parts = (blocks for _, blocks in sources)
    blocks = _closing(sources, apart(parts) if lines else chain.from_iterable(parts))
    piped = all(name == STDIN for name in inputs)  # what comes through a pipe is given on as it comes
    return _given(blocks, 1 if piped else JOINED)


def open_sources(
    inputs: Sequence[str],
    *,
    skip: int = 0,
    password: Password | None = None,
    jobs: int = 1,
    memory: int = 1 << 28,
    on_read: Callable[[int], None] | None = None,
) -> Sources:
    """The files and members of archives that `expand` has found, in order, each with its decoded bytes.

    Take those of one before asking for the next; close the generator when it is not taken to its end. skip: how many
    members of the first input to leave out, not counting empty ones, of which none is given. For the rest, and for the
    errors, see `open_blocks`.
    """
    return _sources(inputs, _Options(None, None, None, password, jobs, memory, on_read or _ignore, skip))


def _sources(inputs: Sequence[str], options: "_Options") -> Sources:
    if 1 < options.jobs <= len(inputs) // 2:
        return _by_source(_ahead(inputs, options))
    return _one_after_the_other(inputs, options)


def _one_after_the_other(inputs: Sequence[str], options: "_Options") -> Sources:
    for name in inputs:
        yield from _guarded(name, options)
        options = options._replace(skip=0)


def _ahead(inputs: Sequence[str], options: "_Options") -> Generator[Source | bytes, None, None]:
    """Whole inputs decoded by several threads: each source followed by its blocks."""
    from streamtools.inputs.ahead import ordered

    def events(name: str, skip: int | None) -> Iterator[Source | bytes]:
        for source, blocks in _guarded(name, options._replace(jobs=1, skip=skip)):
            yield source
            yield from blocks

    tasks = ((None, partial(events, name, 0 if number else options.skip)) for number, name in enumerate(inputs))
    decoded = ordered(tasks, options.jobs, options.memory)  # type: ignore[arg-type]
    with closing(decoded):
        for _, blocks in decoded:
            yield from blocks


def _by_source(events: Generator[Source | bytes, None, None]) -> Sources:
    coming: Source | bytes | None

    def blocks() -> Iterator[bytes]:
        nonlocal coming
        for event in events:
            if isinstance(event, Source):
                coming = event
                return
            yield event

    with closing(events):
        coming = next(events, None)
        while isinstance(coming, Source):
            source, coming = coming, None
            mine = blocks()
            yield source, mine
            for _ in mine:
                pass


def apart(parts: Iterable[Iterable[bytes]]) -> Iterator[bytes]:
    """The blocks of all parts, with an LF between two parts where the first one lacks it at its end."""
    finished = True
    for part in parts:
        first = True
        for block in part:
            if not block:
                continue
            if first and not finished:
                yield b"\n"
            first = False
            finished = block[-1] == 0x0A
            yield block


class Listed(NamedTuple):
    """A line of `listing`: what is in an input. None where the format does not tell."""

    input: str
    member: str
    size: int | None
    packed: int | None  # the bytes of the whole folder, told for its first member
    method: str
    folder: int | None
    crc: int | None


def listing(
    names: Sequence[str] = (),
    *,
    format: str | None = None,
    member: str | None = None,
    recursive: bool = False,
    password: Password | None = None,
) -> Iterator[Listed]:
    """What is in each input: the members of archives, one line for any other file. Decodes nothing."""
    check_format(format)
    options = _Options(format, member, None, password)
    for name in expand(names, recursive=recursive):
        with _open(name) as file:
            head = _first(file)
            kind = format or format_of(name, head)
            if kind == SEVENZIP:
                yield from _listed_members(name, file, options)
            else:
                packed = os.fstat(file.fileno()).st_size if not is_remote(name) and _is_regular(file) else None
                yield Listed(name, "", packed if kind == PLAIN else None, packed, kind, None, None)


def packed_size(names: Sequence[str], *, recursive: bool = False) -> int | None:
    """The bytes that reading all inputs will take, undecoded; None when one of them does not tell."""
    from stat import S_ISREG

    from streamtools.inputs.sevenzip.volumes import volumes

    inputs = expand(names, recursive=recursive)
    if any(name == STDIN or is_remote(name) for name in inputs):
        return None
    states = [os.stat(volume) for name in inputs for volume in volumes(name)]
    return sum(state.st_size for state in states) if all(S_ISREG(state.st_mode) for state in states) else None


def _ignore(_count: int) -> None:
    pass


class _Options(NamedTuple):
    format: str | None
    member: str | None
    on_error: OnError | None
    password: Password | None
    jobs: int = 1
    memory: int = 0
    on_read: Callable[[int], None] = _ignore
    skip: int | None = None


def _closing(sources: Sources, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The blocks made of sources; the input that is open is closed at their end, also where an error is that end."""
    with closing(sources):
        yield from blocks


def _guarded(name: str, options: _Options) -> Iterator[tuple[Source, Iterator[bytes]]]:
    """The sources in one input; with on_error, damage of the input itself is told and it is left."""
    try:
        place = "stdin" if name == STDIN else name
        with naming(place):
            for source, blocks in _opened(name, options):
                yield source, _naming(blocks, place)
    except DataError as error:
        if options.on_error is None:
            raise
        options.on_error(error)


def _naming(blocks: Iterator[bytes], place: str) -> Iterator[bytes]:
    with naming(place):
        yield from blocks


def _opened(name: str, options: _Options) -> Iterator[tuple[Source, Iterator[bytes]]]:
    source = Source(name)
    with _open(name) as file:
        head = _first(file)
        kind = options.format or format_of(name, head)
        if kind == SEVENZIP:
            yield from _members(name, file, options)
        elif kind == PLAIN:
            if is_remote(name):
                file.check_length_known()  # type: ignore[attr-defined]
            yield source, _pieces(file, head, options.on_read)
        elif options.jobs > 1 and not is_remote(name) and kind in CUT_AHEAD and _is_regular(file):
            from streamtools.inputs.cuts.ahead import decoded

            blocks = decoded(file.fileno(), kind, name, options.jobs, options.memory, options.on_read)
            yield source, _forgiving(blocks, options.on_error)
        else:
            blocks = decode(_pieces(file, head, options.on_read), CODECS[kind], name)
            yield source, _forgiving(blocks, options.on_error)


def _forgiving(blocks: Iterator[bytes], on_error: OnError | None) -> Iterator[bytes]:
    try:
        yield from blocks
    except DataError as error:
        if on_error is None:
            raise
        on_error(error)


def _members(name: str, file: BinaryIO, options: _Options) -> Iterator[tuple[Source, Iterator[bytes]]]:
    from streamtools.inputs import sevenzip

    with _volumes(name, file) as whole:
        archive = sevenzip.open_archive(whole, name, options.password, options.on_read)
        members = sevenzip.wanted(archive, options.member)
        if options.member is not None and not members:
            raise NoInputError(name, f"has no member that fits {options.member!r}", "see st-cat --list")
        if options.skip is not None:
            members = [member for member in members if member.size][options.skip :]
        for member, blocks in sevenzip.contents(archive, members, options.on_error, options.jobs, options.memory):
            yield Source(name, member.name), blocks


def _listed_members(name: str, file: BinaryIO, options: _Options) -> Iterator[Listed]:
    from streamtools.inputs import sevenzip

    with _volumes(name, file) as whole:
        archive = sevenzip.open_archive(whole, name, options.password)
        told = set()
        for member in sevenzip.wanted(archive, options.member):
            if member.folder < 0:
                yield Listed(name, member.name, 0, 0, "", None, None)
                continue
            folder = archive.folders[member.folder]
            packed = None if folder.number in told else folder.packed
            told.add(folder.number)
            yield Listed(name, member.name, member.size, packed, sevenzip.methods(folder), folder.number, member.crc)


def _volumes(name: str, file: BinaryIO) -> BinaryIO:
    """The file itself, or all volumes of the archive of which it is the first."""
    from streamtools.inputs.sevenzip.volumes import Volumes, volumes

    if not file.seekable():
        raise UsageError(
            name, "a .7z archive cannot be read through a pipe", "its list of members is at its end: name the file"
        )
    paths = volumes(name) if name != STDIN and not is_remote(name) else []
    return Volumes(paths) if len(paths) > 1 else file  # type: ignore[return-value]


def _open(name: str) -> BinaryIO:
    if name == STDIN:
        return _Stdin(0, "rb", closefd=False)
    if is_remote(name):
        from streamtools.inputs.remote import Remote

        return Remote(name)  # type: ignore[return-value]
    return open(name, "rb", buffering=0)


class _Stdin(io.FileIO):
    """Standard input, also where whoever made it does not wait on it: a read that finds nothing yet is no end."""

    def read(self, size: int | None = -1, /) -> bytes:
        while (piece := super().read(size)) is None:
            from select import select

            select([self], [], [])
        return piece


def _first(file: BinaryIO) -> bytes:
    """The first bytes, enough to know the format, or all there are; plain text from a pipe is not waited for."""
    head = file.read(PIECE)
    while 0 < len(head) < 16 and may_be_packed(head) and (more := file.read(PIECE)):
        head += more
    return head


def _pieces(file: BinaryIO, head: bytes, on_read: Callable[[int], None]) -> Iterator[bytes]:
    piece = head
    while piece:
        on_read(len(piece))
        yield piece
        piece = file.read(PIECE)


def _is_regular(file: BinaryIO) -> bool:
    import stat

    return stat.S_ISREG(os.fstat(file.fileno()).st_mode)


def _given(blocks: Iterator[bytes], least: int) -> Iterator[bytes]:
    """The blocks, small ones joined to `least` bytes; an error comes after all that was read before, and tells so."""
    batch: list[bytes] = []
    held = given = 0
    try:
        for block in blocks:
            batch.append(block)
            held += len(block)
            if held >= least:
                yield b"".join(batch)  # a single block is not copied
                batch.clear()
                given, held = given + held, 0
    except StreamtoolsError as error:
        if held:
            yield b"".join(batch)
        if not given + held:
            raise
        problem = f"{error.problem} (after {given + held:,} bytes were given out)"
        raise type(error)(error.place, problem, error.remedy) from error
    if held:
        yield b"".join(batch)
