"""The refusal of a job before it runs: the job client's own message and exit status, and what to do instead."""

from __future__ import annotations

from collections.abc import Callable

from streamtools.errors import StreamtoolsError

USAGE_STATUS = 1  # an invalid command line, and whatever ends the real client with an uncaught exception
MISSING_STATUS = 2  # a missing file of -cacheFile or -cacheArchive
LAUNCH_STATUS = 5  # any problem with input or output that is found on submission


class Refused(StreamtoolsError):
    """A job that does not start.

    status: the job client's exit status; usage: whether the usage text is printed, too.
    """

    def __init__(self, problem: str, remedy: str = "", *, status: int = USAGE_STATUS, usage: bool = False) -> None:
        super().__init__("", problem, remedy)
        self.exit_code = status
        self.usage = usage

    def __reduce__(self) -> tuple[Callable[..., Refused], tuple[str, str, int, bool]]:
        """Let a task that raises it pass it to the process that waits for the task."""
        return _restore, (self.problem, self.remedy, self.exit_code, self.usage)


def _restore(problem: str, remedy: str, status: int, usage: bool) -> Refused:
    return Refused(problem, remedy, status=status, usage=usage)


def launch_refused(problem: str, remedy: str = "") -> Refused:
    """Return a refusal because of an input or the output directory."""
    return Refused(f"Error Launching job : {problem}", remedy, status=LAUNCH_STATUS)
