"""External commands: fed and read in blocks through pipes, by one loop over what is ready.

blocks --stdin--> command --stdout--> chunks
                      `----stderr---> lines: counters, status, or for the user
"""

import errno
import os
import select
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from streamtools.errors import StreamtoolsError
from streamtools.exit_status import describe
from streamtools.local.stages.program import NotRunnable, Program, first_line

BUFFER = 1 << 17  # of Hadoop in front of stdin: what is still in it at the end may go unread
READ = 1 << 18
Lines = Callable[[list[bytes]], None]


class CommandFailed(StreamtoolsError):
    """A command that ended as it must not. status: its exit status, 128 + n for signal n; None: it ran too long.

    fed: the bytes of its input that it had been given until then; role: mapper, combiner or reducer; without: the
    ranges of its input that had been left out; replay: the folder where all that is kept.
    """

    def __init__(self, problem: str, remedy: str, status: int | None, fed: int = 0) -> None:
        super().__init__("", problem, remedy)
        self.status, self.fed = status, fed
        self.role = self.replay = ""
        self.without: tuple[tuple[int, int], ...] = ()


class InputLeft(CommandFailed):
    """A command that did well but for input that it left unread."""


class Settings:
    """How a command is watched.

    any_status: a status other than 0 is no failure. tolerant_from: unread input is no failure either of a command that
    has printed this many lines; None: it always is.
    timeout: seconds without a sign of life until it is killed; 0: none.
    """

    def __init__(self, any_status: bool = False, tolerant_from: int | None = None, timeout: float = 0) -> None:
        self.any_status, self.tolerant_from, self.timeout = any_status, tolerant_from, timeout


def run(
    program: Program, environment: dict[str, str], stdin: Iterable[bytes], stderr: Lines, settings: Settings
) -> Iterator[bytes]:
    """Feed a command and give what it prints, in chunks as they come; its stderr goes to `stderr` by lines.

    Raises NotRunnable when it cannot be started, CommandFailed when it fails or leaves input unread that Hadoop would
    have failed to write.
    """
    from subprocess import PIPE

    process = started(program, environment, stdin=PIPE, stdout=PIPE, stderr=PIPE, bufsize=0)
    pump = _Pump(process, stdin, stderr, settings)
    lines = 0
    try:
        for chunk in pump.chunks():
            lines += chunk.count(b"\n") if settings.tolerant_from else 0
            yield chunk
        status = process.wait()
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        pump.close()
    if status and not settings.any_status:
        code = status if status > 0 else 128 - status
        raise CommandFailed(f"subprocess failed with code {code}", explained(code, program), code, pump.fed)
    if pump.broken and (settings.tolerant_from is None or lines < settings.tolerant_from):
        raise InputLeft(
            "Broken pipe: the command ended without reading all its input",
            "let it read on to the end (e.g. `sed -n 1p` for `head -n 1`), or set stream.minRecWrittenToEnableSkip_=0",
            128 + signal.SIGPIPE,
            pump.fed,
        )


def started(program: Program, environment: dict[str, str], **options: Any):  # type: ignore[no-untyped-def]
    """The process of a command, `options` as for Popen; raises NotRunnable."""
    from subprocess import Popen

    words = [program.path or program.words[0], *program.words[1:]]
    for attempt in (words, ["/bin/sh", *words]):
        try:
            return Popen(attempt, env=environment, **options)
        except OSError as error:
            if error.errno != errno.ENOEXEC or attempt is not words:  # without `#!` Java has the shell run it
                told = f'Cannot run program "{program.words[0]}": error={error.errno}, {error.strerror}'
                raise NotRunnable("", told, "check its name, its permissions and its first line") from None
    raise AssertionError


def explained(code: int, program: Program) -> str:
    """Return what an exit status means and what to try, or "" if only the command itself can tell."""
    name = program.words[0]
    if code == 1 and os.path.basename(name) in ("grep", "egrep", "fgrep"):
        return f"1: {name} found nothing; for Hadoop this is a failure: bash -c '{name} ... || true'"
    meaning = describe(code) if code >= 126 else ""
    remedy = ""
    if code == 127:
        first = first_line(program.path) if program.path else ""
        place = f"the `#!` line of {name}, which is `{first}`," if first.startswith("#!") else f"what {name} calls"
        remedy = f"check {place} and PATH"
    elif code == 137:
        remedy = "try fewer --jobs or less --memory"
    return f"{code}: {meaning}{remedy and f'; {remedy}'}" if meaning else ""


