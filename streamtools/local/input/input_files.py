"""Input paths by Hadoop's rules: lists with commas, its globs, hidden names, directories.

They differ from the rules of st-cat (streamtools.inputs): a hidden file does not exist even if it is named, a pattern
is a pattern even if a file of that name exists, and all missing paths are reported at once.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress

from streamtools.inputs.locations import find_volume
from streamtools.java.globs import IllegalPattern, is_pattern, match_paths, split_at_commas
from streamtools.job import Job, Refused, launch_refused
from streamtools.job.properties.input import INPUT


def input_files(job: Job) -> list[str]:
    """Return the absolute paths of all input files in order, once for each time that they are named.

    Raises Refused for a path that is missing or invalid.
    """
    found: list[str] = []
    problems = []
    remedy = ""
    names = [name for given in job.inputs for name in split_at_commas(given)]
    if "" in names:  # Hadoop refuses it before it looks for any path
        absolute("")
    for path in map(absolute, names):
        matches = matching(path)
        if matches:
            found += [file for match in matches for file in _files(match, job)]
        elif is_pattern(path):
            problems.append(f"Input Pattern file:{path} matches 0 files")
        else:
            problems.append(f"Input path does not exist: file:{path}")
            remedy = remedy or _suggest(path)
    if problems:
        raise launch_refused("\n".join(problems), remedy)
    return [file for file in found if _is_file(file, job)]


def _suggest(missing: str) -> str:
    """Return what a path that does not exist should probably be; "" if no name beside it is like its own."""
    from streamtools.scripts.commands import find_like

    folder, name = os.path.split(missing)
    with suppress(OSError):
        if like := find_like(name, os.listdir(folder)):
            return f"did you mean {like}?"
    return ""


def absolute(name: str) -> str:
    """Return the absolute path for a name, without its scheme and trailing slashes.

    Raises Refused for an empty name, and for a file system other than this machine's.
    """
    if not name:
        raise Refused("Can not create a Path from an empty string", "check the commas of -input")
    scheme, colon, rest = name.partition(":")
    if colon and re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        if scheme != "file":
            raise launch_refused(f'No FileSystem for scheme "{scheme}"', f"copy {name} here, or use --on hadoop")
        if not rest.startswith("/"):
            raise Refused(f"Relative path in absolute URI: {name}", "write the path alone, or file:///PATH in full")
        name = re.sub(r"^/{2,}", "/", rest)
    return os.path.normpath(os.path.join(os.getcwd(), name))


def is_hidden(path: str) -> bool:
    """Return whether Hadoop ignores a file of this name."""
    return os.path.basename(path).startswith(("_", "."))


def matching(path: str) -> list[str]:
    """Return the existing paths that an absolute path or pattern matches, sorted, without hidden ones."""
    if not is_pattern(path):
        existing = path if os.path.exists(path) else find_volume(path)
        return [existing] if existing and not is_hidden(path) else []
    try:
        return [match for match in match_paths("", path) if not is_hidden(match)]
    except IllegalPattern as error:
        raise launch_refused(f"Illegal file pattern: {error.wrong} for glob {path} at {len(path)}") from None


def _files(path: str, job: Job) -> Iterator[str]:
    """Yield a file itself, or what is in a directory. Directories in it are entered only if the job says so."""
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
    """Return False for a directory that the job ignores. Raises Refused for any other directory."""
    if not os.path.isdir(path):
        return True
    if job.properties.input.skips_directories:
        return False
    remedy = f"name its files, or set -D {INPUT}.input.dir.recursive=true"
    raise launch_refused(f"Not a file: file:{path}", remedy)
