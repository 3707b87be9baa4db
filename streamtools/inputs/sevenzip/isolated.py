"""A decoder in a process of its own, for a library that damaged data can crash."""

import os
import signal
from collections.abc import Iterable, Iterator

PIECE = 1 << 18  # bytes per read


class Died(Exception):
    """The decoder crashed, or found its data wrong."""


def isolated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, made by a child process; the pipe between is all that it makes ahead.

    Raises Died when the child ends by a signal or with an error, which it tells.
    """
    output, child_output = os.pipe()
    errors, child_errors = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(output)
        os.close(errors)
        _give(pieces, child_output, child_errors)
    os.close(child_output)
    os.close(child_errors)
    try:
        with open(output, "rb", buffering=0) as blocks:
            while block := blocks.read(PIECE):
                yield block
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        with open(errors, "rb") as told:
            message = told.read().decode(errors="replace")
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status < 0:
        raise Died(f"the decoder died of {signal.Signals(-status).name}")
    if status:
        raise Died(message or "the decoder failed")


def _give(pieces: Iterable[bytes], output: int, errors: int) -> None:
    """The child: never returns, and shares no handler, buffer or cleaning up with its parent."""
    import faulthandler
    import resource

    status = 1
    try:
        faulthandler.disable()  # a crash is told by the parent, without a dump and without a core file
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        for piece in pieces:
            view = memoryview(piece)
            while view:
                view = view[os.write(output, view) :]
        status = 0
    except BaseException as error:
        os.write(errors, (str(error) or type(error).__name__).encode())
    finally:
        os._exit(status)
