"""The command line of a job with its HDFS paths replaced by paths in the directory that stands for HDFS."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from streamtools.errors import StreamtoolsError
from streamtools.java.globs import split_at_commas
from streamtools.job import launch_refused

if TYPE_CHECKING:
    from streamtools.hdfs import FileSystem
    from streamtools.job import CommandLine


def map_job_paths(line: CommandLine, fs: FileSystem) -> CommandLine:
    """Return a command line with paths of this machine; unchanged if no directory stands for HDFS.

    Raises Refused for a path of HDFS in that case, and for an unknown file system.
    """
    try:
        if not fs.hdfs:
            _check_paths(line, fs)
            return line
        return _map_job_paths(line, fs)
    except StreamtoolsError as error:
        raise launch_refused(error.problem, error.remedy) from None


def map_typed_bytes_paths(line: CommandLine, fs: FileSystem) -> list[str]:
    """Return this machine's paths for the arguments of the sub-commands dumptb, which are patterns, and loadtb."""
    if not fs.hdfs:
        return line.words
    return [fs.pattern(word) if line.subcommand == "dumptb" else fs.item(word).path for word in line.words]


def _check_paths(line: CommandLine, fs: FileSystem) -> None:
    for path in (*(path for value in line.all("input") for path in split_at_commas(value)), *line.all("output")):
        fs.item(path)


def _map_job_paths(line: CommandLine, fs: FileSystem) -> CommandLine:
    local = fs.local(fs.hdfs)  # shipped files are on this machine unless they are named by a URI
    generic = [
        (name, _map_shipped(value, local) if name in ("files", "archives") else value) for name, value in line.generic
    ]
    streaming = dict(line.streaming)
    for option, values in line.streaming.items():
        if option == "input":
            streaming[option] = [",".join(map(fs.pattern, split_at_commas(value))) for value in values]
        elif option == "output":
            streaming[option] = [fs.item(value).path for value in values]
        elif option == "file":
            streaming[option] = [",".join(map(os.path.abspath, value.split(","))) for value in values]
        elif option in ("cacheFile", "cacheArchive"):
            streaming[option] = [_map_shipped(value, fs) for value in values]
    default = [("D", "fs.defaultFS=hdfs:///")] if fs.base else []
    return replace(line, generic=[*default, *generic], streaming=streaming)


def _map_shipped(value: str, fs: FileSystem) -> str:
    """Map the paths of -files and the like. Each keeps its name in the task."""
    return ",".join(_map_link(item, fs) for item in value.split(",") if item)


def _map_link(item: str, fs: FileSystem) -> str:
    path, hash_, link = item.partition("#")
    return f"{fs.item(path).path}#{link if hash_ else os.path.basename(path.rstrip('/'))}"
