"""The input of a test, in any of its forms, as files that a job reads."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Union

from streamtools.api.run import pattern
from streamtools.errors import UsageError
from streamtools.local.input.input_files import is_hidden

Lines = Iterable[Union[str, bytes]]
Content = Union[str, bytes, Lines, Path]
Inputs = Union[Content, Iterable[Path], Mapping[str, Content]]
NAME = "input"  # of a file for which no name is given
ENCODING = ("utf-8", "surrogateescape")


def lay_out(inputs: Inputs, folder: str) -> list[str]:
    """Write inputs as files into a folder; return the values of -input, in order. Paths are read where they are.

    Raises UsageError for something that is neither text, lines nor paths.
    """
    if isinstance(inputs, Mapping):
        for name in inputs:
            if is_hidden(name):
                raise UsageError(name, "is hidden from jobs, as its name begins with _ or .", "give it another name")
        return [pattern(Path(write(name, content, folder))) for name, content in inputs.items()]
    if isinstance(inputs, Path):
        return [_as_input(inputs)]
    if isinstance(inputs, Iterable) and not isinstance(inputs, (str, bytes)):
        items: list[object] = list(inputs)
        if items and all(isinstance(item, Path) for item in items):
            return [_as_input(item) for item in items if isinstance(item, Path)]
        return [_write(NAME, b"".join(map(_to_line, items)), folder)]
    return [write(NAME, inputs, folder)]


def write(name: str, content: Content, folder: str) -> str:
    """Write a file into a folder, or link a path there; return where it is. Raises UsageError if that cannot be."""
    if isinstance(content, Path):
        path = _place(name, folder)
        os.symlink(os.path.abspath(content), path)
        return path
    return _write(name, _to_bytes(content), folder)


def _write(name: str, data: bytes, folder: str) -> str:
    path = _place(name, folder)
    with open(path, "wb") as file:
        file.write(data)
    return path


def _place(name: str, folder: str) -> str:
    path = os.path.normpath(os.path.join(folder, name))
    if os.path.dirname(path) != folder:
        raise UsageError(name, "is not the name of a file", "name it without a directory")
    return path


def _as_input(path: Path) -> str:
    """Return the value of -input for a path, which may be a pattern unless it is there as it stands."""
    absolute = os.path.abspath(path)
    return pattern(Path(absolute)) if os.path.exists(absolute) else absolute


def _to_bytes(content: str | bytes | Lines) -> bytes:
    if isinstance(content, str):
        return content.encode(*ENCODING)
    if isinstance(content, bytes):
        return content
    if not isinstance(content, Iterable):
        raise UsageError("inputs", f"{content!r} is neither text, lines nor a path", 'give for example "a b\\n"')
    return b"".join(map(_to_line, content))


def _to_line(line: object) -> bytes:
    if not isinstance(line, (str, bytes)):
        raise UsageError("inputs", f"{line!r} is not a line", "give lines as str or bytes")
    data = line.encode(*ENCODING) if isinstance(line, str) else line
    data = data.removesuffix(b"\n")
    if b"\n" in data:
        raise UsageError("inputs", f"the line {line!r} holds a line end", "give a whole text as one string")
    return data + b"\n"
