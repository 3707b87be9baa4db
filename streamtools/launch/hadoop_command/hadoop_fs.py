"""`hadoop fs` on the file system that STREAMTOOLS_DFS and the generic options select."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from streamtools.errors import CannotCreateError, in_words
from streamtools.records import chunks, write_all

if TYPE_CHECKING:
    from streamtools.hdfs import FileSystem

GENERIC = ("D", "conf", "fs", "jt", "files", "libjars", "archives")
GZIP = b"\x1f\x8b"


def run_fs(words: Sequence[str]) -> int:
    """Run a command of `hadoop fs`, such as `-ls /in`. Return its exit status."""
    from streamtools.hdfs import Context, FileSystem, run

    default, command = _split_generic(words)
    fs = open_file_system(default)
    context = Context(fs, FileSystem.local(fs.hdfs), chunks(0), decode_as_text)
    return run(context, command, lambda data: write_all(data, 1), lambda data: write_all(data, 2) if data else None)


def open_file_system(default: str) -> FileSystem:
    """Return the file system of paths without a scheme: the directory that stands for HDFS, if there is one.

    default: the URI of the default file system, "" if not given; `file:///` selects this machine's own files.
    Raises CannotCreateError if the directory cannot be created.
    """
    from streamtools.hdfs import FileSystem
    from streamtools.job.properties.configuration import user_name

    root = os.path.expanduser(os.environ.get("STREAMTOOLS_DFS", ""))
    try:
        fs = FileSystem.of(root, user_name())
    except OSError as error:
        raise CannotCreateError(f"STREAMTOOLS_DFS={root}", in_words(error), "name a directory") from None
    if fs.hdfs:
        os.environ["STREAMTOOLS_DFS"] = fs.hdfs  # absolute, as tasks run in another directory
    return FileSystem.local(fs.hdfs) if default.startswith("file:") else fs


def find_default_file_system(words: Sequence[str]) -> str:
    """Return the last URI that generic options in a command line set as default file system, or ""."""
    found = ""
    for option, value in pairwise(words):
        found = _default_file_system(option, value) or found
    return found


def _split_generic(words: Sequence[str]) -> tuple[str, list[str]]:
    """Return the default file system that leading generic options set, and the words behind them."""
    default, rest = "", list(words)
    while len(rest) > 1 and rest[0].startswith("-") and rest[0].lstrip("-") in GENERIC:
        option, value, *rest = rest
        default = _default_file_system(option, value) or default
    return default, rest


def _default_file_system(option: str, value: str) -> str:
    """Return the default file system that an option sets, or ""."""
    if option == "-fs":
        return value
    name, _, uri = value.partition("=")
    return uri if option == "-D" and name in ("fs.defaultFS", "fs.default.name") else ""


def decode_as_text(path: str) -> Iterator[bytes]:
    """Yield the text of a file: a sequence file by its records, gzip by its first bytes, other codecs by suffix."""
    from streamtools.formats.hadoop_codecs import read_decoded, read_range
    from streamtools.formats.sequence_file import is_sequence_file

    if is_sequence_file(path):
        return _sequence_file_as_text(path)
    with open(path, "rb") as file:
        is_gzip = file.read(len(GZIP)) == GZIP
    if is_gzip:
        from streamtools.inputs.codecs import CODECS, decode

        return decode(read_range(path), CODECS["gz"], path)
    return read_decoded(path)


def _sequence_file_as_text(path: str) -> Iterator[bytes]:
    from streamtools.formats.batch import join_lines
    from streamtools.formats.sequence_file import SequenceAsTextReader, SequenceReader

    for pairs in SequenceAsTextReader(SequenceReader(path, 0, os.path.getsize(path))).pairs():
        yield join_lines(pairs, b"\t")
