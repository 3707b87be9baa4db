"""Lines by Hadoop's rules: LF, CR and CRLF all end one."""

from collections.abc import Iterable, Iterator

from streamtools.records import whole_lines


def with_line_feeds(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces of bytes with every CR and CRLF made LF."""
    held = b""  # a CR at the end of a piece, whose LF may follow
    for piece in pieces:
        if held or b"\r" in piece:
            piece = held + piece
            held = b"\r" if piece.endswith(b"\r") else b""
            piece = piece[: len(piece) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        yield piece
    if held:
        yield b"\n"


def text_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """What a command prints, as blocks of lines ended by LF."""
    return whole_lines(with_line_feeds(chunks))
