"""Standard input as an input of a job here: `-input -`.

A job's tasks read ranges of files, some of them twice, so that the stream is kept in the work directory as it comes,
compressed if it is, while the job runs.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from streamtools.errors import UsageError
from streamtools.inputs.codecs import PLAIN, format_of
from streamtools.inputs.locations import STDIN
from streamtools.job import CommandLine
from streamtools.records import BLOCK, write_all
from streamtools.scratch.directories import scratch_directory


def names_stdin(line: CommandLine) -> bool:
    """Return whether `-` is an input; a file of that name, which Hadoop would read, comes first."""
    return STDIN in line.all("input") and not os.path.lexists(STDIN)


@contextmanager
def keep_stdin(line: CommandLine, work: str | None) -> Iterator[CommandLine]:
    """Read standard input to its end into a file, and give the command line that names the file in its place.

    work: the directory for intermediate data, None for the usual one. Raises UsageError if stdin is a terminal.
    """
    if os.isatty(0):
        raise UsageError("-input -", "standard input is a terminal", "send data to it: ... | st-run -input - ...")
    with scratch_directory("stdin", work) as directory:
        path = _copy(directory)
        yield line.with_option("input", *(path if name == STDIN else name for name in line.all("input")))


def _copy(directory: str) -> str:
    """Copy standard input into a file whose suffix tells its codec; return its path."""
    head = sys.stdin.buffer.read(BLOCK)
    format_ = format_of("stdin", head)
    path = os.path.join(directory, "stdin" if format_ == PLAIN else f"stdin.{format_}")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        while head:
            write_all(head, descriptor)
            head = sys.stdin.buffer.read(BLOCK)
    finally:
        os.close(descriptor)
    return path
