"""streamtools.cli: a signal ends a tool with its own status, whatever its cleaning up runs into."""

import errno
import os
import signal

import click
import pytest

from streamtools.cli import run
from streamtools.errors import DataError

ERRORS = {
    "a descriptor closed twice": OSError(errno.EBADF, "bad"),
    "an error of ours": DataError("in", "damaged"),
    "click's": click.UsageError("wrong"),
    "a pipe": BrokenPipeError(),
}


@pytest.fixture
def handlers():
    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("is_hidden", [False, True])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_an_error_while_cleaning_up_does_not_hide_the_signal(handlers, capfd, number, is_hidden, error):
    @click.command("st-sort")
    def command():
        try:
            os.kill(os.getpid(), number)
            raise AssertionError("the signal did not come")
        finally:
            try:
                raise error
            except type(error) as caught:
                if is_hidden:
                    raise ValueError from None
                raise caught

    try:
        status = run(command, [])
    except SystemExit as end:
        status = end.code
    assert status == 128 + number
    assert capfd.readouterr().err == ""


def test_an_error_without_a_signal_is_told(handlers, capfd):
    @click.command("st-sort")
    def command():
        try:
            raise ValueError
        finally:
            raise DataError("in", "damaged")

    assert run(command, []) == os.EX_DATAERR
    assert capfd.readouterr().err == "st-sort: in: damaged\n"
