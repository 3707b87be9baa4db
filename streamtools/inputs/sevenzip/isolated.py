"""A decoder in a process of its own, for a library that damaged data can crash."""

import io
import os
import select
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from threading import Lock

from streamtools.signals import handle

PIECE = 1 << 18  # bytes per read
SIZE = 4  # bytes of the size before each piece; 0 is the end, as that of a pipe waits for all who have inherited it
FORKING = Lock()  # a child of another thread must not inherit the ends that this one has to close: they would stay open


class Died(Exception):
    """The decoder crashed, or found its data wrong."""


def isolated(decode: Callable[[Iterator[bytes]], Iterable[bytes]], pieces: Iterator[bytes]) -> Iterator[bytes]:
    """What `decode` makes of the pieces, in a child process; the pipes to and from it are all that is made ahead.

    The pieces are made in this process: the child uses no file and no lock that another thread may have at the fork.
    Raises Died when the child ends by a signal or with an error, which it tells.
    """
    with FORKING:
        child_input, feed = os.pipe()
        output, child_output = os.pipe()
        errors, child_errors = os.pipe()
        child = os.fork()
        if child == 0:
            for end in (feed, output, errors):
                os.close(end)
            _give(decode(_read(child_input)), child_output, child_errors)
        for end in (child_input, child_output, child_errors):
            os.close(end)
    try:
        with open(feed, "wb", buffering=0) as feeding, open(output, "rb", buffering=0) as blocks:
            yield from _exchanged(filter(None, pieces), feeding, blocks)
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


def _exchanged(pieces: Iterator[bytes], feeding: io.FileIO, blocks: io.FileIO) -> Iterator[bytes]:
    """What the child gives, while it takes the pieces as fast as it can."""
    os.set_blocking(feeding.fileno(), False)
    ready = select.poll()
    ready.register(blocks, select.POLLIN)
    ready.register(feeding, select.POLLOUT)
    sized = (len(piece).to_bytes(SIZE, "big") + piece for piece in chain(pieces, [b""]))
    left = b""
    while True:
        for descriptor, _ in ready.poll():
            if descriptor == blocks.fileno():
                if not (block := blocks.read(PIECE)):
                    return
                yield block
                continue
            left = left or next(sized, b"")
            with suppress(BrokenPipeError):  # it has ended, and says why
                if left:
                    left = left[feeding.write(left) or 0 :]
                    continue
            ready.unregister(descriptor)


def _read(descriptor: int) -> Iterator[bytes]:
    """The child: its pieces."""
    with open(descriptor, "rb") as file:
        while size := int.from_bytes(file.read(SIZE), "big"):
            yield file.read(size)


def _give(made: Iterable[bytes], output: int, errors: int) -> None:
    """The child: never returns, and shares no handler, buffer or cleaning up with its parent."""
    import faulthandler
    import resource

    status = 1
    try:
        faulthandler.disable()  # a crash is told by the parent, without a dump and without a core file
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        handle((signal.SIGTERM, signal.SIGHUP, signal.SIGINT), signal.SIG_DFL)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # which Python ignores by itself
        for piece in made:
            view = memoryview(piece)
            while view:
                view = view[os.write(output, view) :]
        status = 0
    except BaseException as error:
        os.write(errors, (str(error) or type(error).__name__).encode())
    finally:
        os._exit(status)
