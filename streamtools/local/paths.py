"""Input paths by Hadoop's rules: comma lists, its globs, hidden names, directories.

They differ from those of the filters (streamtools.inputs): a hidden file does not exist even when it is named, a
pattern is a pattern even where a file of that name exists, and what is missing is told all at once.
"""

import os
import re
from collections.abc import Iterator
from itertools import pairwise

from streamtools.job import Job, Refused, launch_refused
from streamtools.job.properties import INPUT_FORMAT

MAGIC = re.compile(r"[*?\[{\\]")


def input_files(job: Job) -> list[str]:
    """The absolute paths of all input files in order, one for each time it is named; raises Refused."""
    found: list[str] = []
    problems = []
    for name in (name for given in job.inputs for name in comma_list(given)):
        path = absolute(name)
        matches = matching(path)
        if matches:
            found += [file for match in matches for file in _files(match, job)]
        elif MAGIC.search(path):
            problems.append(f"Input Pattern file:{path} matches 0 files")
        else:
            problems.append(f"Input path does not exist: file:{path}")
    if problems:
        raise launch_refused("\n".join(problems))
    return [file for file in found if _is_file(file, job)]


def absolute(name: str) -> str:
    """A path without its scheme and trailing slashes, from the root; raises Refused for a file system not read here."""
    if not name:
        raise Refused("Can not create a Path from an empty string", "see the commas of -input")
    scheme, colon, rest = name.partition(":")
    if colon and re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        if scheme != "file":
            raise launch_refused(f'No FileSystem for scheme "{scheme}"', f"copy {name} here, or use --on hadoop")
        if not rest.startswith("/"):
            raise Refused(f"Relative path in absolute URI: {name}", "write the path alone, or file:///PATH in full")
        name = re.sub(r"^/{2,}", "/", rest)
    return os.path.normpath(os.path.join(os.getcwd(), name))


def comma_list(text: str) -> list[str]:
    """The names of a comma list; a comma inside braces belongs to a pattern."""
    names, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if character == "," and depth == 0:
            names.append(text[start:position])
            start = position + 1
    names.append(text[start:])
    return names


def is_hidden(path: str) -> bool:
    """Whether Hadoop does not see a file of this name."""
    return os.path.basename(path).startswith(("_", "."))


def matching(path: str) -> list[str]:
    """The paths that a path or pattern stands for, sorted, without hidden ones."""
    if not MAGIC.search(path):
        return [path] if os.path.exists(path) and not is_hidden(path) else []
    found = {match for pattern in _braces(path) for match in _glob(pattern)}
    return sorted(match for match in found if not is_hidden(match))


def _glob(pattern: str) -> Iterator[str]:
    found = ["/"]
    for component in filter(None, pattern.split("/")):
        if MAGIC.search(component):
            match = re.compile(_expression(component, pattern), re.DOTALL).fullmatch
            found = [os.path.join(folder, n) for folder in found for n in _names(folder) if match(n)]
        else:
            found = [p for folder in found if os.path.lexists(p := os.path.join(folder, component))]
    yield from found


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _expression(component: str, pattern: str) -> str:
    """A component of a glob as a regular expression."""
    out, position = [], 0
    while position < len(component):
        character = component[position]
        position += 1
        if character == "\\":
            if position == len(component):
                raise _illegal("An escaped character does not present", pattern)
            if component[position].isalnum():
                escape = component[position - 1 : position + 1]
                raise _illegal(f"error parsing regexp: invalid escape sequence: `{escape}`", pattern)
            out.append(re.escape(component[position]))
            position += 1
        elif character == "[":
            end = component.find("]", position + 1)
            if end < 0:
                raise _illegal("Unclosed character class", pattern)
            inside = component[position:end].replace("\\", "\\\\").replace("[", "\\[")
            out.append(f"[^{inside[1:]}]" if inside[0] in "^!" else f"[{inside}]")
            position = end + 1
        else:
            out.append({"*": ".*", "?": "."}.get(character, re.escape(character)))
    return "".join(out)


def _illegal(problem: str, pattern: str) -> Exception:
    return launch_refused(f"Illegal file pattern: {problem} for glob {pattern} at {len(pattern)}")


def _braces(pattern: str) -> Iterator[str]:
    """`a{b,c}d` is `abd` and `acd`; braces may be nested and may hold slashes."""
    start = pattern.find("{")
    if start < 0:
        yield pattern
        return
    depth, cuts = 0, [start]
    for position in range(start, len(pattern)):
        character = pattern[position]
        depth += (character == "{") - (character == "}")
        if depth == 0 or (character == "," and depth == 1):
            cuts.append(position)
        if depth == 0:
            break
    else:
        raise _illegal("Unclosed group", pattern)
    for left, right in pairwise(cuts):
        yield from _braces(pattern[:start] + pattern[left + 1 : right] + pattern[cuts[-1] + 1 :])


def _files(path: str, job: Job) -> Iterator[str]:
    """The path itself, or what lies in the directory; directories in it too, unless they are to be gone into."""
    if not os.path.isdir(path):
        yield path
        return
    try:
        names = sorted(os.listdir(path))
    except OSError as error:
        raise launch_refused(f"{path}: {error.strerror}", "check the permissions") from None
    for inner in (os.path.join(path, name) for name in names):
        if is_hidden(inner):
            continue
        if os.path.isdir(inner) and job.is_true(f"{INPUT_FORMAT}.input.dir.recursive"):
            yield from _files(inner, job)
        else:
            yield inner


def _is_file(path: str, job: Job) -> bool:
    if not os.path.isdir(path):
        return True
    if job.is_true(f"{INPUT_FORMAT}.input.dir.nonrecursive.ignore.subdirs"):
        return False
    remedy = f"name its files, or set -D {INPUT_FORMAT}.input.dir.recursive=true"
    raise launch_refused(f"Not a file: file:{path}", remedy)
