"""Something found in a job before its first task."""

from typing import NamedTuple

from streamtools.errors import StreamtoolsError


class Finding(NamedTuple):
    """A line for the user: place, problem, remedy.

    is_fatal: the job surely fails by it. is_wrong: it should be corrected; else it is a remark.
    """

    place: str
    problem: str
    remedy: str = ""
    is_fatal: bool = False
    is_wrong: bool = True

    def __str__(self) -> str:
        return str(StreamtoolsError(self.place, self.problem, self.remedy))

    @classmethod
    def of_error(cls, error: StreamtoolsError, place: str = "") -> "Finding":
        """Return the finding of an error by which the job fails. place: stands before that of the error."""
        where = f"{place} {error.place}".strip()
        return cls(where, error.problem, error.remedy, is_fatal=True)
