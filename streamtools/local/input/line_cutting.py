"""One stream of decoded bytes, cut into the lines of several splits by Hadoop's rules, as if it were a plain file."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from streamtools.local.input.line_ends import find_line_end, undecided_end


class Piece(NamedTuple):
    """Bytes of a split. is_last: no others follow in the same split."""

    data: bytes
    is_last: bool = False


END = Piece(b"", True)


def cut_lines(chunks: Iterable[bytes], borders: Sequence[int], delimiter: bytes | None = None) -> Iterator[Piece]:
    """Yield the bytes of a stream in pieces, the last one of each split marked; there is one split more than borders.

    A split ends where the first line begins after its border, as in `find_line_start`; it is empty if the line before
    reaches beyond it. The last split ends with the stream, so that whatever verifies the stream has verified it all.
    """
    waiting = list(reversed(borders))
    position = 0  # of the first byte that was not yielded yet
    held: bytes | None = None  # what was searched, but may be the beginning of a line end; None: nothing is searched
    for chunk in chunks:
        while waiting and (held is not None or position + len(chunk) > waiting[-1]):
            if held is None:
                before = waiting[-1] - position
                yield Piece(chunk[:before])
                chunk, held, position = chunk[before:], b"", waiting[-1]
            chunk = held + chunk
            end = find_line_end(chunk, delimiter)
            if end is None:
                held = undecided_end(chunk, delimiter)
                chunk = chunk[: len(chunk) - len(held)]
                break
            yield Piece(chunk[:end], True)
            chunk, held, position = chunk[end:], None, position + end
            waiting.pop()
            while waiting and waiting[-1] < position:
                waiting.pop()
                yield END
        yield Piece(chunk)
        position += len(chunk)
    yield Piece(held or b"", True)
    yield from [END] * (len(waiting))


def read_between(
    chunks: Iterable[bytes], start: int, end: int | None, delimiter: bytes | None = None
) -> Iterator[tuple[int, bytes]]:
    """Yield offset and bytes of all pieces of the split between two borders of a stream; None: its end.

    The stream is read to its end, where its checksum may be.
    """
    borders = [border for border in (start, end) if border]
    number, position = 0 if start else 1, 0
    for piece in cut_lines(chunks, borders, delimiter):
        if number == 1 and piece.data:
            yield position, piece.data
        position += len(piece.data)
        number += piece.is_last
