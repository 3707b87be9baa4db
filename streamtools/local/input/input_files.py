"""Input paths by Hadoop's rules: comma lists, its globs, hidden names, directories.

They differ from those of the filters (streamtools.inputs): a hidden file does not exist even when it is named, a
pattern is a pattern even where a file of that name exists, and what is missing is told all at once.
"""

import os
import re
from collections.abc import Iterator

from streamtools.java import globs
from streamtools.java.globs import MAGIC
from streamtools.job import Job, Refused, launch_refused
from streamtools.job.properties.input import INPUT


def input_files(job: Job) -> list[str]:
    """The absolute paths of all input files in order, one for each time it is named; raises Refused."""
    found: list[str] = []
    problems = []
    names = [name for given in job.inputs for name in comma_list(given)]
    if "" in names:  # minded before any of them is looked for
        absolute("")
    for path in map(absolute, names):
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
    try:
        return [match for match in globs.matching("", path) if not is_hidden(match)]
    except globs.IllegalPattern as error:
        raise launch_refused(f"Illegal file pattern: {error.wrong} for glob {path} at {len(path)}") from None


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
        if os.path.isdir(inner) and job.properties.input.is_recursive:
            yield from _files(inner, job)
        else:
            yield inner


def _is_file(path: str, job: Job) -> bool:
    if not os.path.isdir(path):
        return True
    if job.properties.input.skips_directories:
        return False
    remedy = f"name its files, or set -D {INPUT}.input.dir.recursive=true"
    raise launch_refused(f"Not a file: file:{path}", remedy)
