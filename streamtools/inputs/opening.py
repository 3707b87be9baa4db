"""Inputs opened and decoded, one after the other or by several threads."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import BinaryIO

from streamtools.errors import DataError, naming
from streamtools.inputs.codecs import CODECS, PLAIN, SEVENZIP, check_format, decode, format_of
from streamtools.inputs.joining import add_missing_line_ends, drop_torn_line, join_small_chunks
from streamtools.inputs.locations import STDIN, expand, is_remote
from streamtools.inputs.raw_files import is_regular, open_raw, open_volumes, read_chunks, read_head
from streamtools.inputs.read_options import DEFAULTS, OnError, ReadOptions, Source
from streamtools.inputs.stamps import watched

JOINED = 1 << 16  # smaller chunks are joined: a million members of 100 bytes are not a million writes
DECODED_IN_PARALLEL = ("bz2", "xz", "zst")  # not gz: isal decodes it faster than several threads would

Sources = Generator[tuple[Source, Iterator[bytes]], None, None]


def open_inputs(names: Sequence[str] = (), options: ReadOptions = DEFAULTS) -> Iterator[bytes]:
    """Return the decoded bytes of all inputs, in order, as chunks of at most a few MiB. No names mean stdin.

    All inputs are checked before this returns: raises NoInputError for a missing or unreadable one, UsageError for an
    unknown format. Iteration raises DataError for damage; its message says how many bytes were yielded before.
    """
    check_format(options.format)
    inputs = expand(names, recursive=options.recursive)
    sources = _open_sources(inputs, options, None)
    contents = (chunks for _, chunks in sources)
    chunks = add_missing_line_ends(contents) if options.add_line_ends else chain.from_iterable(contents)
    is_piped = all(name == STDIN for name in inputs)  # then each chunk is passed on as soon as it arrives
    return join_small_chunks(_close_after(sources, chunks), 1 if is_piped else JOINED)


def open_sources(inputs: Sequence[str], options: ReadOptions = DEFAULTS, *, skip: int = 0) -> Sources:
    """Yield each file and archive member in `inputs`, as returned by `expand`, with its decoded chunks.

    Take the chunks of one source before asking for the next, and close the generator if you stop early. Empty members
    are left out, and of the first input also the first `skip` of the others. Errors are those of `open_inputs`.
    """
    return _open_sources(inputs, options, skip)


def _open_sources(inputs: Sequence[str], options: ReadOptions, skip: int | None) -> Sources:
    """Choose who decodes. skip: see `open_sources`; None also yields empty members."""
    if 1 < options.jobs <= len(inputs) // 2:
        return _group_by_source(_decode_in_threads(inputs, options, skip))
    return _decode_in_turn(inputs, options, skip)


def _decode_in_turn(inputs: Sequence[str], options: ReadOptions, skip: int | None) -> Sources:
    for number, name in enumerate(inputs):
        yield from _read_input(name, options, 0 if number and skip else skip)


def _decode_in_threads(
    inputs: Sequence[str], options: ReadOptions, skip: int | None
) -> Generator[Source | bytes, None, None]:
    """Decode whole inputs in several threads; yield each source, followed by its chunks."""
    from streamtools.inputs.threads import run_in_threads

    alone = replace(options, jobs=1)

    def read(name: str, skip: int | None) -> Iterator[Source | bytes]:
        for source, chunks in _read_input(name, alone, skip):
            yield source
            yield from chunks

    tasks = ((None, partial(read, name, 0 if number and skip else skip)) for number, name in enumerate(inputs))
    results = run_in_threads(tasks, options.jobs, options.memory)
    with closing(results):
        for _, items in results:
            yield from items


def _group_by_source(items: Generator[Source | bytes, None, None]) -> Sources:
    """Yield each source with the chunks that follow it in `items`."""
    coming: Source | bytes | None

    def take_chunks() -> Iterator[bytes]:
        nonlocal coming
        for item in items:
            if isinstance(item, Source):
                coming = item
                return
            yield item

    with closing(items):
        coming = next(items, None)
        while isinstance(coming, Source):
            source, coming = coming, None
            chunks = take_chunks()
            yield source, chunks
            for _ in chunks:
                pass


def _close_after(sources: Sources, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the chunks, then close the input that is open, also if an error ended them."""
    with closing(sources):
        yield from chunks


def _read_input(name: str, options: ReadOptions, skip: int | None) -> Iterator[tuple[Source, Iterator[bytes]]]:
    """Yield the sources in one input. With `on_error`, damage of the input as a whole is reported and ends it."""
    try:
        place = "stdin" if name == STDIN else name
        with naming(place):
            for source, chunks in _open_input(name, options, skip):
                yield source, _name_errors(chunks, place)
    except DataError as error:
        if options.on_error is None:
            raise
        options.on_error(error)


def _name_errors(chunks: Iterator[bytes], place: str) -> Iterator[bytes]:
    with naming(place):
        yield from chunks


def _open_input(name: str, options: ReadOptions, skip: int | None) -> Iterator[tuple[Source, Iterator[bytes]]]:
    with open_raw(name) as file:
        head = read_head(file)
        is_file = name != STDIN and not is_remote(name) and is_regular(file)
        with watched(name, file, head) if is_file else nullcontext():
            yield from _open_format(name, file, head, options, skip)


def _open_format(
    name: str, file: BinaryIO, head: bytes, options: ReadOptions, skip: int | None
) -> Iterator[tuple[Source, Iterator[bytes]]]:
    format = options.format or format_of(name, head)
    if format == SEVENZIP:
        yield from _open_members(name, file, options, skip)
    elif format == PLAIN:
        if is_remote(name):
            file.check_length_known()  # type: ignore[attr-defined]
        yield Source(name), read_chunks(file, head, options.on_read)
    elif options.jobs > 1 and not is_remote(name) and format in DECODED_IN_PARALLEL and is_regular(file):
        from streamtools.inputs.cuts.parallel import decode_in_parallel

        chunks = decode_in_parallel(file.fileno(), format, name, options)
        yield Source(name), _report_damage(chunks, options.on_error)
    else:
        chunks = decode(read_chunks(file, head, options.on_read), CODECS[format], name)
        yield Source(name), _report_damage(chunks, options.on_error)


def _report_damage(chunks: Iterator[bytes], on_error: OnError | None) -> Iterator[bytes]:
    if on_error is None:
        yield from chunks
        return
    try:
        yield from drop_torn_line(chunks)
    except DataError as error:
        on_error(error)


def _open_members(
    name: str, file: BinaryIO, options: ReadOptions, skip: int | None
) -> Iterator[tuple[Source, Iterator[bytes]]]:
    from streamtools.inputs.sevenzip import choose_members, open_archive, read_members

    with open_volumes(name, file) as volumes:
        archive = open_archive(volumes, name, options.password, options.on_read)
        members = choose_members(archive, options.member)
        if skip is not None:
            members = [member for member in members if member.size][skip:]
        for member, chunks in read_members(archive, members, options):
            yield Source(name, member.name), chunks
