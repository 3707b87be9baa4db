"""Hadoop's globs over a directory tree: `*`, `?`, `[a-c]`, `[^a]`, `{b,c/d}` and `\\` before any of them.

Names that begin with `_` or `.` are matched like all others: hiding them is the business of jobs, not of `hadoop fs`.
"""

import os
import re
from collections.abc import Iterator
from itertools import pairwise

from streamtools.errors import StreamtoolsError

MAGIC = re.compile(r"[*?\[{\\]")
BRACE = re.compile(r"\\.|[{},]", re.DOTALL)  # or an escaped character, which is no brace


class IllegalPattern(StreamtoolsError):
    """What is no pattern, told in the words of `hadoop fs`. wrong: only what is wrong, without where."""

    def __init__(self, wrong: str, pattern: str, position: int | None = None) -> None:
        where = "" if position is None else f" at pos {position}"
        super().__init__("Illegal file pattern", f"error parsing regexp: {wrong}{where}: `{pattern}`")
        self.wrong = wrong


def matching(base: str, pattern: str) -> list[str]:
    """The paths below `base` (each begins with `/`) that an absolute pattern stands for, sorted.

    Raises IllegalPattern for what is none.
    """
    return sorted({match for plain in _braces(pattern) for match in _glob(base, plain)})


def quoted(path: str) -> str:
    """A pattern that matches just this path."""
    return MAGIC.sub(lambda match: "\\" + match[0], path)


def unquoted(pattern: str) -> str:
    """A pattern without its backslashes: the name that was meant, when it is no pattern."""
    return re.sub(r"\\(.)", r"\1", pattern)


def _glob(base: str, pattern: str) -> Iterator[str]:
    found = ["/"]
    for component in filter(None, pattern.split("/")):
        if MAGIC.search(component):
            match = re.compile(_expression(component), re.DOTALL).fullmatch
            found = [os.path.join(folder, name) for folder in found for name in _names(base + folder) if match(name)]
        else:
            found = [path for folder in found if os.path.exists(base + (path := os.path.join(folder, component)))]
    return iter(found)


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _expression(component: str) -> str:
    """A component of a glob as a regular expression."""
    out, position = [], 0
    while position < len(component):
        character = component[position]
        position += 1
        if character == "\\":
            if position == len(component):
                raise IllegalPattern("An escaped character does not present", component)
            if component[position].isalnum():  # to the expression that Hadoop makes of it, it means something else
                raise IllegalPattern(f"invalid escape sequence: `\\{component[position]}`", component)
            out.append(re.escape(component[position]))
            position += 1
        elif character == "[":
            end = component.find("]", position + 1)
            if end < 0:
                raise IllegalPattern("Unclosed character class", component, position)
            inside = component[position:end].replace("\\", "\\\\").replace("[", "\\[")
            out.append(f"[^{inside[1:]}]" if inside[0] in "^!" else f"[{inside}]")
            position = end + 1
        else:
            out.append({"*": ".*", "?": "."}.get(character, re.escape(character)))
    return "".join(out)


def _braces(pattern: str) -> Iterator[str]:
    """`a{b,c}d` is `abd` and `acd`; braces may be nested and may hold slashes."""
    depth = 0
    cuts: list[int] = []
    for match in BRACE.finditer(pattern):
        depth += (match[0] == "{") - (match[0] == "}" and depth > 0)
        if (cuts and depth == 0) or (depth == 1 and match[0] in ("{", ",")):
            cuts.append(match.start())
        if cuts and depth == 0:
            break
    if depth:
        raise IllegalPattern("Unclosed group", pattern)
    if not cuts:
        yield pattern
    for left, right in pairwise(cuts):
        yield from _braces(pattern[: cuts[0]] + pattern[left + 1 : right] + pattern[cuts[-1] + 1 :])