class _Pump:
    """Moves bytes between a process and us as far as its pipes take and give them."""

    def __init__(self, process, stdin: Iterable[bytes], stderr: Lines, settings: Settings) -> None:  # type: ignore[no-untyped-def]
        self.process, self.stderr, self.settings = process, stderr, settings
        self.source = iter(stdin)
        self.feed = _buffers(self.source)
        self.waiting = memoryview(b"")
        self.fed = 0  # bytes that the pipe has taken
        self.is_last = False
        self.broken = False
        self.unfinished = b""  # the last line of stderr, as far as it has come
        self.poll = select.poll()
        for pipe in (process.stdin, process.stdout, process.stderr):
            os.set_blocking(pipe.fileno(), False)
        self.poll.register(process.stdin, select.POLLOUT)
        self.poll.register(process.stdout, select.POLLIN)
        self.poll.register(process.stderr, select.POLLIN)
        self.alive = {process.stdin.fileno(): process.stdin, process.stdout.fileno(): process.stdout}
        self.alive[process.stderr.fileno()] = process.stderr

    def chunks(self) -> Iterator[bytes]:
        """What comes out of stdout, until both it and stderr have ended."""
        stdin, stdout, stderr = (p.fileno() for p in (self.process.stdin, self.process.stdout, self.process.stderr))
        moved = time.monotonic()
        while stdout in self.alive or stderr in self.alive:
            ready = self.poll.poll(1000 if self.settings.timeout else None)
            if ready:
                moved = time.monotonic()
            elif self.settings.timeout and time.monotonic() - moved > self.settings.timeout:
                raise CommandFailed(
                    f"no sign of life for {self.settings.timeout:g} seconds",
                    "write a reporter:status: line now and then, or raise mapreduce.task.timeout",
                    None,
                    self.fed,
                )
            for descriptor, _ in ready:
                if descriptor == stdin:
                    self._feed()
                elif descriptor == stdout:
                    if chunk := self._read(descriptor):
                        yield chunk
                else:
                    self._hear(self._read(descriptor))
        if stdin in self.alive:
            self._end_feed()

    def close(self) -> None:
        """Close what is still open."""
        for pipe in list(self.alive.values()):
            pipe.close()
        self.alive.clear()

    def _read(self, descriptor: int) -> bytes:
        """What there is to read; at the end of the pipe b"", and it is closed."""
        chunk = os.read(descriptor, READ)
        if not chunk:
            self._close(descriptor)
        return chunk

    def _close(self, descriptor: int) -> None:
        self.poll.unregister(descriptor)
        self.alive.pop(descriptor).close()

    def _feed(self) -> None:
        """Write as much as the pipe takes."""
        descriptor = self.process.stdin.fileno()
        if not self.waiting:
            chunk, self.is_last = next(self.feed, (b"", True))
            self.waiting = memoryview(chunk)
        try:
            if self.waiting:
                taken = os.write(descriptor, self.waiting)
                self.fed += taken
                self.waiting = self.waiting[taken:]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._end_feed()
            return
        if self.is_last and not self.waiting:
            self._close(descriptor)

    def _end_feed(self) -> None:
        """The command reads no more: Hadoop notices it when there is more than its buffer holds."""
        self.broken = not self.is_last
        self._close(self.process.stdin.fileno())
        if self.settings.tolerant_from is not None:
            for _ in self.feed:  # read on, so that the records are counted
                pass

    def _hear(self, chunk: bytes) -> None:
        """Pass on whole lines of stderr."""
        text = self.unfinished + chunk
        lines = text.splitlines(keepends=True)  # of bytes: at LF, CR and CRLF
        self.unfinished = b""
        if chunk and lines and not lines[-1].endswith(b"\n"):
            self.unfinished = lines.pop()  # also behind a CR, as its LF may follow
        if lines:
            self.stderr([line.rstrip(b"\r\n") for line in lines])


def _buffers(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The bytes of all blocks in pieces of the size of Hadoop's buffer, and whether it is the last one."""
    held = b""
    for block in blocks:
        held = held + block if held else block
        if len(held) > BUFFER:
            whole = (len(held) - 1) // BUFFER * BUFFER
            view = memoryview(held)
            yield from ((bytes(view[start : start + BUFFER]), False) for start in range(0, whole, BUFFER))
            held = bytes(view[whole:])
    yield held, True
