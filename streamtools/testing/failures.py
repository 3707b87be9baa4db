"""Failures of a tested job, as exceptions: those of the user's functions as they are, all else in one message."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from streamtools.api.failures import user_frames
from streamtools.errors import JobFailed, StreamtoolsError
from streamtools.local.stages.process import CommandFailed
from streamtools.stage import StageFailed


def explain(
    error: Exception, failed: Sequence[StageFailed], stderr: bytes, clean: Callable[[str], str] = str
) -> Exception:
    """Return the exception that tells a test why its job failed, with a traceback that begins at the user's function.

    error: what running the job raised. failed: the stages that failed; stderr: what commands have written there.
    clean: makes a text fit to be shown.
    """
    if not isinstance(error, CommandFailed):
        return error.with_traceback(None) if isinstance(error, (StreamtoolsError, AssertionError)) else error
    if not failed:
        said = stderr.decode("utf-8", "backslashreplace").rstrip("\n")
        return JobFailed(error.role, clean("\n".join(filter(None, [str(error), said]))))
    lines, cause = failed[-1].lines, failed[-1].error
    if not isinstance(cause, Exception):
        return JobFailed("", clean("\n".join(lines)) or f"the {error.role} exits with status {failed[-1].status}")
    add_note(cause, clean(lines[0]))
    frames = user_frames(cause.__traceback__)
    return cause.with_traceback(frames[0]) if frames else cause


def add_note(error: BaseException, text: str) -> None:
    """Add a line that is shown below an exception; pytest shows it on Python 3.10, too."""
    error.__notes__ = [*getattr(error, "__notes__", []), text]  # type: ignore[attr-defined]
