"""The steps of a flow, run for a Python program that waits for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from streamtools.job import CommandLine
from streamtools.launch import here
from streamtools.launch.flow.on_this_machine import ThisMachine
from streamtools.launch.flow.places import Ran
from streamtools.launch.in_python import Session
from streamtools.signals import ENDING, held


class ThisProgram(ThisMachine):
    """A program's session as the place of steps. Nothing stays of steps that are not finished."""

    def __init__(self, session: Session) -> None:
        super().__init__(here.Request(session.settings))
        self.session = session

    @contextmanager
    def open(self, path: str, output: str) -> Iterator[None]:
        """Own the directory of intermediate data, and remove it if anything fails."""
        with super().open(path, output):
            try:
                yield
            except BaseException:
                with held(ENDING):
                    self.storage.remove(path)
                raise

    def run(self, line: CommandLine, *, resume: bool) -> Ran:
        """Run the job of a round. Raises JobFailed."""
        outcome = self.session.run(self._build(line))
        return Ran(0, outcome.counters, outcome.history)
