"""External commands: fed and read through pipes, by one loop over the pipes that are ready.

blocks --stdin--> command --stdout--> chunks
                      `----stderr---> lines
"""

from __future__ import annotations

import errno
import os
import select
import signal
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from streamtools.errors import StreamtoolsError
from streamtools.exit_status import describe
from streamtools.local.stages.program import NotRunnable, Program
from streamtools.local.stages.stderr import Lines
from streamtools.scripts.commands import first_bytes
from streamtools.stage import Overdue

if TYPE_CHECKING:
    from subprocess import Popen

BUFFER = 1 << 17  # Hadoop's buffer in front of stdin: a command may leave unread what is still in it at the end
READ = 1 << 18
LONGEST_LINE = 1 << 20  # bytes of a line on stderr that are shown together
CONTINUED = b"... "  # begins the rest of a longer line, so that it is never taken for a counter
LEFT_INPUT = "Broken pipe: the command ended without reading all its input"
READ_ON = "let it read on to the end (e.g. `sed -n 1p` for `head -n 1`), or set stream.minRecWrittenToEnableSkip_=0"
STAY_ALIVE = "write a reporter:status: line now and then, or raise mapreduce.task.timeout"


class CommandFailed(StreamtoolsError):
    """A command that failed.

    role: "mapper", "combiner" or "reducer". status: exit status, 128 + n for signal n, None for a timeout.
    fed: bytes of input that the command had taken.
    """

    def __init__(self, role: str, problem: str, remedy: str, status: int | None, fed: int = 0) -> None:
        super().__init__("", problem, remedy)
        self.role, self.status, self.fed = role, status, fed

    def __reduce__(self) -> tuple[Any, ...]:  # an exception is pickled by its `args`, which are those of the base class
        return type(self), (self.role, self.problem, self.remedy, self.status, self.fed)


class InputLeft(CommandFailed):
    """A command that succeeded but left input unread."""


class Rules(NamedTuple):
    """When a command counts as failed.

    any_status: an exit status other than 0 is accepted.
    enough_lines: a command that printed this many lines may leave input unread; None if it never may.
    timeout: seconds without any input or output until the command is killed; 0 for none.
    """

    any_status: bool = False
    enough_lines: int | None = None
    timeout: float = 0


def run(
    role: str,
    program: Program,
    environment: Mapping[str, str],
    stdin: Iterable[bytes],
    stderr: Lines,
    rules: Rules,
) -> Iterator[bytes]:
    """Feed a command and yield what it prints, in chunks as they come; pass its stderr to `stderr` by lines.

    Raises NotRunnable if it cannot be started, CommandFailed if it fails by the rules or leaves more input unread than
    Hadoop's buffer holds.
    """
    from subprocess import PIPE

    process = start(program, environment, stdin=PIPE, stdout=PIPE, stderr=PIPE, bufsize=0)
    pump = _Pump(process, stdin, stderr, rules.timeout, reads_all=rules.enough_lines is not None)
    lines = 0
    try:
        for chunk in pump.chunks():
            lines += chunk.count(b"\n") if rules.enough_lines else 0
            yield chunk
        status = process.wait()
    except _TimedOut:
        _kill(process)
        raise timeout_failure(role, rules.timeout, pump.fed) from None
    except BaseException:
        _kill(process)
        raise
    finally:
        pump.close()
    code = status if status >= 0 else 128 - status
    if code and not rules.any_status:
        raise status_failure(role, program, code, pump.fed)
    if pump.left_input and (rules.enough_lines is None or lines < rules.enough_lines):
        raise InputLeft(role, LEFT_INPUT, READ_ON, 128 + signal.SIGPIPE, pump.fed)


def status_failure(role: str, program: Program, code: int, fed: int) -> CommandFailed:
    """Return the failure of a command that ended with a status other than 0, after it had taken `fed` bytes."""
    return CommandFailed(role, f"subprocess failed with code {code}", explain_exit_status(code, program), code, fed)


def timeout_failure(role: str, seconds: float, fed: int) -> CommandFailed:
    """Return the failure of a command that showed no sign of life for so long, after it had taken `fed` bytes."""
    return CommandFailed(role, str(Overdue(seconds)), STAY_ALIVE, None, fed)


def start(program: Program, environment: Mapping[str, str], **options: Any) -> Popen[bytes]:
    """Start a command, `options` as for Popen; raises NotRunnable."""
    from subprocess import Popen

    words = [*program.interpreter, program.path or program.words[0], *program.words[1:]]
    for attempt in (words, ["/bin/sh", *words]):
        try:
            return Popen(attempt, env=environment, **options)
        except OSError as error:
            if error.errno != errno.ENOEXEC or attempt is not words:  # without `#!` Java has the shell run it
                problem = f'Cannot run program "{program.words[0]}": error={error.errno}, {error.strerror}'
                raise NotRunnable("", problem, "check its name, its permissions and its first line") from None
    raise AssertionError


