"""Our own mappers and reducers, found on the command lines of a job so that they run in the task's process."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder

from streamtools.launch.programs import ROOT
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
        return parse(words[1:], reporter) if parse and _is_ours(path, programs) else None

    return find


def _is_ours(path: str, programs: str) -> bool:
    """Return whether a program runs this package: it is where our executables are, or installed beside this Python."""
    if os.path.dirname(os.path.realpath(path)) == os.path.realpath(programs):
        return True
    return os.path.dirname(os.path.abspath(path)) == os.path.dirname(sys.executable) and is_installed()


@cache
def is_installed() -> bool:
    """Return whether what this Python has installed is the package that runs, as `pip install -e` has it."""
    found = next(filter(None, _installed()), None)
    return found is not None and found.origin == os.path.join(ROOT, "streamtools", "__init__.py")


def _installed() -> Iterator[ModuleSpec | None]:
    """Yield what a program of this Python would import, which does not begin its search in a checkout."""
    yield PathFinder.find_spec("streamtools", [place for place in sys.path if os.path.realpath(place) != ROOT])
    for finder in sys.meta_path:
        if finder is not PathFinder:
            yield finder.find_spec("streamtools", None)
