"""run: a job or flow made of functions, over a small input in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from streamtools.api.definition import ROLES
from streamtools.api.flow import Steps
from streamtools.api.in_process import make_stage
from streamtools.api.job import Job
from streamtools.job import build_job, parse
from streamtools.local.stages.runner import Builtin
from streamtools.reporter import Reporter
from streamtools.stage import InProcessStage, StageFailed
from streamtools.testing.inputs import Content, Inputs
from streamtools.testing.preparation import Place, Request, prepared
from streamtools.testing.result import Result, read_result
from streamtools.testing.runner import Runner, choose_seed


def run(
    job: Job | Steps,
    inputs: Inputs | None = None,
    *,
    options: Mapping[str, object] | None = None,
    conf: Mapping[str, object] | None = None,
    files: Mapping[str, Content] | None = None,
    reduces: int | None = None,
    seed: int | None = None,
) -> Result:
    """Run a job or the steps of a flow over a small input, in this process; return the typed result.

    inputs: a text, or its lines; a pathlib.Path, or several; or a dictionary of these by the names that
    @job.map("NAME") sees. options: values of the job's options, {"most": 3}. conf: properties of Hadoop, over those of
    the job. files: what the job opens, name -> text, lines or Path; it runs in a directory that has these and nothing
    else. reduces: number of reduce tasks; without it at least 2, but as many as the job says if its reducer sees all
    groups of a task. seed: of the order of the values of each key; without it each run has another, shown when a test
    fails.

    The code is that of st-run: types, splits, partitions, order, counters. A job that has a combiner is run with it and
    without. What functions keep in global variables lives on from task to task and run to run.

    Raises what a function of the job raises; JobFailed for a record that does not parse or cannot be written;
    AssertionError if the combiner changes the result; UsageError for arguments that cannot be.

    >>> from streamtools import Job
    >>> job = Job()
    >>> lengths = job.map(lambda line: [(word, str(len(word))) for word in line.split()])
    >>> run(job, "to be or not").lines
    ['to\\t2', 'be\\t2', 'or\\t2', 'not\\t3']
    """
    __tracebackhide__ = True  # of pytest
    request, runner = Request(job, inputs, options or {}, conf or {}, files or {}, reduces), Runner(choose_seed(seed))
    return runner.attempt(lambda: _run(request, runner))


def _run(request: Request, runner: Runner) -> Result:
    with prepared(request) as place:
        run_all(request, place, runner)
        return read_result(place.output, request.types, runner.ran, runner.seed)


def run_all(request: Request, place: Place, runner: Runner) -> None:
    """Run a job, or all steps of a flow, where it is prepared."""
    runner.folder, runner.builtin = place.folder, _find_stages(request.jobs, runner.failed)
    if isinstance(request.job, Steps):
        from streamtools.testing.steps import run_steps

        run_steps(*request.job.flow([]), place, runner)
    else:
        runner.run(build_job(parse([*request.job.command_line(), *place.words])))


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
