"""What a job ships: -files, -archives, -file and their old spellings."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from streamtools.inputs.locations import is_remote
from streamtools.job.command_line import CommandLine
from streamtools.job.refusal import MISSING_STATUS, USAGE_STATUS, Refused

UNFIT_FOR_URI = re.compile(r'[\x00- "<>\\^`{|}#]|%(?![0-9A-Fa-f]{2})')


CACHE_FILES, CACHE_ARCHIVES = "mapreduce.job.cache.files", "mapreduce.job.cache.archives"
NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class Shipped:
    """A file or archive that tasks find in their working directory under the name `link`."""

    path: str
    link: str
    is_archive: bool = False


def find_shipped(line: CommandLine, java: bool, given: Mapping[str, str] = NOTHING) -> tuple[Shipped, ...]:
    """Return what -files, -archives and their old spellings ship. Raises Refused for missing files, also of -file.

    java: the job is for a real Hadoop, which checks itself what is on its own file systems. given: properties; paths
    that they name are of the job's file system, so those of a real Hadoop are its own business.
    """
    for path in filter(None, (line.first("libjars") or "").split(",")):
        if _is_missing(_strip_scheme(path), java):
            raise Refused(f"File {path} does not exist", "check the name after -libjars")
    shipped = []
    for option in ("files", "archives"):
        if (value := line.first(option)) is not None:
            paths = value.rstrip(",").split(",")  # Java's split drops empty strings at the end
            if "" in paths:
                raise Refused("File name can't be empty string", f"check the commas after -{option}")
            shipped += [_parse_item(path, option == "archives") for path in paths]
    cached = _find_cached(line)
    for name, is_archive in ((CACHE_FILES, False), (CACHE_ARCHIVES, True)):
        if not java:
            shipped += [_parse_item(path, is_archive) for path in given.get(name, "").split(",") if path]
    for item in [*shipped, *cached]:
        if _is_missing(item.path, java):
            status = MISSING_STATUS if item in cached else USAGE_STATUS
            raise Refused(f"File {item.path} does not exist", "check the names of the shipped files", status=status)
    for path in line.all("file"):
        if not os.access(path, os.R_OK):
            raise Refused(f"File: {os.path.abspath(path)} does not exist, or is not readable.", "check -file")
    return (*shipped, *cached)


def _find_cached(line: CommandLine) -> list[Shipped]:
    """Return what -cacheFile and -cacheArchive ship. Raises Refused for a missing or repeated link name."""
    cached = []
    for option in ("cacheFile", "cacheArchive"):
        for path in ",".join(line.all(option)).split(",") if line.has(option) else []:
            if "#" not in path:
                problem = f"-{option} {path}: You need to specify the uris as scheme://path#linkname"
                raise Refused(problem, "write it like f#f, or use -files")
            cached.append(_parse_item(path, option == "cacheArchive"))
    if len({item.link.lower() for item in cached}) < len(cached):
        raise Refused("Please specify a different link name for all of your caching URIs", "it follows the #")
    return cached


def _parse_item(text: str, is_archive: bool) -> Shipped:
    """Parse PATH or PATH#LINK. Raises Refused for a character that a URI cannot have, or an empty link."""
    path, mark, link = text.partition("#")
    if unfit := UNFIT_FOR_URI.search(path + link):
        raise Refused(f"Illegal character {unfit[0]!r} in URI: {text}", "ship it under a plain name")
    if mark and not link:
        raise Refused(f"{text}: missing name of the link", "write it behind the #, or leave the # out")
    if link.startswith("/") or ".." in link.split("/"):
        raise Refused(
            f"{text}: the link {link} leads out of the directory of the task", "write a plain name behind the #"
        )
    path = _strip_scheme(path)
    return Shipped(path, link or os.path.basename(path.rstrip("/")), is_archive)


def _is_missing(path: str, java: bool) -> bool:
    return not os.path.exists(path) and not (java and is_remote(path))


def _strip_scheme(path: str) -> str:
    return path[5:] if path.startswith("file:/") else path
