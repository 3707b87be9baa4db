"""What tasks write to stderr, on its way to the sys.stderr of the program that runs them.

A notebook, or a test, takes what is written there and not what reaches the descriptor.
"""

from __future__ import annotations

import builtins
import os
import sys
from tempfile import TemporaryFile

MOST = 1 << 20  # bytes read at once


class TaskOutput:
    """A file to which all tasks write, read as it grows. said_once: what ends a line that is passed on once only."""

    def __init__(self, directory: str, said_once: str = "") -> None:
        self.file = TemporaryFile(dir=directory, buffering=0)  # noqa: SIM115  # one offset for all who inherit it
        self.said_once, self.was_said = said_once.encode(), False
        self.position = 0

    def enter_task(self) -> None:
        """Let this process, which is a task's, write there and ask nobody; streams of the program are left alone."""
        os.dup2(self.file.fileno(), 2)
        os.dup2(2, 1)
        sys.stdout = sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
        sys.stdin = open(os.devnull)  # noqa: SIM115
        builtins.input = _ask_nobody

    def has_more(self) -> bool:
        """Return whether something was written that is not passed on."""
        return os.fstat(self.file.fileno()).st_size > self.position

    def pass_on(self, is_end: bool = False) -> None:
        """Write what is new to sys.stderr, whole lines only before the end."""
        while text := os.pread(self.file.fileno(), MOST, self.position):
            end = text.rfind(b"\n") + 1 or (len(text) if is_end or len(text) == MOST else 0)
            if not end:
                return
            self.position += end
            lines = [line for line in text[:end].splitlines(keepends=True) if self._is_new(line)]
            if sys.stderr:
                sys.stderr.write(b"".join(lines).decode("utf-8", "backslashreplace"))

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def _is_new(self, line: bytes) -> bool:
        if not self.said_once or not line.rstrip(b"\n").endswith(self.said_once):
            return True
        was_said, self.was_said = self.was_said, True
        return not was_said


def _ask_nobody(_prompt: object = "") -> str:
    raise EOFError("a task has nobody to ask: give it options instead")
