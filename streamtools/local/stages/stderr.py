"""What commands write to stderr: counters for the job, the rest for the user.

lines --reporter:counter:--> counters
  `------everything else---> a log of the attempt, and the terminal
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from streamtools.local.counters import Counters, parse_counter
from streamtools.records import write_all
from streamtools.showing import printable_bytes

TRACEBACK = b"Traceback (most recent call last):"
CHAINED = (b"During handling of the above exception", b"The above exception was the direct cause")
Lines = Callable[[list[bytes]], None]  # takes lines without their LF
LONGEST_LINE = 1 << 20  # bytes of a line that are shown together
CONTINUED = b"... "  # begins the rest of a longer line, so that it is never taken for a counter


@dataclass
class Listener:
    """Takes the lines that the commands of one attempt write to stderr.

    prefix: marks a line that is for Hadoop, "reporter:" unless the job says otherwise.
    check: called with the counters when one of them is new; raises DataError when there are too many.
    log: file that keeps the other lines; None if all lines are dropped.
    clear: bytes that clear the lines of progress before something is written to the terminal.
    counts: False once counters do not count any more.
    holds: keep tracebacks from the terminal, as one like it was probably shown already, until more comes or `release`.
    """

    prefix: bytes
    counters: Counters
    check: Callable[[Counters], None]
    log: str | None
    clear: bytes = b""
    counts: bool = True
    holds: bool = False
    held: list[bytes] = field(default_factory=list, init=False)

    def __call__(self, lines: list[bytes]) -> None:
        """Take some lines. Raises DataError for a counter that Hadoop refuses."""
        if self.log is None:
            return
        shown = [rest for line in lines if (rest := self._take(line)) is not None]
        if shown:
            with open(self.log, "ab", buffering=0) as log:
                log.write(b"\n".join([*shown, b""]))
            if shown := self._hold(shown) if self.holds else shown:
                self.show(b"\n".join([*shown, b""]))

    def release(self) -> None:
        """Show what was held."""
        held, self.held = self.held, []
        if held:
            self.show(b"\n".join([*held, b""]))

    def show(self, text: bytes) -> None:
        """Write lines to the terminal."""
        write_all(self.clear + printable_bytes(text), 2)

    def _hold(self, lines: list[bytes]) -> list[bytes]:
        """Hold tracebacks back; return what is to be shown: other lines, and a traceback that they follow."""
        shown: list[bytes] = []
        for line in lines:
            goes_on = line.startswith((b" ", b"\t")) or (self.held and self.held[-1].startswith((b" ", b"\t")))
            if line.startswith(TRACEBACK) or (self.held and (goes_on or not line or line.startswith(CHAINED))):
                self.held.append(line)
            else:
                shown += [*self.held, line]
                self.held.clear()
        return shown

    def _take(self, line: bytes) -> bytes | None:
        """Count a line if it is for Hadoop; return what is to be shown of it."""
        if not line.startswith(self.prefix):
            return line
        if line.startswith(self.prefix + b"counter:"):
            increment = parse_counter(line, self.prefix)
            if increment is None:
                return b"WARN: Cannot parse counter line: " + line
            if self.counts:
                self._count(increment.group, increment.name, increment.amount)
            return None
        if line.startswith(self.prefix + b"status:"):
            return None
        return b"WARN: Cannot parse reporter line: " + line

    def _count(self, group: str, name: str, amount: int) -> None:
        is_new = (group, name) not in self.counters
        self.counters[group, name] += amount
        if is_new:  # checked only then, as commands may count each record
            self.check(self.counters)


class WholeLines:
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
