"""A failed attempt in words: which task, on what, how it ended, its last words, and how to run just that again."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

BAD_RECORD = "if a record is bad, --skip-bad N leaves up to N of them in a task out"
MOST_NAMED = 6  # tasks that failed in the same way
LAST_LINES, LAST_BYTES = 20, 1 << 14  # of stderr, shown in the report of a failure

HINTS = [  # the last line of a traceback -> what to try
    (r"ModuleNotFoundError: No module named '([^'.]*)", "install {0}, or ship it with -files {0}.py"),
    (r"(?:FileNotFoundError|IOError).*: '([^'/]+)'", "ship {0} with -files {0}"),
    (r"UnicodeDecodeError", "read bytes from sys.stdin.buffer, or set -cmdenv PYTHONIOENCODING=latin-1"),
    (r"ValueError: not enough values to unpack \(expected \d+, got 1\)",
     r'a line had 1 field: an empty line, or no TAB; try split("\t", 1), and leave out empty lines'),
    (r"ValueError: not enough values to unpack \(expected \d+, got (\d+)\)",
     "a line had only {0} fields; leave out such lines, or take what is there"),
    (r"ValueError: too many values to unpack", r'a line had more fields; try split("\t", 1)'),
    (r"^EOFError", "read the input with: for line in sys.stdin"),
    (r"^MemoryError", "it had no memory left; keep less of the input, or try fewer --jobs"),
    (r"^(?:ValueError|IndexError|KeyError|TypeError)\b", BAD_RECORD),
]  # fmt: skip


@dataclass(frozen=True)
class Failure:
    """An attempt at a task that failed.

    attempt: its id. summary: which task, on what, and how, in one line. last_words: the last lines of its stderr.
    seen: whether they are what stderr showed last. advice: what to try. commands: each runs the task alone.
    record: what it failed on, and where that is. task: its name. kind: equal for failures of the same cause.
    """

    attempt: str
    summary: str
    last_words: Sequence[str] = ()
    seen: bool = False
    advice: str = ""
    commands: Sequence[str] = ()
    record: str = ""
    task: str = ""
    kind: str = ""

    def lines(self, again: bool = False) -> list[str]:
        """Return all of it as lines to read; last words that were just seen only if `again` is true."""
        lines = [self.summary]
        if self.record:
            lines.append(f"  it failed on {self.record}")
        if self.last_words and (again or not self.seen):
            lines += ["  its last words on stderr:", *(f"    {word}" for word in self.last_words)]
        if self.advice:
            lines.append(f"  {self.advice}")
        return lines + [f"  to try it alone: {command}" for command in self.commands]


VARIABLE = re.compile(r"'[^']*'|\"[^\"]*\"|\d[\d,.]*")  # parts of a message that differ where its cause is the same
EXCEPTION = re.compile(r"([A-Za-z_][\w.]*)(:|$)")


def kind_of(reason: str, last_words: Sequence[str]) -> str:
    """Return a text that is equal for failures of the same cause: the message without values, the exception's class."""
    last = next((line for line in reversed(last_words) if line.strip()), "")
    raised = EXCEPTION.match(last)
    return f"{VARIABLE.sub('', reason)}\0{raised[1] if raised else VARIABLE.sub('', last)}"


class ToldFailures:
    """The failures of a job that were told, so that equal ones are told once."""

    def __init__(self) -> None:
        self.tasks: dict[str, list[str]] = {}  # kind of failure -> tasks
        self.complete: set[str] = set()

    def is_new(self, failure: Failure) -> bool:
        """Note a failure; return whether it says more than an equal one before."""
        tasks = self.tasks.setdefault(failure.kind, [])
        if failure.task not in tasks:
            tasks.append(failure.task)
        is_complete = bool(failure.commands or failure.record)
        if failure.kind in self.complete or (len(tasks) > 1 and not is_complete):
            return False
        if is_complete:
            self.complete.add(failure.kind)
        return True

    def repeated(self) -> Iterator[str]:
        """Yield a line for each kind of failure of several tasks, and forget them."""
        for tasks in self.tasks.values():
            if len(tasks) > 1:
                others = ", ".join(tasks[1:MOST_NAMED]) + (" ..." if len(tasks) > MOST_NAMED else "")
                yield f"the failure of {tasks[0]} is one in {len(tasks)} tasks: {others} failed in the same way"
        self.tasks.clear()
        self.complete.clear()


def advise(last_words: Sequence[str], remedies: str) -> str:
    """Return what to try, as far as the last words show it. remedies: what the error itself suggests."""
    last = next((line for line in reversed(last_words) if line.strip()), "")
    if not last and not remedies:
        return "it wrote nothing to stderr"
    for pattern, hint in HINTS:
        if match := re.search(pattern, last):
            return "" if hint == BAD_RECORD and "skip" in remedies else hint.format(*match.groups())
    return ""


def read_last_words(log: str) -> list[str]:
    """Return the last lines of a file; none if there is no such file."""
    try:
        with open(log, "rb") as file:
            file.seek(max(os.path.getsize(log) - LAST_BYTES, 0))
            return file.read().decode("utf-8", "replace").splitlines()[-LAST_LINES:]
    except FileNotFoundError:
        return []
