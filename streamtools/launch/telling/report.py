"""The page about a run in its file: written from the first second on, and again every few seconds."""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from dataclasses import dataclass, field

from streamtools import __version__
from streamtools.errors import StreamtoolsError, TransferError, in_words
from streamtools.files import open_output
from streamtools.local.reporting.history import History, RunFacts
from streamtools.records import write_all

INTERVAL = 2.0  # seconds between two pages, at least
SHARE = 20  # times what a page took to make passes until the next one


@dataclass
class ReportPage:
    """The page at `path`.

    finished: (title, history) of jobs of the same run that have ended. title: of the one that runs, "" if it is alone.
    """

    path: str
    command: str
    finished: list[tuple[str, History]] = field(default_factory=list)
    title: str = ""
    last: History | None = None
    started: float = field(default_factory=time.time)
    due: float = 0.0

    def show(self, history: History) -> None:
        """Write the page of a job that runs, if it is time to. What fails now is tried again later."""
        self.last = history
        begin = time.monotonic()
        if begin < self.due or not self._is_file:
            return
        with suppress(OSError, StreamtoolsError):
            self._write([*self.finished, (self.title, history)], "running")
        end = time.monotonic()
        self.due = end + max(INTERVAL, SHARE * (end - begin))

    def end(self, histories: list[tuple[str, History]], *, succeeded: bool) -> None:
        """Write the page of a run that has ended. Raises TransferError."""
        try:
            self._write(histories, "succeeded" if succeeded else "failed")
        except StreamtoolsError as error:
            raise TransferError(f"--report {self.path}", error.problem, "the job itself has ended") from None
        except OSError as error:
            problem = f"not written: {in_words(error)}"
            raise TransferError(f"--report {self.path}", problem, "the job itself has ended") from None

    def stop(self) -> None:
        """Write the page of a run that a signal ends, if it has begun."""
        if self.last and self._is_file:
            with suppress(OSError, StreamtoolsError):
                self._write([*self.finished, (self.title, self.last)], "stopped")

    def refuse(self, reason: str) -> None:
        """Write why a job could not start, if the page is not there yet: one that is there tells of a run."""
        if not os.path.exists(self.path):
            with suppress(OSError, StreamtoolsError):
                self._write([], "failed", reason)

    @property
    def _is_file(self) -> bool:
        """Whether the page can be written more than once: into a regular file, which takes the place of the old one."""
        return not os.path.exists(self.path) or stat.S_ISREG(os.stat(self.path).st_mode)

    def _write(self, histories: list[tuple[str, History]], state: str, reason: str = "") -> None:
        from streamtools.local.reporting.html_page import render_page

        facts = RunFacts(self.command, self.started, os.uname().nodename, os.getcwd(), __version__, reason)
        page = render_page(histories, facts, state)
        with open_output(self.path) as file:
            write_all(page, file)
