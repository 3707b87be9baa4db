"""Expected errors; each kind has the exit status of sysexits(3) with which the executables end."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

LACKING = {  # what a process lacks, whatever file it was about to open or write -> what to try
    errno.EMFILE: "raise the limit of open files (ulimit -n), or lower --jobs",
    errno.ENFILE: "the machine has too many open files",
    errno.EAGAIN: "raise the limit of processes (ulimit -u), or lower --jobs",
    errno.ENOMEM: "lower --memory or --jobs, or raise the limit of the process (ulimit -v)",
}


class StreamtoolsError(Exception):
    """An expected error, shown in one line: place, problem, remedy.

    place: the file, line, key or option concerned; remedy: what the user can do. Either may be empty.
    """

    exit_code = 1

    def __init__(self, place: str, problem: str, remedy: str = "") -> None:
        super().__init__(place, problem, remedy)
        self.place, self.problem, self.remedy = place, problem, remedy

    def __str__(self) -> str:
        text = f"{self.place}: {self.problem}" if self.place else self.problem
        return f"{text}; {self.remedy}" if self.remedy else text


class UsageError(StreamtoolsError):
    """An invalid value of an option, or options that cannot be combined."""

    exit_code = os.EX_USAGE


class NamelessInput(UsageError):
    """A stage that needs the name of its input, which only a task knows."""


class DataError(StreamtoolsError):
    """Invalid input: a damaged archive, a value that is not a number."""

    exit_code = os.EX_DATAERR


class NoInputError(StreamtoolsError):
    """An input that is missing or cannot be opened."""

    exit_code = os.EX_NOINPUT


class UnavailableError(StreamtoolsError):
    """A missing program or library."""

    exit_code = os.EX_UNAVAILABLE


class CannotCreateError(StreamtoolsError):
    """An output or a temporary file that cannot be created, or exists and is not overwritten."""

    exit_code = os.EX_CANTCREAT


class TransferError(StreamtoolsError):
    """Reading or writing that failed half-way: no space, a device error, a worker that died."""

    exit_code = os.EX_IOERR


class JobFailed(StreamtoolsError):
    """A job that failed when it was run from Python, or in a test.

    The text holds the record in hand and the traceback of the user's function, if it was that. In a test, where the
    functions run in the same process, an exception of theirs comes by itself instead.
    """


@contextmanager
def naming(place: str) -> Iterator[None]:
    """Give an OSError from within the file name `place` if it has none, as one about a descriptor."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or place
        raise


def in_words(error: OSError) -> str:
    """Return the system's message for an error, to stand within a line."""
    return (error.strerror or str(error)).lower()


def with_remedy(error: OSError) -> str:
    """Return the system's message for an error, with what to try if the process lacks something."""
    remedy = LACKING.get(error.errno or 0)
    return f"{in_words(error)}; {remedy}" if remedy else in_words(error)
