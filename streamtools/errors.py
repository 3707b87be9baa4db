"""What can go wrong, each kind with the exit code of sysexits(3) that the executables end with."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


class StreamtoolsError(Exception):
    """An expected failure, told in one line: where, what is wrong, what to try.

    place: the file, line, key or option concerned; remedy: what the user can do, empty when there is nothing to say.
    """

    exit_code = 1

    def __init__(self, place: str, problem: str, remedy: str = "") -> None:
        super().__init__(place, problem, remedy)
        self.place, self.problem, self.remedy = place, problem, remedy

    def __str__(self) -> str:
        told = f"{self.place}: {self.problem}" if self.place else self.problem
        return f"{told}; {self.remedy}" if self.remedy else told


class UsageError(StreamtoolsError):
    """Options that make no sense together, or a value that is no value of its option."""

    exit_code = os.EX_USAGE


class DataError(StreamtoolsError):
    """Input that is not what it should be: a damaged archive, a value that is no number."""

    exit_code = os.EX_DATAERR


class NoInputError(StreamtoolsError):
    """An input that is missing or cannot be opened."""

    exit_code = os.EX_NOINPUT


class UnavailableError(StreamtoolsError):
    """A program or library that is needed is not there."""

    exit_code = os.EX_UNAVAILABLE


class CannotCreateError(StreamtoolsError):
    """An output or a temporary file that cannot be created, or that exists and must not be overwritten."""

    exit_code = os.EX_CANTCREAT


class TransferError(StreamtoolsError):
    """Reading or writing failed half-way: no space, a device error, a worker that died."""

    exit_code = os.EX_IOERR


@contextmanager
def naming(place: str) -> Iterator[None]:
    """An OSError from within names `place` where it names no file: one of a descriptor never does."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or place
        raise


def in_words(error: OSError) -> str:
    """What the system says of an error, to stand within a line."""
    return (error.strerror or str(error)).lower()
