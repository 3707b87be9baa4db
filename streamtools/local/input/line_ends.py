"""Where lines end and begin in bytes: at LF, CR and CRLF, or at a delimiter in place of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamtools.inputs.cuts import EncodedRange

WINDOW = 1 << 16  # bytes per read in the search for a line end


def find_line_end(data: bytes, delimiter: bytes | None) -> int | None:
    """Return the position after the first line of `data`; None if that depends on bytes that follow."""
    if delimiter is not None:
        found = data.find(delimiter)
        return None if found < 0 else found + len(delimiter)
    feed, carriage = data.find(b"\n"), data.find(b"\r")
    if carriage < 0 or 0 <= feed < carriage:
        return None if feed < 0 else feed + 1
    if carriage + 1 == len(data):
        return None
    return carriage + 2 if feed == carriage + 1 else carriage + 1


def find_line_start(path: str, position: int, delimiter: bytes | None = None) -> int:
    """Return where the first line begins that starts after byte `position` of a file; its size if there is none."""
    with open(path, "rb") as file:
        file.seek(position)
        window = b""
        base = position
        while chunk := file.read(WINDOW):
            window += chunk
            end = find_line_end(window, delimiter)
            if end is None and delimiter is None and window.endswith(b"\r"):
                continue
            if end is not None:
                return base + end
            keep = 0 if delimiter is None else len(delimiter) - 1
            base += len(window) - keep
            window = window[len(window) - keep :]
        return base + len(window)


def read_range_lines(
    own: Iterator[bytes], following: Iterator[bytes], encoded: EncodedRange, delimiter: bytes | None = None
) -> Iterator[bytes]:
    """Yield the bytes of the lines that begin in a range of a compressed file, or right at its end.

    own: the decoded bytes of the range, all of which are read, so that they are verified even if no line begins there;
    following: those after it. A line right at the end belongs to the next range if a line surely begins there.
    """
    begun = encoded.begins_line
    dropped = b""  # the end of what is dropped, in which a line end may begin
    for chunk in own:
        if not begun:
            dropped += chunk
            end = find_line_end(dropped, delimiter)
            if end is None:
                dropped = undecided_end(dropped, delimiter)
                continue
            begun, chunk = True, dropped[end:]
        yield chunk
    if encoded.ends_line:
        return
    if begun:
        yield from _read_first_line(following, delimiter)
    elif dropped:
        yield from _read_border_line(dropped, following, delimiter)


def _read_border_line(dropped: bytes, following: Iterator[bytes], delimiter: bytes | None) -> Iterator[bytes]:
    """Yield the line after a line end that lies across the border, which the next range does not take for its own."""
    head, size = b"", 1 if delimiter is None else len(delimiter) - 1
    while len(head) < size and (chunk := next(following, b"")):
        head += chunk
    end = find_line_end(dropped + head[:size], delimiter)
    if end is not None:
        skipped = end - len(dropped)
        for chunk in _read_first_line(chain([head], following), delimiter):
            yield chunk[skipped:]
            skipped = max(skipped - len(chunk), 0)


def _read_first_line(chunks: Iterator[bytes], delimiter: bytes | None) -> Iterator[bytes]:
    """Yield the chunks up to the end of the first line."""
    held = b""
    for chunk in chunks:
        held += chunk
        end = find_line_end(held, delimiter)
        if end is not None:
            yield held[:end]
            return
        rest = undecided_end(held, delimiter)
        yield held[: len(held) - len(rest)]
        held = rest
    yield held


def undecided_end(held: bytes, delimiter: bytes | None) -> bytes:
    """Return the last bytes of data without line end that may be the beginning of one."""
    size = held.endswith(b"\r") if delimiter is None else len(delimiter) - 1
    return held[max(len(held) - size, 0) :] if size else b""
