"""Where the steps of a flow run: what a place does with one job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from streamtools.job import CommandLine
from streamtools.launch.storage.file_systems import Storage
from streamtools.launch.telling.report import ReportPage
from streamtools.local.reporting.history import History


class Ran(NamedTuple):
    """How the job of a round ended. counters: None if the place does not tell them; history: for a report."""

    status: int
    counters: Mapping[tuple[str, str], int] | None
    history: History | None = None


class StepPlace(Protocol):
    """A place at which steps run."""

    @property
    def storage(self) -> Storage:
        """The file system on which inputs and outputs lie."""

    @property
    def page(self) -> ReportPage | None:
        """The page about the run, if one is wanted."""

    def open(self, path: str, output: str) -> AbstractContextManager[None]:
        """Own the directory of intermediate data during a run. Raises CannotCreateError if another run does."""

    def add_files(self, line: CommandLine, files: Mapping[str, str]) -> CommandLine:
        """Return a command line that ships directories of its file system: link name -> path."""

    def check(self, line: CommandLine) -> str:
        """Raise StreamtoolsError for a job that cannot run; return a digest of its options and its own files."""

    def check_inputs(self, line: CommandLine, inputs: Sequence[str]) -> str:
        """Raise StreamtoolsError for inputs of a job that no step writes and that are missing; return a digest."""

    def run(self, line: CommandLine, *, resume: bool) -> Ran:
        """Run the job of a round. resume: go on with what an unfinished run of it has left."""

    def describe(self, line: CommandLine) -> str:
        """Return the command that does the same, for a dry run."""

    def describe_end(self, new: str, output: str, folder: str) -> list[str]:
        """Return the commands that move the results to their place and remove a directory."""
