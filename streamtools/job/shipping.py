"""What a job ships: -files, -archives, -file and their old spellings."""

import os
import re
from dataclasses import dataclass

from streamtools.inputs.locations import is_remote
from streamtools.job.grammar import CommandLine
from streamtools.job.refusal import MISSING_STATUS, USAGE_STATUS, Refused

UNFIT_FOR_URI = re.compile(r'[\x00- "<>\\^`{|}#]|%(?![0-9A-Fa-f]{2})')


@dataclass(frozen=True)
class Shipped:
    """A file or archive that tasks find in their working directory under the name `link`."""

    path: str
    link: str
    is_archive: bool = False


def shipped_of(line: CommandLine, java: bool) -> tuple[tuple[Shipped, ...], list[str]]:
    """What -files, -archives and their old spellings ship, and the files of -file; raises Refused for missing ones.

    java: it goes to a real Hadoop, which looks itself for what is on file systems of its own.
    """
    for path in filter(None, (line.first("libjars") or "").split(",")):
        if _is_lacking(_without_scheme(path), java):
            raise Refused(f"File {path} does not exist", "check the name after -libjars")
    shipped = []
    for option in ("files", "archives"):
        if (value := line.first(option)) is not None:
            paths = value.rstrip(",").split(",")  # Java's split drops what is empty at the end
            if "" in paths:
                raise Refused("File name can't be empty string", f"see the commas after -{option}")
            shipped += [_linked(path, option == "archives") for path in paths]
    cached = _cached(line)
    for item in [*shipped, *cached]:
        if _is_lacking(item.path, java):
            status = MISSING_STATUS if item in cached else USAGE_STATUS
            raise Refused(f"File {item.path} does not exist", "check the names of what is shipped", status=status)
    shipped += cached
    packed = line.all("file")
    for path in packed:
        if not os.access(path, os.R_OK):
            raise Refused(f"File: {os.path.abspath(path)} does not exist, or is not readable.", "check -file")
    return tuple(shipped), packed


def _cached(line: CommandLine) -> list[Shipped]:
    """What -cacheFile and -cacheArchive ship, each under a link name of its own; raises Refused without one."""
    cached = []
    for option in ("cacheFile", "cacheArchive"):
        for path in ",".join(line.all(option)).split(",") if line.all(option) else []:
            if "#" not in path:
                problem = f"-{option} {path}: You need to specify the uris as scheme://path#linkname"
                raise Refused(problem, "write it like f#f, or take -files")
            cached.append(_linked(path, option == "cacheArchive"))
    if len({item.link.lower() for item in cached}) < len(cached):
        raise Refused("Please specify a different link name for all of your caching URIs", "behind the #")
    return cached


def _linked(text: str, is_archive: bool) -> Shipped:
    path, mark, link = text.partition("#")
    if wrong := UNFIT_FOR_URI.search(path + link):
        raise Refused(f"Illegal character {wrong[0]!r} in URI: {text}", "ship it under a plain name")
    if mark and not link:
        raise Refused(f"{text}: the name of the link is empty", "put it behind the #, or leave the # out")
    path = _without_scheme(path)
    return Shipped(path, link or os.path.basename(path.rstrip("/")), is_archive)


def _is_lacking(path: str, java: bool) -> bool:
    return not os.path.exists(path) and not (java and is_remote(path))


def _without_scheme(path: str) -> str:
    return path[5:] if path.startswith("file:/") else path
