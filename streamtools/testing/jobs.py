"""run: a job or flow made of functions, over a small input in this process."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryDirectory
from typing import NamedTuple

from streamtools.api.definition import ROLES, Setting
from streamtools.api.flow import Steps
from streamtools.api.in_process import make_stage
from streamtools.api.job import Job
from streamtools.api.task import find_file
from streamtools.job import CommandLine, build_job, parse
from streamtools.job.properties.input import MAPS
from streamtools.launch import here
from streamtools.launch.flow.on_this_machine import ThisMachine
from streamtools.launch.flow.places import Ran as RanStep
from streamtools.launch.flow.runner import FlowRun, Request
from streamtools.local.stages.runner import Builtin
from streamtools.reporter import Reporter
from streamtools.stage import InProcessStage, StageFailed
from streamtools.testing.inputs import Content, Inputs, lay_out, write
from streamtools.testing.result import Result, read_result
from streamtools.testing.runner import Runner, choose_seed, restored_process

LEAST_REDUCES = 2


def run(
    job: Job | Steps,
    inputs: Inputs | None = None,
    *,
    options: str | Sequence[str] = (),
    files: Mapping[str, Content] | None = None,
    maps: int = 2,
    reduces: int | None = None,
    seed: int | None = None,
) -> Result:
    """Run a job or the steps of a flow over a small input, in this process; return the typed result.

    inputs: a text, or its lines; a pathlib.Path, or several; or a dictionary of these by the names that
    @job.map("NAME") sees. options: as on the command line, "--most 3 -D name=value". files: what the job opens, name ->
    text, lines or Path; it runs in a directory that has these and nothing else. maps: number of map tasks, at least.
    reduces: number of reduce tasks; without it at least 2, but as many as the job says if its reducer sees all groups
    of a task. seed: of the order of the values of each key; without it each run has another, which is shown when a test
    fails.

    It is done by the code of st-run: the same types, splits, partitions, order and counters. A job that has a combiner
    is run with and without it. What the functions keep in global variables lives on from task to task and run to run.

    Raises what a function of the job raises; JobFailed for a record that does not parse or cannot be written;
    AssertionError if the combiner changes the result; UsageError for arguments that cannot be.

    >>> from streamtools import Job
    >>> job = Job(value=int)
    >>> @job.map
    ... def words(line):
    ...     for word in line.split():
    ...         yield word, 1
    >>> @job.reduce(combine=True)
    ... def total(word, counts):
    ...     yield word, sum(counts)
    >>> sorted(run(job, "to be or not to be").pairs)
    [('be', 2), ('not', 1), ('or', 1), ('to', 2)]
    """
    __tracebackhide__ = True  # of pytest: a failure is shown at the user's lines
    runner = Runner(choose_seed(seed))
    request = _Request(job, shlex.split(options) if isinstance(options, str) else options, maps, reduces)
    try:
        return _run(request, inputs, files or {}, runner)
    except Exception as error:
        failure = runner.explain(error)
    raise failure


class _Request(NamedTuple):
    """What to run. options: as words."""

    job: Job | Steps
    options: Sequence[str]
    maps: int
    reduces: int | None

    @property
    def jobs(self) -> list[Job]:
        """The jobs to be run, the last one last."""
        if isinstance(self.job, Job):
            return [self.job]
        jobs = {id(part.job): part.job for part in reversed(self.job.parts.values())}
        return list(reversed(jobs.values()))

    def count_reduces(self, job: Job) -> int:
        """Return the number of reduce tasks of a job; where another step opens part files by name, it stays."""
        own = job.setting.reduces
        if self.reduces is not None or job.reducer is None:
            return own if self.reduces is None else self.reduces
        parts = self.job.parts.values() if isinstance(self.job, Steps) else ()
        is_opened = any(job in part.files.values() for part in parts)
        return own if is_opened or job.reducer.takes != "each" else max(own, LEAST_REDUCES)


def _run(request: _Request, inputs: Inputs | None, files: Mapping[str, Content], runner: Runner) -> Result:
    with TemporaryDirectory(prefix="st-test-") as name, ExitStack() as stack:
        folder = _Folder(os.path.realpath(name), files)
        places = ["-output", folder.output]
        if inputs is not None:
            places += ["-input", *lay_out(inputs, folder.inputs)]
        for job in request.jobs:
            conf = {MAPS: request.maps, **job.setting.conf}
            setting = job.setting._replace(reduces=request.count_reduces(job), conf=conf)
            stack.enter_context(_set_up(job, setting, folder.locate(job)))
        stack.enter_context(restored_process(folder.work))
        runner.folder, runner.builtin = folder.inputs, _find_stages(request.jobs, runner.failed)
        if isinstance(request.job, Steps):
            flow, rest = request.job.flow(request.options)
            FlowRun(flow, Request(parse([*rest, *places])), _InThisProcess(runner), lambda _text: None).run()
        else:
            runner.run(build_job(parse([*request.job.command_line(request.options), *places])))
        last = request.jobs[-1]
        types = last.types.out if last.reducer else (last.types.key, last.types.value)
        return read_result(folder.output, types, runner.ran, runner.seed)


class _Folder:
    """The directories of a test. inputs: of what is given as text; work: of the tasks, with the given files."""

    def __init__(self, path: str, files: Mapping[str, Content]) -> None:
        self.inputs, self.work, self.output = (os.path.join(path, name) for name in ("in", "work", "out"))
        self.files = files
        for directory in (self.inputs, self.work):
            os.mkdir(directory)
        for name, content in files.items():
            write(name, content, self.work)

    def locate(self, job: Job) -> list[str]:
        """Return what a job ships as values of -files that are right in the working directory."""
        found = []
        for path in job.files:
            bare, _, link = path.partition("#")
            link = link or os.path.basename(bare)
            place = os.path.abspath(find_file(path, job.setting.source))
            found.append(link if link in self.files else f"{place}#{link}")
        return found


class _InThisProcess(ThisMachine):
    """This process as the place of steps."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(here.Request(runner.settings))
        self.runner = runner

    @contextmanager
    def open(self, path: str, output: str) -> Iterator[None]:
        """Make the directory of intermediate data."""
        os.makedirs(path)
        yield

    def check(self, line: CommandLine) -> str:
        """Check the options of the job."""
        build_job(line)
        return ""

    def run(self, line: CommandLine, *, resume: bool) -> RanStep:
        """Run the job of a round."""
        job = build_job(line)
        os.makedirs(os.path.dirname(job.output), exist_ok=True)
        return RanStep(0, self.runner.run(job).counters)


