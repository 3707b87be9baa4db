"""Our own mappers and reducers, found on the command lines of a job so that they run in the task's process."""

import os
from collections.abc import Callable, Mapping

from streamtools.local.stages.runner import Builtin
from streamtools.reporter import Reporter
from streamtools.stage import InProcessStage

Parser = Callable[
    [list[str], Reporter], InProcessStage | None
]  # options of a tool -> its stage, None for --help and such


def find_in(programs: str, parsers: Mapping[str, Parser]) -> Builtin:
    """Return a function that finds the stage of a command line whose program is one of ours, else None.

    programs: directory of our executables. parsers: by the name of the executable.
    """

    def find(words: list[str], path: str, reporter: Reporter) -> InProcessStage | None:
        parse = parsers.get(os.path.basename(path))
        if parse is None or os.path.dirname(os.path.realpath(path)) != os.path.realpath(programs):
            return None
        return parse(words[1:], reporter)

    return find
