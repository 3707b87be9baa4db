"""Lines by Hadoop's rules: LF, CR and CRLF all end one."""

from collections.abc import Iterable, Iterator

from streamtools.records import whole_lines


def normalize_line_ends(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Replace every CR and CRLF by LF."""
    held = b""  # a CR at the end of a chunk, whose LF may follow
    for chunk in chunks:
        if held or b"\r" in chunk:
            chunk = held + chunk
            held = b"\r" if chunk.endswith(b"\r") else b""
            chunk = chunk[: len(chunk) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        yield chunk
    if held:
        yield b"\n"


def read_line_blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what a command prints as blocks of lines, each ended by LF."""
    return whole_lines(normalize_line_ends(chunks))
