"""Decoded chunks put together: no two files share a line, damage leaves no part of one, no chunk is too small."""

from collections.abc import Iterable, Iterator

from streamtools.errors import StreamtoolsError

LONGEST = 64 << 20  # bytes of a line that is held back to see whether it is torn


def add_missing_line_ends(contents: Iterable[Iterable[bytes]]) -> Iterator[bytes]:
    """Yield the chunks of all contents, with an LF between two contents if the first one does not end in LF."""
    at_line_start = True
    for chunks in contents:
        is_first = True
        for chunk in chunks:
            if not chunk:
                continue
            if is_first and not at_line_start:
                yield b"\n"
            is_first = False
            at_line_start = chunk[-1] == 0x0A
            yield chunk


def drop_torn_line(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes; if an error ends them, without what is behind the last LF.

    Of a line longer than LONGEST its beginning has been yielded then.
    """
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        end = chunk.rfind(b"\n") + 1
        if end or size > LONGEST:
            yield from held
            held.clear()
            size = 0
        if end:
            yield chunk[:end]
        if end < len(chunk):
            held.append(chunk[end:])
            size += len(held[-1])
    yield from held


def join_small_chunks(chunks: Iterator[bytes], least: int) -> Iterator[bytes]:
    """Yield the same bytes in chunks of at least `least` bytes, but for the last one.

    An error is raised after all bytes that came before it were yielded; its message says how many.
    """
    held: list[bytes] = []
    size = yielded = 0
    try:
        for chunk in chunks:
            held.append(chunk)
            size += len(chunk)
            if size >= least:
                yield b"".join(held)  # a single chunk is not copied
                held.clear()
                yielded, size = yielded + size, 0
    except StreamtoolsError as error:
        if size:
            yield b"".join(held)
        if not yielded + size:
            raise
        problem = f"{error.problem} (after {yielded + size:,} bytes of output)"
        raise type(error)(error.place, problem, error.remedy) from error
    if size:
        yield b"".join(held)
