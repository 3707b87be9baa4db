"""The entry points of the executables, imported before all else: modules take a while to load, and signals do not wait.

Until `streamtools.cli.run` lets signals unwind a tool, and again when it has returned, Ctrl-C ends the process at once
and without a word, as SIGTERM does.
"""

from __future__ import annotations

# a part of `signal`, which takes 3 ms to load: Ctrl-C would be a traceback in them
import _signal  # type: ignore[import-not-found]
import sys

TYPE_CHECKING = False  # `typing` takes 2 ms to load
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

ENDING = (_signal.SIGINT, _signal.SIGTERM, _signal.SIGHUP)


def end_on_ctrl_c() -> None:
    """Let Ctrl-C end this process at once, unless it was started to ignore it."""
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)


def run_tool(name: str) -> NoReturn:
    """Run the executable whose module in `streamtools.cli` has this name, and end the process with its exit status."""
    end_on_ctrl_c()
    from importlib import import_module

    try:
        status: int = import_module(f"streamtools.cli.{name}").main()
    except KeyboardInterrupt:  # just before `run` heeds it, or just after
        status = 130
    finally:
        _settle()
        for number in ENDING:
            if _signal.getsignal(number) != _signal.SIG_IGN:
                _signal.signal(number, _signal.SIG_DFL)
    end_process(status)


def end_process(status: int) -> NoReturn:
    """End this process after all that was registered for its end, but leave its memory to the system.

    That saves 5 to 20 ms in which Python would clear its modules.
    """
    import atexit
    import os

    atexit._run_exitfuncs()
    _settle()
    os._exit(status)


def _settle() -> None:
    """Let nothing be left to write when Python ends: a failure then would change the exit status to 120."""
    import os

    for descriptor, stream in enumerate((sys.stdout, sys.stderr), 1):
        try:
            if stream:
                stream.flush()
        except (OSError, ValueError):  # what matters of stdout was written before, or the status tells
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, descriptor)
            os.close(null)


def _entry(name: str) -> Callable[[], NoReturn]:
    return lambda: run_tool(name)


st_cat = _entry("st_cat")
st_pack = _entry("st_pack")
st_map = _entry("st_map")
st_combine = _entry("st_combine")
st_sort = _entry("st_sort")
st_reduce = _entry("st_reduce")
st_run = _entry("st_run")
st_hadoop = _entry("st_hadoop")
