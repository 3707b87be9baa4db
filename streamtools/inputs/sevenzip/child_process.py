"""A decoder in a child process, for a library that damaged data can crash."""

import io
import os
import select
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from threading import Lock

from streamtools.signals import handle

CHUNK = 1 << 18  # bytes per read
SIZE = 4  # bytes of the size before each chunk; size 0 is the end: that of a pipe waits for all who inherited it
FORKING = (
    Lock()
)  # a child of another thread must not inherit the ends of pipes that this one closes: they would stay open


class ChildError(Exception):
    """The decoder crashed, or found its data damaged."""


def run_in_child(decode: Callable[[Iterator[bytes]], Iterable[bytes]], chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what `decode` makes of the chunks in a child process; only the pipes to and from it hold bytes ahead.

    The chunks are made in this process: the child uses no file and no lock that another thread may have at the fork.
    Raises ChildError if the child ends by a signal or with an error, whose message it passes on.
    """
    with FORKING:
        child_input, feed = os.pipe()
        output, child_output = os.pipe()
        errors, child_errors = os.pipe()
        child = os.fork()
        if child == 0:
            for end in (feed, output, errors):
                os.close(end)
            _write_and_exit(decode(_read_sized(child_input)), child_output, child_errors)
        for end in (child_input, child_output, child_errors):
            os.close(end)
    try:
        with open(feed, "wb", buffering=0) as feeding, open(output, "rb", buffering=0) as decoded:
            yield from _exchange(filter(None, chunks), feeding, decoded)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        with open(errors, "rb") as file:
            message = file.read().decode(errors="replace")
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status < 0:
        raise ChildError(f"the decoder died of {signal.Signals(-status).name}")
    if status:
        raise ChildError(message or "the decoder failed")


def _exchange(chunks: Iterator[bytes], feeding: io.FileIO, decoded: io.FileIO) -> Iterator[bytes]:
    """Yield the child's output while feeding it chunks as fast as it reads."""
    os.set_blocking(feeding.fileno(), False)
    ready = select.poll()
    ready.register(decoded, select.POLLIN)
    ready.register(feeding, select.POLLOUT)
    sized = (len(chunk).to_bytes(SIZE, "big") + chunk for chunk in chain(chunks, [b""]))
    left = b""
    while True:
        for descriptor, _ in ready.poll():
            if descriptor == decoded.fileno():
                if not (chunk := decoded.read(CHUNK)):
                    return
                yield chunk
                continue
            left = left or next(sized, b"")
            with suppress(BrokenPipeError):  # the child has ended; its status or message says why
                if left:
                    left = left[feeding.write(left) or 0 :]
                    continue
            ready.unregister(descriptor)


def _read_sized(descriptor: int) -> Iterator[bytes]:
    """Yield, in the child, the chunks that the parent feeds."""
    with open(descriptor, "rb") as file:
        while size := int.from_bytes(file.read(SIZE), "big"):
            yield file.read(size)


def _write_and_exit(decoded: Iterable[bytes], output: int, errors: int) -> None:
    """Write, in the child, the decoded chunks and end, without the handlers, buffers and clean-up of the parent."""
    import faulthandler
    import resource

    status = 1
    try:
        faulthandler.disable()  # the parent reports a crash, without a dump and a core file
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        handle((signal.SIGTERM, signal.SIGHUP, signal.SIGINT), signal.SIG_DFL)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it by default
        for chunk in decoded:
            view = memoryview(chunk)
            while view:
                view = view[os.write(output, view) :]
        status = 0
    except BaseException as error:
        os.write(errors, (str(error) or type(error).__name__).encode())
    finally:
        os._exit(status)
