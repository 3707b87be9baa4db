"""Jobs run from a script, a REPL or a notebook, by the functions that stand there: they are forked, never pickled."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Union
from weakref import finalize

from streamtools.api.definition import Definition
from streamtools.api.filters import WARNING
from streamtools.api.in_process import make_stage
from streamtools.api.result import PartFile, Result
from streamtools.api.st_run_options import REDUCES, as_text, command_line
from streamtools.errors import UsageError
from streamtools.java.words import quote
from streamtools.signals import ENDING, held

if TYPE_CHECKING:
    from streamtools.api.types import Shape
    from streamtools.job import CommandLine
    from streamtools.launch.flow.step import Flow
    from streamtools.launch.in_python import Session
    from streamtools.local.reporting.history import History
    from streamtools.reporter import Reporter
    from streamtools.stage import InProcessStage

Path = Union[str, "os.PathLike[str]"]
Inputs = Union[Path, Iterable[Path]]
Stages = dict[tuple[str, ...], Callable[["Reporter"], "InProcessStage"]]
PROGRAM = "/bin/sh"  # stands in the commands of stages, as these need one; it is not run
ROLE_OF = {"mapper": "map", "combiner": "combine", "reducer": "reduce"}  # option of st-run -> role


class How(NamedTuple):
    """How jobs are run from Python, as `Job.run` has it."""

    jobs: int | None = None
    memory: int | str = "512M"
    overwrite: bool = False
    progress: bool | None = None
    work_dir: Path | None = None


def run_job(job: Definition, inputs: Inputs, output: Path | None, how: How, conf: Mapping[str, object]) -> Result:
    """Run a job; return its result. conf: properties of Hadoop.

    Raises JobFailed if it fails, and StreamtoolsError before any work for what cannot be.
    """
    stages: Stages = {}
    line = in_process_line(job, stages).with_option("input", *map(pattern, list_inputs(inputs)))
    line = with_properties(line, conf)
    target = None if output is None else os.fspath(output)

    def run(session: Session) -> Result:
        outcome = session.run_to(line, target, how.overwrite)
        return make_result(job.name, outcome.parts, types_of(job, line), outcome.counters, [("", outcome.history)])

    return in_session(stages, how, output is None, run)


def run_flow(
    flow: Flow,
    jobs: Sequence[Definition],
    inputs: Inputs | None,
    output: Path | None,
    how: How,
    conf: Mapping[str, object],
) -> Result:
    """Run steps; return the result of the last one, with the counters of all of them together. jobs: of the steps.

    Raises as `run_job`.
    """
    from streamtools.job import CommandLine

    stages: Stages = {}
    lines = [in_process_line(job, stages) for job in jobs]
    flow = replace(flow, steps=tuple(replace(step, line=line) for step, line in zip(flow.steps, lines)))
    common = with_properties(CommandLine("streamjob"), conf)
    if inputs is not None:
        common = common.with_option("input", *map(pattern, list_inputs(inputs)))

    def run(session: Session) -> Result:
        from streamtools.launch.flow.in_program import ThisProgram
        from streamtools.launch.flow.runner import FlowRun, Request
        from streamtools.local.output.part_file import part_files

        target = os.path.join(session.directory, "out") if output is None else os.fspath(output)
        request = Request(common.with_option("output", target), overwrite=how.overwrite)
        flow_run = FlowRun(flow, request, ThisProgram(session), session.tell)
        flow_run.run()
        counters: Counter[tuple[str, str]] = Counter()
        for _, history in flow_run.report.histories:
            counters.update(history.counters)
        title = os.path.basename(flow.name) or "flow"
        types = types_of(jobs[-1], with_properties(lines[-1], conf))
        return make_result(title, part_files(target), types, counters, flow_run.report.histories)

    return in_session(stages, how, output is None, run)


def in_session(stages: Stages, how: How, keeps: bool, run: Callable[[Session], Result]) -> Result:
    """Return what `run` returns. keeps: the result needs the session's directory, which goes with it then."""
    session: Session | None = None
    try:
        with held(ENDING):
            session = open_session(stages, how)
        result = run(session)
    except BaseException:
        if session:
            session.close()
        raise
    if keeps:
        result.on_close(finalize(result, session.close))
    else:
        session.close()
    return result


def with_properties(line: CommandLine, conf: Mapping[str, object]) -> CommandLine:
    """Return options with more properties."""
    for name, value in conf.items():
        line = line.with_property(name, as_text(value))
    return line


def types_of(job: Definition, line: CommandLine) -> tuple[Shape, Shape]:
    """Return the types of what a job writes with these options."""
    reduces = [value.partition("=")[2] for _, value in line.generic if value.startswith(f"{REDUCES}=")]
    return job.types.out if job.reducer and reduces[-1].strip() != "0" else (job.types.key, job.types.value)


def in_process_line(job: Definition, stages: Stages) -> CommandLine:
    """Return the options of a job, and add its stages to `stages` by the words that stand for their commands."""
    from streamtools.job import parse

    line = parse(command_line(job, ships_itself=False))
    for option, role in ROLE_OF.items():
        if line.has(option):
            words = (PROGRAM, f"{job.name}:{role}", str(len(stages)))
            stages[words] = partial(make_stage, job, role)
            line = line.with_option(option, " ".join(map(quote, words)))
    return line


def list_inputs(inputs: Inputs) -> list[Path]:
    """Return the inputs as a list. Raises UsageError for anything but paths."""
    given = [inputs] if isinstance(inputs, (str, os.PathLike)) else list(inputs)
    for each in given:
        if not isinstance(each, (str, os.PathLike)):
            raise UsageError(f"run({each!r})", "is not a path", "name files, directories or patterns")
    return given


def pattern(path: Path) -> str:
    """Return a path as the value of -input: a text is one already, a Path means just that file or directory."""
    if isinstance(path, str):
        return path
    from streamtools.java.globs import escape

    return escape(os.fspath(path)).replace("}", "\\}").replace(",", "{\\,}")


def open_session(stages: Stages, how: How) -> Session:
    """Return what runs jobs. Raises UsageError for a memory that is no size."""
    from streamtools.api.notebook import find_bars
    from streamtools.launch.in_python import Program, Session
    from streamtools.local import Settings
    from streamtools.machine import cores, parse_size

    try:
        memory = how.memory if isinstance(how.memory, int) else parse_size(how.memory)
    except ValueError as error:
        raise UsageError(f"run(memory={how.memory!r})", *str(error).split("; ")) from None
    work = None if how.work_dir is None else os.fspath(how.work_dir)
    settings = Settings(jobs=how.jobs or cores(), memory=memory, work_directory=work)
    return Session(Program(stages, find_bars(how.progress), WARNING), settings)


def make_result(
    title: str,
    paths: Iterable[str],
    types: tuple[Shape, Shape],
    counters: Mapping[tuple[str, str], int],
    histories: list[tuple[str, History]],
) -> Result:
    """Return the result of a run. histories: of its jobs, with their titles."""
    from streamtools.formats.hadoop_codecs import read_blocks

    def page() -> str:
        from streamtools.local.reporting.history import RunFacts
        from streamtools.local.reporting.html_page import render_page

        return render_page(histories, RunFacts(f"{title} run from Python"), "succeeded").decode()

    return Result(
        [PartFile(path, partial(read_blocks, path)) for path in paths], types, counters, title=title, page=page
    )
