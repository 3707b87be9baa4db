"""How a job is refused before it runs: the job client's own words and exit status, and what to do instead."""

from streamtools.errors import StreamtoolsError

USAGE_STATUS = 1  # a wrong command line, and whatever ends the real client by an uncaught exception
MISSING_STATUS = 2  # a file of -cacheFile or -cacheArchive that is not there
LAUNCH_STATUS = 5  # every input or output problem that is found on submission


class Refused(StreamtoolsError):
    """A job that does not start. status: the job client's exit status; usage: whether the usage text belongs to it."""

    def __init__(self, problem: str, remedy: str = "", *, status: int = USAGE_STATUS, usage: bool = False) -> None:
        super().__init__("", problem, remedy)
        self.exit_code = status
        self.usage = usage


def launch_refused(problem: str, remedy: str = "") -> Refused:
    """A refusal because of an input or the output directory."""
    return Refused(f"Error Launching job : {problem}", remedy, status=LAUNCH_STATUS)
