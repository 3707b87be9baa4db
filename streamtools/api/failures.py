"""Failures of a job's functions, as the lines that a command would leave on stderr."""

from __future__ import annotations

import os
import sysconfig
from types import TracebackType
from typing import Any

from streamtools.api.layout import show
from streamtools.api.task import PACKAGE, Position
from streamtools.errors import StreamtoolsError
from streamtools.stage import StageFailed

LIBRARIES = ("stdlib", "platstdlib", "purelib", "platlib")  # and not "data", below which a project may lie
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
    return StageFailed(1, [f"{name}: {where}", *format_error(error, frames)], error)


def _as_exit(error: SystemExit) -> StageFailed:
    if isinstance(error.code, str):
        return StageFailed(1, error.code.split("\n"))
    return StageFailed(error.code or 0, [])


def user_frames(trace: TracebackType | None) -> list[TracebackType]:
    """Return the steps of a traceback that are in files of the user's, not of Python, libraries or ours."""
    frames = []
    while trace:
        if not trace.tb_frame.f_code.co_filename.startswith(NOT_THEIRS) and trace.tb_frame.f_globals.get(
            "__name__", ""
        ).partition(".")[0] not in ("runpy", "streamtools"):
            frames.append(trace)
        trace = trace.tb_next
    return frames


def format_error(error: BaseException, frames: list[TracebackType]) -> list[str]:
    """Return a traceback of these steps only."""
    import traceback

    steps: Any = traceback.extract_tb(error.__traceback__)
    if frames:
        steps = [traceback.extract_tb(frame, limit=1)[0] for frame in frames]
    lines = ["Traceback (most recent call last):\n", *traceback.format_list(steps)]
    lines += traceback.format_exception_only(type(error), error)
    return "".join(lines).rstrip("\n").split("\n")
