"""Hadoop's globs over a directory tree: `*`, `?`, `[a-c]`, `[^a]`, `{b,c/d}`, and `\\` to escape any of them.

Names that begin with `_` or `.` match like all others. Only the inputs of a job hide them; `hadoop fs` does not.
"""

import os
import re
from collections.abc import Iterator
from itertools import pairwise

from streamtools.errors import StreamtoolsError

SPECIAL = re.compile(r"[*?\[{\\]")
BRACE = re.compile(r"\\.|[{},]", re.DOTALL)  # an escaped character is consumed, so that it is not taken for a brace


class IllegalPattern(StreamtoolsError):
    """An invalid pattern, in the words of `hadoop fs`. wrong: the problem alone, without the pattern."""

    def __init__(self, wrong: str, pattern: str, position: int | None = None) -> None:
        where = "" if position is None else f" at pos {position}"
        super().__init__("Illegal file pattern", f"error parsing regexp: {wrong}{where}: `{pattern}`")
        self.wrong = wrong


def is_pattern(path: str) -> bool:
    """Return whether a path has a special character of globs."""
    return SPECIAL.search(path) is not None


def match_paths(base: str, pattern: str) -> list[str]:
    """Return the paths below `base` that match an absolute pattern, sorted. Each begins with `/`.

    Raises IllegalPattern if the pattern is invalid.
    """
    return sorted({match for plain in expand_braces(pattern) for match in _match_plain(base, plain)})


def escape(path: str) -> str:
    """Return a pattern that matches only this path."""
    return SPECIAL.sub(lambda match: "\\" + match[0], path)


def unescape(pattern: str) -> str:
    """Return a pattern without its backslashes."""
    return re.sub(r"\\(.)", r"\1", pattern)


def split_at_commas(paths: str) -> list[str]:
    """Split a list of paths at its commas, but for those inside braces, as Hadoop splits the value of -input."""
    names: list[str] = []
    start = depth = 0
    in_braces = False
    for position, character in enumerate(paths):
        if character == "{":
            depth += 1
            in_braces = True
        elif character == "}":
            depth -= 1
            in_braces = in_braces and depth != 0
        elif character == "," and not in_braces:
            names.append(paths[start:position])
            start = position + 1
    return [*names, paths[start:]]


def compile_name(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """Return the regular expression of the names that match a pattern, which may have braces."""
    expression = "|".join(map(_to_expression, expand_braces(pattern)))
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _match_plain(base: str, pattern: str) -> Iterator[str]:
    """Yield the paths below `base` that match a pattern without braces."""
    found = ["/"]
    for component in filter(None, pattern.split("/")):
        if is_pattern(component):
            match = compile_name(component).fullmatch
            found = [os.path.join(folder, name) for folder in found for name in _names(base + folder) if match(name)]
        else:
            found = [path for folder in found if os.path.exists(base + (path := os.path.join(folder, component)))]
    return iter(found)


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _to_expression(component: str) -> str:
    """Return the regular expression for one component of a glob."""
    out, position = [], 0
    while position < len(component):
        character = component[position]
        position += 1
        if character == "\\":
            if position == len(component):
                raise IllegalPattern("An escaped character does not present", component)
            if component[position].isalnum():  # has a meaning of its own in the expression that Hadoop makes of it
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


def expand_braces(pattern: str) -> Iterator[str]:
    """Yield `abd` and `acd` for `a{b,c}d`. Braces may be nested and may hold slashes."""
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
        yield from expand_braces(pattern[: cuts[0]] + pattern[left + 1 : right] + pattern[cuts[-1] + 1 :])
