"""Failures of a job's functions, as the lines that a command would leave on stderr."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from streamtools.api.layout import show
from streamtools.api.task_context import PACKAGE, Position
from streamtools.errors import StreamtoolsError
from streamtools.stage import StageFailed

if TYPE_CHECKING:
    from traceback import TracebackException

LIBRARIES = ("stdlib", "platstdlib", "purelib", "platlib")  # and not "data", below which a project may lie
OURS = ("runpy", "streamtools")
NOT_THEIRS = tuple(os.path.join(path, "") for path in (PACKAGE, *map(sysconfig.get_path, LIBRARIES)))


def as_stage_failed(error: BaseException, name: str, position: Position) -> StageFailed:
    """Return an error of a stage as its exit status and the lines for stderr. name: of file and stage."""
    if isinstance(error, StreamtoolsError):
        return StageFailed(error.exit_code, [f"{name}: {error}".replace("\n", "\\n")])
    if isinstance(error, SystemExit):
        return _as_exit(error)
    frames = user_frames(error.__traceback__)
    if not frames and isinstance(error, TypeError) and "not iterable" in str(error):
        problem = "returned something that is not iterable; yield pairs, or return a list of them"
        return StageFailed(os.EX_DATAERR, [f"{name}: the function {problem}"])
    place, line = position.in_hand()
    where = place if line is None else f"{place}: failed at {show(line)}"
    return StageFailed(1, [f"{name}: {where}", *format_error(error)], error)


def _as_exit(error: SystemExit) -> StageFailed:
    if isinstance(error.code, str):
        return StageFailed(1, error.code.split("\n"))
    return StageFailed(error.code or 0, [])


def user_frames(trace: TracebackType | None) -> list[TracebackType]:
    """Return the steps of a traceback that are in files of the user's, not of Python, libraries or ours."""
    return [step for step in _all_frames(trace) if _is_user_frame(step.tb_frame)]


def _is_user_frame(frame: FrameType) -> bool:
    module = str(frame.f_globals.get("__name__", ""))
    return not frame.f_code.co_filename.startswith(NOT_THEIRS) and module.partition(".")[0] not in OURS


def format_error(error: BaseException) -> list[str]:
    """Return the traceback of an error, and of what caused it, with the user's steps only."""
    from traceback import TracebackException

    report = TracebackException(type(error), error, error.__traceback__)
    _leave_user_frames(report, error)
    return "".join(report.format()).rstrip("\n").split("\n")


def _leave_user_frames(report: TracebackException | None, error: BaseException | None) -> None:
    """Remove the steps in files that are not the user's, unless there are no others; go on with the causes."""
    if report is None or error is None:
        return
    kept = set(map(id, user_frames(error.__traceback__)))
    if kept:
        steps = zip(_all_frames(error.__traceback__), report.stack)
        report.stack[:] = [step for frame, step in steps if id(frame) in kept]
    _leave_user_frames(report.__cause__, error.__cause__)
    _leave_user_frames(report.__context__, error.__context__)


def _all_frames(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace:
        yield trace
        trace = trace.tb_next
