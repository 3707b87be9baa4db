"""The bytes of a command, moved by one loop over the pipes that are ready.

blocks --stdin--> command --stdout--> chunks
                      `----stderr---> lines

A command has ended when its process has and its pipes are empty. What it has started may hold them open for longer:
Hadoop waits for that, too, as long as stream.joindelay.milli says, else until the task times out.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING

from streamtools.local.stages.left_behind import PATIENCE, TICK, Holders
from streamtools.local.stages.stderr import Lines, WholeLines

if TYPE_CHECKING:
    from subprocess import Popen

BUFFER = 1 << 17  # Hadoop's buffer in front of stdin: a command may leave unread what is still in it at the end
READ = 1 << 18
TIMEOUT = 600.0  # seconds for which it may work without a word: mapreduce.task.timeout of Hadoop


class TimedOut(Exception):
    """Nothing went in or out for too long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Pump:
    """Moves bytes between a process and us as fast as its pipes take and give them.

    reads_all: when the process stops reading, go on taking its input, so that the records are counted.
    """

    def __init__(self, process: Popen[bytes], stdin: Iterable[bytes], stderr: Lines, reads_all: bool) -> None:
        assert process.stdin and process.stdout and process.stderr
        self.process, self.reads_all = process, reads_all
        self.feed, self.lines = _Feed(stdin), WholeLines(stderr)
        self.left_input = False
        self.ended: list[str] = []  # commands that the process had left behind
        self.poll = select.poll()
        self.open: dict[int, IO[bytes]] = {}
        pipes = (process.stdin, select.POLLOUT), (process.stdout, select.POLLIN), (process.stderr, select.POLLIN)
        self.stdin, self.stdout, _ = (pipe.fileno() for pipe, _ in pipes)
        for pipe, event in pipes:
            os.set_blocking(pipe.fileno(), False)
            self.poll.register(pipe, event)
            self.open[pipe.fileno()] = pipe

    @property
    def fed(self) -> int:
        """Bytes that the process has taken."""
        return self.feed.taken

    def chunks(self, timeout: float, join_delay: float) -> Iterator[bytes]:
        """Yield what comes out of stdout, until the process has ended, and all that writes to its pipes.

        timeout: raise TimedOut if nothing moves for so many seconds; 0 for never. join_delay: seconds after which
        stdout, and then stderr, is no longer read if the process has ended; 0: when all that holds it is idle.
        """
        moved = time.monotonic()
        while self.open:
            if ready := self.poll.poll(TICK * 1000):
                yield from self._move(ready)
                moved = time.monotonic()
            elif self.process.poll() is not None:
                if self.stdin in self.open:
                    self._stop_feeding()
                yield from self._read_on(join_delay) if join_delay else self._read_while_busy(timeout or TIMEOUT)
                break
            elif timeout and time.monotonic() - moved > timeout:
                raise TimedOut(timeout)
        if timeout:  # it may run on with all its pipes closed
            from subprocess import TimeoutExpired

            try:
                self.process.wait(timeout)
            except TimeoutExpired:
                raise TimedOut(timeout) from None

    def close(self) -> None:
        """Close the pipes that are still open."""
        for pipe in list(self.open.values()):
            pipe.close()
        self.open.clear()

    def _read_on(self, join_delay: float) -> Iterator[bytes]:
        """Yield what comes within a time, as Hadoop joins its threads: first of stdout, then of stderr."""
        for pipe in (self.stdout, *self.open):
            until = time.monotonic() + join_delay
            while pipe in self.open and (left := until - time.monotonic()) > 0:
                yield from self._move(self.poll.poll(left * 1000))
        yield from self._end_holders(Holders(self.open))

    def _read_while_busy(self, timeout: float) -> Iterator[bytes]:
        """Yield what comes until all that holds a pipe has been idle for too long. Raises TimedOut."""
        holders, moved = Holders(self.open), time.monotonic()
        busy = moved
        while self.open:
            if ready := self.poll.poll(TICK * 1000):
                yield from self._move(ready)
                moved = busy = time.monotonic()
            elif holders.are_at_work():
                busy = time.monotonic()
                if busy - moved > timeout:
                    raise TimedOut(timeout)
            elif time.monotonic() - busy > PATIENCE:
                yield from self._end_holders(holders)
                return

    def _end_holders(self, holders: Holders) -> Iterator[bytes]:
        """End all that holds a pipe; yield what is still in stdout."""
        if self.open:
            self.ended += holders.kill()
            while ready := self.poll.poll(0):
                yield from self._move(ready)

    def _move(self, ready: Iterable[tuple[int, int]]) -> Iterator[bytes]:
        """Write to and read from the pipes that are ready; yield what comes out of stdout."""
        for descriptor, _ in ready:
            if descriptor == self.stdin:
                self._write()
            elif descriptor == self.stdout:
                if chunk := self._read(descriptor):
                    yield chunk
            else:
                self.lines.add(self._read(descriptor))

    def _read(self, descriptor: int) -> bytes:
        """Return what there is to read; at the end of the pipe b"", and the pipe is closed."""
        chunk = os.read(descriptor, READ)
        if not chunk:
            self._close(descriptor)
        return chunk

    def _close(self, descriptor: int) -> None:
        self.poll.unregister(descriptor)
        self.open.pop(descriptor).close()

    def _write(self) -> None:
        """Write as much as the pipe takes."""
        try:
            if self.feed.write(self.stdin):
                self._close(self.stdin)
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._stop_feeding()

    def _stop_feeding(self) -> None:
        """Note that the command stopped reading: Hadoop sees it when there is more input than its buffer holds."""
        self.left_input = not self.feed.is_last
        self._close(self.stdin)
        if self.reads_all:
            self.feed.drain()


class _Feed:
    """Writes the bytes of all blocks to a pipe, in pieces of the size of Hadoop's buffer."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self.pieces = _buffers(blocks)
        self.waiting = memoryview(b"")
        self.is_last = False  # the waiting piece is the last one
        self.taken = 0

    def write(self, descriptor: int) -> bool:
        """Write once; return True when all is written."""
        if not self.waiting:
            piece, self.is_last = next(self.pieces, (b"", True))
            self.waiting = memoryview(piece)
        if self.waiting:
            taken = os.write(descriptor, self.waiting)
            self.taken += taken
            self.waiting = self.waiting[taken:]
        return self.is_last and not self.waiting

    def drain(self) -> None:
        """Take the rest of the blocks without writing them."""
        for _ in self.pieces:
            pass


def _buffers(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield the bytes of all blocks in pieces of the size of Hadoop's buffer, each with whether it is the last."""
    held = b""
    for block in blocks:
        held = held + block if held else block
        if len(held) > BUFFER:
            whole = (len(held) - 1) // BUFFER * BUFFER
            view = memoryview(held)
            yield from ((bytes(view[start : start + BUFFER]), False) for start in range(0, whole, BUFFER))
            held = bytes(view[whole:])
    yield held, True