@contextmanager
def _set_up(job: Job, setting: Setting, files: Iterable[str]) -> Iterator[None]:
    """Let a job be run so, with these files; restore it at the end."""
    before = job.setting, job.files, job.counts
    job.setting, job.files = setting, list(files)
    try:
        with job.options.restored():
            yield
    finally:
        job.setting, job.files, job.counts = before


def _find_stages(jobs: Iterable[Job], failed: list[StageFailed]) -> Builtin:
    """Return a function that finds the stages of these jobs by their commands. failed: takes those that fail."""
    by_name = {(job.name, job.step): job for job in jobs}

    def find(words: list[str], _path: str, reporter: Reporter) -> InProcessStage | None:
        at = 2 if words[2:3] and words[2] in ROLES else 3
        job = by_name.get((words[1], "" if at == 2 else words[2])) if len(words) > at else None
        return InProcessStage(_recorded(make_stage(job, words[at], reporter), failed)) if job else None

    return find


def _recorded(stage: InProcessStage, failed: list[StageFailed]) -> Callable[[Iterable[bytes]], Iterator[bytes]]:
    def transform(blocks: Iterable[bytes]) -> Iterator[bytes]:
        try:
            yield from stage(blocks)
        except StageFailed as failure:
            failed.append(failure)
            raise

    return transform
