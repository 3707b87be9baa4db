"""run_command: scripts and commands as mapper, combiner and reducer, over a small input."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping, Sequence

from streamtools.api.types import find_shape
from streamtools.cli.library import find_builtin
from streamtools.errors import UsageError
from streamtools.java.words import quote
from streamtools.job import build_job, parse
from streamtools.job.properties import REDUCES
from streamtools.job.properties.input import MAPS
from streamtools.launch.programs import find_programs
from streamtools.scratch.directories import scratch_directory
from streamtools.testing.inputs import Content, Inputs, lay_out, write
from streamtools.testing.preparation import LEAST_MAPS, LEAST_REDUCES, restored_process
from streamtools.testing.result import Result, read_result
from streamtools.testing.runner import Runner, choose_seed

Command = str | Sequence[str]


def run_command(
    mapper: Command,
    inputs: Inputs,
    *,
    combiner: Command = "",
    reducer: Command = "",
    options: str | Sequence[str] = (),
    files: Mapping[str, Content] | None = None,
    seed: int | None = None,
) -> Result:
    """Run commands as the stages of a job over a small input; return the result, keys and values as str.

    mapper, combiner, reducer: command lines as for st-run, which no shell sees, or their words; without a reducer the
    result is what the mapper writes. They run in the present directory. options: of st-run; there are two map and two
    reduce tasks, unless these say other. inputs, files, seed: as for `run`.

    Raises JobFailed with what a command has written to stderr if it fails; AssertionError if the combiner changes the
    result; UsageError for arguments that cannot be.

    >>> run_command("st-map words", "to be or not to be", reducer="st-reduce", options="-numReduceTasks 1").lines
    ['be\\t2', 'not\\t1', 'or\\t1', 'to\\t2']
    """
    __tracebackhide__ = True  # of pytest
    programs = find_programs()
    runner = Runner(choose_seed(seed), builtin=find_builtin(programs), programs=programs)
    stages = {"mapper": mapper, "combiner": combiner, "reducer": reducer}
    given = [word for role, command in stages.items() if command for word in (f"-{role}", _line(command))]
    properties = [f"{MAPS}={LEAST_MAPS}", f"{REDUCES}={LEAST_REDUCES if reducer else 0}"]
    more = shlex.split(options) if isinstance(options, str) else options
    words = [*(word for each in properties for word in ("-D", each)), *more, *given]
    return runner.attempt(lambda: _run(words, inputs, files or {}, runner))


def _run(words: Sequence[str], inputs: Inputs, files: Mapping[str, Content], runner: Runner) -> Result:
    with scratch_directory("test") as name, restored_process(os.getcwd()):
        runner.folder, shipped, output = (os.path.join(os.path.realpath(name), part) for part in ("in", "files", "out"))
        for directory in (runner.folder, shipped):
            os.mkdir(directory)
        paths = list(_ship(files, shipped))
        places = ["-input", *lay_out(inputs, runner.folder), "-output", output]
        runner.run(build_job(parse([*(["-files", ",".join(paths)] if paths else []), *words, *places])))
        text = find_shape(str, "out")
        return read_result(output, (text, text), runner.ran, runner.seed)


def _ship(files: Mapping[str, Content], folder: str) -> Iterable[str]:
    """Yield the paths of files, written into a folder. Raises UsageError for one that is in the present directory."""
    for name, content in files.items():
        if os.path.lexists(name):
            raise UsageError(name, "is in the present directory, where commands run", "give it another name")
        yield write(name, content, folder)


def _line(command: Command) -> str:
    return command if isinstance(command, str) else " ".join(map(quote, command))
