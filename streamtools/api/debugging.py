"""A stage of a job in the debugger: run over a file up to where it fails, and opened there."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from types import TracebackType

from streamtools.api.command_stages import find_command
from streamtools.api.failures import user_frames
from streamtools.api.stage_making import run_stage
from streamtools.errors import UsageError
from streamtools.records import chunks, whole_lines
from streamtools.stage import StageFailed


def debug(words: list[str], path: str, environment: Mapping[str, str], stdin: str) -> int:
    """Run the stage of a command, which is a function of a job, over the file `stdin`; return its exit status.

    If the function fails, the debugger opens in its frame. path: of the program. Raises UsageError for a command that
    is something else.
    """
    os.environ.update(environment)
    command = find_command(words, path)
    if command is None:
        raise UsageError("--pdb", f"`{' '.join(words)}` is not a function of a Job", "leave --pdb out")
    try:
        with open(stdin, "rb") as file:
            for _ in run_stage(command.job, command.role, whole_lines(chunks(file.fileno())), command.input_name):
                pass
    except StageFailed as failed:
        print(*failed.lines, sep="\n", file=sys.stderr)
        if failed.error and (frames := user_frames(failed.error.__traceback__)):
            open_debugger(frames)
        return failed.status
    return 0


def open_debugger(frames: list[TracebackType]) -> None:
    """Open the debugger in the last of some frames; `up` and `down` stay among them."""
    from pdb import post_mortem

    trace: TracebackType | None = None
    for frame in reversed(frames):
        trace = TracebackType(trace, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    post_mortem(trace)