def _kill(process: Popen[bytes]) -> None:
    process.kill()
    process.wait()


def explain_exit_status(code: int, program: Program) -> str:
    """Return what an exit status means and what to try, or "" if only the command itself can tell."""
    name = program.words[0]
    if code == 1 and os.path.basename(name) in ("grep", "egrep", "fgrep"):
        return f"1: {name} found nothing; for Hadoop this is a failure: bash -c '{name} ... || true'"
    meaning = describe(code) if code >= 126 else ""
    remedy = ""
    if code == 127:
        first = os.fsdecode(first_bytes(program.path)).rstrip("\n") if program.path else ""
        place = f"the `#!` line of {name}, which is `{first}`," if first.startswith("#!") else f"what {name} calls"
        remedy = f"check {place} and PATH"
    elif code == 137:
        remedy = "try fewer --jobs or less --memory"
    return f"{code}: {meaning}{remedy and f'; {remedy}'}" if meaning else ""


class _TimedOut(Exception):
    """Nothing went in or out for too long."""


class _Pump:
    """Moves bytes between a process and us as fast as its pipes take and give them.

    reads_all: when the process stops reading, go on taking its input, so that the records are counted.
    """

    def __init__(
        self, process: Popen[bytes], stdin: Iterable[bytes], stderr: Lines, timeout: float, reads_all: bool
    ) -> None:
        assert process.stdin and process.stdout and process.stderr
        self.stdin, self.stdout, self.stderr = process.stdin, process.stdout, process.stderr
        self.feed = _Feed(stdin)
        self.lines = _Lines(stderr)
        self.timeout, self.reads_all = timeout, reads_all
        self.left_input = False
        self.poll = select.poll()
        self.open: dict[int, IO[bytes]] = {}
        for pipe, event in ((self.stdin, select.POLLOUT), (self.stdout, select.POLLIN), (self.stderr, select.POLLIN)):
            os.set_blocking(pipe.fileno(), False)
            self.poll.register(pipe, event)
            self.open[pipe.fileno()] = pipe

    @property
    def fed(self) -> int:
        """Bytes that the process has taken."""
        return self.feed.taken

    def chunks(self) -> Iterator[bytes]:
        """Yield what comes out of stdout, until both it and stderr have ended. Raises _TimedOut."""
        stdin, stdout, stderr = (pipe.fileno() for pipe in (self.stdin, self.stdout, self.stderr))
        moved = time.monotonic()
        while stdout in self.open or stderr in self.open:
            ready = self.poll.poll(1000 if self.timeout else None)
            if ready:
                moved = time.monotonic()
            elif self.timeout and time.monotonic() - moved > self.timeout:
                raise _TimedOut
            for descriptor, _ in ready:
                if descriptor == stdin:
                    self._write()
                elif descriptor == stdout:
                    if chunk := self._read(descriptor):
                        yield chunk
                else:
                    self.lines.add(self._read(descriptor))
        if stdin in self.open:
            self._stop_feeding()

    def close(self) -> None:
        """Close the pipes that are still open."""
        for pipe in list(self.open.values()):
            pipe.close()
        self.open.clear()

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
            if self.feed.write(self.stdin.fileno()):
                self._close(self.stdin.fileno())
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._stop_feeding()

    def _stop_feeding(self) -> None:
        """Note that the command stopped reading: Hadoop sees it when there is more input than its buffer holds."""
        self.left_input = not self.feed.is_last
        self._close(self.stdin.fileno())
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


class _Lines:
    """Passes on chunks of stderr as whole lines; one longer than LONGEST_LINE in several, the rest marked."""

    def __init__(self, take: Lines) -> None:
        self.take = take
        self.unfinished: list[bytes] = []  # joined only at the end of the line, or each chunk would copy them all
        self.size = 0
        self.mark = b""

    def add(self, chunk: bytes) -> None:
        """Take a chunk, b"" at the end."""
        self.unfinished.append(chunk)
        self.size += len(chunk)
        is_whole = b"\n" in chunk or b"\r" in chunk or self.unfinished[0].endswith(b"\r")
        if chunk and not is_whole and self.size <= LONGEST_LINE:
            return
        lines = b"".join(self.unfinished).splitlines(keepends=True)  # of bytes: at LF, CR and CRLF
        last = b""
        if chunk and lines and not lines[-1].endswith(b"\n") and (is_whole or lines[-1].endswith(b"\r")):
            last = lines.pop()  # also behind a CR, as its LF may follow
        self.unfinished, self.size = [last], len(last)
        if lines:
            taken = [line.rstrip(b"\r\n") for line in lines]
            taken[0] = self.mark + taken[0]
            self.mark = b"" if lines[-1].endswith((b"\n", b"\r")) else CONTINUED
            self.take(taken)


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
