"""The HDFS paths of a job: in its command line replaced by paths of this machine, and by HDFS's names for its tasks."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from streamtools.errors import StreamtoolsError
from streamtools.hdfs.filesystem import HOST
from streamtools.java.globs import split_at_commas
from streamtools.job import launch_refused
from streamtools.job.properties.input import INPUT
from streamtools.job.properties.output import OUTPUT
from streamtools.job.shipped import CACHE_ARCHIVES, CACHE_FILES

DEFAULT_FS = "fs.defaultFS"
NAMES_OF_FILES = (  # properties by which a task knows files of HDFS
    "mapreduce.map.input.file",
    f"{INPUT}.inputdir",
    f"{OUTPUT}.outputdir",
    "mapreduce.task.output.dir",
)

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


def name_files(properties: dict[str, str], fs: FileSystem) -> dict[str, str]:
    """Return the properties of a task with names of HDFS for files in the directory that stands for it."""
    if not fs.base:
        return properties
    default = properties.get(DEFAULT_FS, "")
    root = default.rstrip("/") if default.startswith("hdfs://") and default != "hdfs:///" else f"hdfs://{HOST}"
    known = {name: properties[name] for name in NAMES_OF_FILES if name in properties}
    named = {name: value.replace(f"file:{fs.base}/", f"{root}/") for name, value in known.items()}
    return {**properties, **named, "mapreduce.job.working.dir": root + fs.home}


def map_typed_bytes_paths(line: CommandLine, fs: FileSystem) -> Sequence[str]:
    """Return this machine's paths for the arguments of the sub-commands dumptb, which are patterns, and loadtb."""
    if not fs.hdfs:
        return line.words
    return [fs.pattern(word) if line.subcommand == "dumptb" else fs.item(word).path for word in line.words]


def _check_paths(line: CommandLine, fs: FileSystem) -> None:
    for path in (*(path for value in line.all("input") for path in split_at_commas(value)), *line.all("output")):
        fs.item(path)


def _map_job_paths(line: CommandLine, fs: FileSystem) -> CommandLine:
    local = fs.local(fs.hdfs)  # shipped files are on this machine unless they are named by a URI
    default = [("D", f"{DEFAULT_FS}=hdfs://{HOST}")] if fs.base else []
    generic = [
        (name, _map_shipped(value, local) if name in ("files", "archives") else _map_property(name, value, fs))
        for name, value in line.generic
    ]
    mapped = line.with_generic([*default, *generic])
    for option in line.streaming:
        if map_value := _value_mapper(option, fs):
            mapped = mapped.with_option(option, *map(map_value, line.all(option)))
    return mapped


def _value_mapper(option: str, fs: FileSystem) -> Callable[[str], str] | None:
    """Return the function that maps a value of a streaming option, or None for an option without paths."""
    if option == "input":
        return lambda value: ",".join(map(fs.pattern, split_at_commas(value)))
    if option == "output":
        return lambda value: fs.item(value).path
    if option == "file":
        return lambda value: ",".join(map(os.path.abspath, value.split(",")))
    if option in ("cacheFile", "cacheArchive"):
        return lambda value: _map_shipped(value, fs)
    return None


def _map_property(name: str, value: str, fs: FileSystem) -> str:
    """Map the paths of a property that ships files of the file system."""
    key, equals, paths = value.partition("=")
    if name == "D" and equals and key.strip() in (CACHE_FILES, CACHE_ARCHIVES):
        return f"{key}={_map_shipped(paths, fs)}"
    return value


def _map_shipped(value: str, fs: FileSystem) -> str:
    """Map the paths of -files and the like. Each keeps its name in the task."""
    return ",".join(_map_link(item, fs) for item in value.split(",") if item)


def _map_link(item: str, fs: FileSystem) -> str:
    path, hash_, link = item.partition("#")
    return f"{fs.item(path).path}#{link if hash_ else os.path.basename(path.rstrip('/'))}"
