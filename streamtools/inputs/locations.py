"""Paths, directories, globs and URIs expanded to one list of inputs, in order, checked before use.

The rules are Hadoop's: a directory stands for its files, sorted; names that begin with `_` or `.` are hidden in
directories and from globs (`_SUCCESS`, `.part-00000.crc`); a directory inside an input directory is an error unless
asked for. Unlike in Hadoop, a hidden file can be named explicitly, and a name that exists is never a glob.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from streamtools.errors import NoInputError, UsageError

STDIN = "-"
SCHEME = re.compile(r"([a-z][a-z0-9+]*)://", re.IGNORECASE)
LATER_VOLUME = re.compile(r"(.+\.7z)\.(\d{3,})", re.IGNORECASE)


def expand(names: Sequence[str], *, recursive: bool = False) -> list[str]:
    """Return the inputs that paths, directories, globs, URIs and `-` stand for, in order. No names mean stdin.

    An archive in volumes is read from its first one, `x.7z.001`; so are `x.7z`, if it is not there, and later ones.
    Raises NoInputError for a missing or unreadable file and for a glob without match; UsageError for an unknown scheme.
    """
    found = [path for name in (names or [STDIN]) for path in _expand_name(name, recursive)]
    return with_first_volumes(found)


def is_remote(name: str) -> bool:
    """Return whether a name is a URI of another machine; `file://` is not."""
    return SCHEME.match(name) is not None


def _expand_name(name: str, recursive: bool) -> Iterator[str]:
    scheme = SCHEME.match(name)
    if scheme and scheme[1].lower() == "file":
        name = name[scheme.end() :]
    elif scheme:
        from streamtools.inputs.remote import check_scheme

        check_scheme(name, scheme[1].lower())
        yield name
        return
    if name == STDIN:
        yield name
    elif os.path.lexists(name):
        yield from _list_files(name, recursive)
    elif volume := find_volume(name):
        yield volume
    elif _is_glob(name):
        matches = sorted({path for pattern in _expand_braces(name) for path in _glob(pattern)})
        if not matches:
            raise NoInputError(name, "matches no file", "hidden names (_x, .x) do not count")
        for path in matches:
            yield from _list_files(path, recursive)
    else:
        raise NoInputError(name, "no such file or directory", "check the name")


def _list_files(path: str, recursive: bool) -> Iterator[str]:
    """Yield a file itself, or the files of a directory; raise NoInputError unless all of them are readable."""
    if not os.path.exists(path):
        raise NoInputError(path, "is a link to a missing file", "check where it points to")
    if not os.access(path, os.R_OK | (os.X_OK if os.path.isdir(path) else 0)):
        raise NoInputError(path, "permission denied", "check the permissions")
    if not os.path.isdir(path):
        yield path
        return
    for entry in sorted(os.listdir(path)):
        if _is_hidden(entry):
            continue
        inner = os.path.join(path, entry)
        if os.path.isdir(inner) and not recursive:
            raise NoInputError(inner, "is a directory inside an input directory", "name its files, or use --recursive")
        yield from _list_files(inner, recursive)


def _is_hidden(entry: str) -> bool:
    return entry.startswith(("_", "."))


def _is_glob(name: str) -> bool:
    return any(character in name for character in "*?[{")


def _glob(pattern: str) -> Iterable[str]:
    from glob import has_magic, iglob

    if not has_magic(pattern):
        return [pattern] if os.path.lexists(pattern) else []
    pattern = pattern.replace("[^", "[!")  # Hadoop's spelling of a negated class
    finds_hidden = _is_hidden(os.path.basename(pattern))
    return (path for path in iglob(pattern) if finds_hidden or not _is_hidden(os.path.basename(path)))


def _expand_braces(pattern: str) -> Iterator[str]:
    """Yield `abd` and `acd` for `a{b,c}d`, as the shell and Hadoop do; braces may be nested and may hold slashes."""
    start = pattern.find("{")
    if start < 0:
        yield pattern
        return
    depth, commas = 0, [start]  # the positions of the commas between the alternatives, and of the braces around them
    for position in range(start, len(pattern)):
        character = pattern[position]
        depth += (character == "{") - (character == "}")
        if (character == "," and depth == 1) or depth == 0:
            commas.append(position)
        if depth == 0:
            break
    else:
        raise UsageError(pattern, "missing } in the glob", "close the brace, or name the files")
    end = commas[-1]
    for left, right in pairwise(commas):
        yield from _expand_braces(pattern[:start] + pattern[left + 1 : right] + pattern[end + 1 :])


def with_first_volumes(paths: list[str]) -> list[str]:
    """Return the paths with the first volume of an archive in place of later ones, once for all of them.

    Raises NoInputError if the first volume is not there.
    """
    seen = {path for path in paths if path.lower().endswith(".7z.001")}
    found = []
    for path in paths:
        volume = LATER_VOLUME.fullmatch(path)
        if volume is not None and int(volume[2]) > 1:
            path = f"{volume[1]}.{1:0{len(volume[2])}d}"
            if path in seen:
                continue
            if not is_remote(path) and not os.path.exists(path):
                raise NoInputError(path, "the first volume of the archive is missing", "put all volumes side by side")
            seen.add(path)
        found.append(path)
    return found


def find_volume(name: str) -> str | None:
    """Return the first volume of an archive that is named without it, `x.7z` for `x.7z.001`; None if there is none."""
    return f"{name}.001" if name.lower().endswith(".7z") and os.path.exists(f"{name}.001") else None
