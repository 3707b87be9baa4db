"""External commands: started, fed and read, and how they count as failed."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from streamtools.errors import LACKING, StreamtoolsError
from streamtools.exit_status import describe
from streamtools.local.stages.program import NotRunnable, Program
from streamtools.local.stages.pump import Pump, TimedOut
from streamtools.local.stages.stderr import Lines
from streamtools.scripts.commands import first_bytes
from streamtools.stage import Overdue

if TYPE_CHECKING:
    from subprocess import Popen

LEFT_INPUT = "Broken pipe: the command ended without reading all its input"
READ_ON = "let it read on to the end (e.g. `sed -n 1p` for `head -n 1`), or set stream.minRecWrittenToEnableSkip_=0"
WAIT_FOR_IT = "let it wait for what it starts, or set stream.joindelay.milli"
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
    join_delay: seconds to read on from what a command has left behind; 0 for as long as that works.
    """

    any_status: bool = False
    enough_lines: int | None = None
    timeout: float = 0
    join_delay: float = 0


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
    pump = Pump(process, stdin, stderr, reads_all=rules.enough_lines is not None)
    lines = 0
    try:
        for chunk in pump.chunks(rules.timeout, rules.join_delay):
            lines += chunk.count(b"\n") if rules.enough_lines else 0
            yield chunk
        status = process.wait()
    except TimedOut as error:
        _kill(process)
        raise timeout_failure(role, error.seconds, pump.fed) from None
    except BaseException:
        _kill(process)
        raise
    finally:
        pump.close()
    for name in pump.ended:
        stderr([f"ended `{name}`, which the {role} had left behind; {WAIT_FOR_IT}".encode(errors="surrogateescape")])
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
                remedy = LACKING.get(error.errno or 0, "check its name, its permissions and its first line")
                raise NotRunnable("", problem, remedy) from None
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
