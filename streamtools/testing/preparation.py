"""What is made ready before a job is run in a test: its input, its files, the numbers of its tasks."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from streamtools.api.definition import Setting
from streamtools.api.flow import Steps
from streamtools.api.job import Job
from streamtools.api.task_context import find_file
from streamtools.api.types import Shape
from streamtools.errors import UsageError
from streamtools.java.globs import unescape
from streamtools.job.properties.input import BLOCK_SIZE, MAPS, USUAL_BLOCK
from streamtools.scratch.directories import scratch_directory
from streamtools.testing.inputs import Content, Inputs, lay_out, write

LEAST_MAPS = LEAST_REDUCES = 2


@dataclass(frozen=True)
class Request:
    """What to run, and over what. The fields are the arguments of `streamtools.testing.run`.

    by_blocks: cut the input by the size of a block, as Hadoop's local mode heeds no number of map tasks.
    """

    job: Job | Steps
    inputs: Inputs | None
    options: Mapping[str, object]
    conf: Mapping[str, object]
    files: Mapping[str, Content]
    reduces: int | None
    by_blocks: bool = False

    @property
    def jobs(self) -> list[Job]:
        """The jobs to be run, the last one last."""
        if isinstance(self.job, Job):
            return [self.job]
        if not isinstance(self.job, Steps):
            raise UsageError(f"run({self.job!r})", "is neither a Job nor steps", "give what Job() or steps() has made")
        jobs = {id(part.job): part.job for part in reversed(self.job.parts.values())}
        return list(reversed(jobs.values()))

    @property
    def types(self) -> tuple[Shape, Shape]:
        """The types of the keys and values of the result."""
        last = self.jobs[-1]
        return last.types.out if last.reducer else (last.types.key, last.types.value)

    def options_of(self, job: Job) -> dict[str, object]:
        """Return the options that are for a job: those that it declares; the first job has those of none, too."""
        jobs = self.jobs
        others = [each for each in jobs if each is not job] if job is jobs[0] else jobs
        is_alone = {name: not any(name in vars(each.options) for each in others) for name in self.options}
        return {name: value for name, value in self.options.items() if name in vars(job.options) or is_alone[name]}

    def count_reduces(self, job: Job) -> int:
        """Return the number of reduce tasks of a job; where another step opens part files by name, it stays."""
        own = job.setting.reduces
        if self.reduces is not None or job.reducer is None:
            return own if self.reduces is None else self.reduces
        parts = self.job.parts.values() if isinstance(self.job, Steps) else ()
        is_opened = any(job in part.files.values() for part in parts)
        return own if is_opened or job.reducer.takes != "each" else max(own, LEAST_REDUCES)


@dataclass(frozen=True)
class Place:
    """Where a job is run. folder: of its input; inputs: values of -input; output: the directory to be made."""

    folder: str
    inputs: list[str]
    output: str

    @property
    def words(self) -> list[str]:
        """The options for inputs and output."""
        return [*(["-input", *self.inputs] if self.inputs else []), "-output", self.output]


@contextmanager
def prepared(request: Request) -> Iterator[Place]:
    """Lay out what a job needs in a new directory, and work there. At the end all is as before."""
    with scratch_directory("test") as name, ExitStack() as stack:
        folder, work, output = (os.path.join(os.path.realpath(name), part) for part in ("in", "work", "out"))
        for directory in (folder, work):
            os.mkdir(directory)
        inputs = [] if request.inputs is None else lay_out(request.inputs, folder)
        cut = {BLOCK_SIZE: max(_size(inputs) // LEAST_MAPS, 1)} if request.by_blocks else {MAPS: LEAST_MAPS}
        for file, content in request.files.items():
            write(file, content, work)
        for job in request.jobs:
            conf = {**cut, **job.setting.conf, **request.conf}
            setting = job.setting._replace(reduces=request.count_reduces(job), conf=conf)
            stack.enter_context(_set_up(job, setting, _locate_files(job, request.files)))
            stack.enter_context(job.options.given(request.options_of(job)))
        stack.enter_context(restored_process(work))
        yield Place(folder, inputs, output)


def _size(inputs: Iterable[str]) -> int:
    """Return the bytes of input files; patterns and directories count as one block of the usual size."""
    paths = list(map(unescape, inputs))
    return sum(os.path.getsize(path) if os.path.isfile(path) else USUAL_BLOCK for path in paths) or USUAL_BLOCK


def _locate_files(job: Job, given: Iterable[str]) -> Iterator[str]:
    """Yield what a job ships as values of -files; of the given ones those in the working directory."""
    for path in job.files:
        bare, _, link = path.partition("#")
        link = link or os.path.basename(bare)
        yield link if link in given else f"{os.path.abspath(find_file(path, job.setting.source))}#{link}"


@contextmanager
def _set_up(job: Job, setting: Setting, files: Iterable[str]) -> Iterator[None]:
    """Let a job be run so, with these files; restore it at the end."""
    before = job.setting, job.files, job.counts
    job.setting, job.files = setting, list(files)
    try:
        yield
    finally:
        job.setting, job.files, job.counts = before


@contextmanager
def restored_process(directory: str) -> Iterator[None]:
    """Work in a directory; at the end restore what tasks change: directory, environment, collection of garbage."""
    home, environment, threshold = os.getcwd(), dict(os.environ), gc.get_threshold()
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(home)
        gc.set_threshold(*threshold)
        for name in os.environ.keys() - environment.keys():
            del os.environ[name]
        for name, value in environment.items():
            if os.environ.get(name) != value:
                os.environ[name] = value
