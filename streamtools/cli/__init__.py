"""The executables: one module each, options and one call. What they share is here and in `options`."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import click

from streamtools.errors import LACKING, StreamtoolsError, in_words, with_remedy
from streamtools.showing import to_show
from streamtools.signals import handle

COMPLETING = "_STREAMTOOLS_COMPLETE"  # environment variable by which a shell asks a tool for candidates
UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST}


def run(command: click.Command, argv: list[str] | None = None) -> int:
    """Run a click command and return its exit status. This is the one place where errors become messages.

    Expected errors are one line on stderr, without a traceback. If the reader of stdout goes away, we die of SIGPIPE as
    a C filter does. SIGTERM and SIGHUP unwind all with-blocks, so that temporary files are removed.
    """
    tool = command.name or "streamtools"
    command.context_settings.setdefault("help_option_names", ["-h", "--help"])
    _open_closed_streams()
    handle((signal.SIGTERM, signal.SIGHUP), _leave)
    handle((signal.SIGINT,), signal.default_int_handler)  # from here on it unwinds, too
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        status = _complete(command, words) if COMPLETING in os.environ else _invoke(command, tool, words)
        sys.stdout.flush()
        return status
    except click.ClickException as error:
        return _write_message(tool, in_one_line(error, tool), os.EX_USAGE)
    except StreamtoolsError as error:
        return _write_message(tool, str(error), error.exit_code)
    except BrokenPipeError:
        _die_of_broken_pipe()
    except (KeyboardInterrupt, click.Abort):
        return 128 + signal.SIGINT
    except ModuleNotFoundError as error:
        if (error.name or "streamtools").partition(".")[0] == "streamtools":
            raise
        return _write_message(tool, _missing_library(error.name or ""), os.EX_UNAVAILABLE)
    except MemoryError:
        return _write_message(
            tool, "out of memory; lower --memory, or raise the limit of the process (ulimit -v)", os.EX_OSERR
        )
    except OSError as error:
        return _write_message(tool, f"{error.filename or _place(error)}: {_reason(error)}", _status(error))
    return os.EX_IOERR


def _invoke(command: click.Command, tool: str, argv: list[str]) -> int:
    try:
        with _signals_first(), command.make_context(tool, argv) as context:
            command.invoke(context)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    return os.EX_OK


def _complete(command: click.Command, words: list[str]) -> int:
    """Print what a shell may offer for the last word."""
    from streamtools.cli.completion import answer

    return answer(command, words)


def entry(command: click.Command) -> Callable[[], int]:
    """Return the main function of an executable, which returns its exit status; `streamtools.start` calls it."""

    def main() -> int:
        return run(command)

    return main


def in_one_line(error: click.ClickException, tool: str) -> str:
    """Return click's message in one line, with a remedy unless it ends in one ("Did you mean ...?")."""
    context = getattr(error, "ctx", None)
    line = " ".join(error.format_message().split()).rstrip(".")
    return line if line.endswith(("?", "?)")) else f"{line}; try '{context.command_path if context else tool} --help'"


def _open_closed_streams() -> None:
    """Open those of descriptors 0 to 2 that came closed, or the next file opened would be taken for one of them.

    As gnulib's stdopen does, they are opened the wrong way round: reading stdin or writing stdout still fails.
    """
    for descriptor, mode in ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, mode)  # the lowest free one
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, "w", closefd=False))  # noqa: SIM115


@contextmanager
def _signals_first() -> Iterator[None]:
    """Let a signal end us with its own status, whatever the cleaning up that it caused has run into."""
    try:
        yield
    except Exception as error:
        cause = error.__context__
        while cause is not None:
            if isinstance(cause, SystemExit | KeyboardInterrupt):
                raise cause from None
            cause = cause.__context__
        raise


def _leave(number: int, _frame: FrameType | None) -> None:
    for other in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):  # a second signal must not interrupt the cleaning up
        signal.signal(other, signal.SIG_IGN)
    sys.exit(128 + number)


def _write_message(tool: str, message: str, status: int) -> int:
    line = to_show(f"{tool}: {message}".replace("\n", "\\n"))  # as a name may have it
    try:
        sys.stderr.buffer.write(os.fsencode(f"{line}\n"))
        sys.stderr.flush()
    except OSError:  # nobody reads it: the status still tells
        pass
    return status


def _die_of_broken_pipe() -> None:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGPIPE)


def _place(error: OSError) -> str:
    """Return where an error without a file name happened: not in the output, if this process lacks something."""
    return "process" if error.errno in LACKING else "output"


def _reason(error: OSError) -> str:
    advice = {
        errno.ENOSPC: "free some space there",
        errno.EISDIR: "name a file",
        errno.EACCES: "check the permissions",
        errno.ENOENT: "check the name",
    }.get(error.errno or 0)
    return f"{in_words(error)}; {advice}" if advice else with_remedy(error)


def _missing_library(name: str) -> str:
    """Return the message about a library that is not installed."""
    if name.partition(".")[0] in sys.stdlib_module_names:
        return f"{name}: missing in this Python; use another Python"
    package = "backports.zstd" if name.startswith("backports") else name.partition(".")[0]
    return f"{package}: missing Python library; pip install {package}"


def _status(error: OSError) -> int:
    if isinstance(error, FileNotFoundError):
        return os.EX_NOINPUT
    return os.EX_CANTCREAT if error.errno in UNWRITABLE else os.EX_IOERR
