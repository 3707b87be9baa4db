"""assert_same_as_hadoop: a job or flow here and by a real Hadoop, compared."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import NoReturn

from streamtools.api.flow import Steps
from streamtools.api.job import Job
from streamtools.api.job_file import is_job_file
from streamtools.cluster.places.installation import find_jar_beside, find_program, hadoop_command
from streamtools.cluster.shipment.needs import Nodes
from streamtools.errors import JobFailed, UnavailableError, UsageError
from streamtools.job import CommandLine, build_job, parse
from streamtools.launch.flow.counted import OF_HADOOP
from streamtools.launch.flow.hadoop_place import Hadoop
from streamtools.launch.flow.places import Ran
from streamtools.launch.flow.runner import FlowRun
from streamtools.launch.flow.runner import Request as FlowRequest
from streamtools.launch.place import ClusterOptions, Say
from streamtools.launch.storage.file_systems import LocalStorage
from streamtools.launch.submission import submit
from streamtools.testing.comparison import find_difference
from streamtools.testing.inputs import Content, Inputs
from streamtools.testing.jobs import run_all
from streamtools.testing.preparation import Place, Request, prepared
from streamtools.testing.result import Result, read_result
from streamtools.testing.runner import Runner

LOCAL_MODE = ("-D", "fs.defaultFS=file:///", "-D", "mapreduce.framework.name=local")


def assert_same_as_hadoop(
    job: Job | Steps,
    inputs: Inputs | None = None,
    *,
    options: Mapping[str, object] | None = None,
    conf: Mapping[str, object] | None = None,
    files: Mapping[str, Content] | None = None,
    reduces: int | None = None,
) -> Result:
    """Run a job or flow in this process and by a real Hadoop; return the result if it is the same.

    The Hadoop is that of `st-run --on hadoop`: of HADOOP_HOME, or on PATH. It runs in its local mode, in one JVM with
    this machine's files, whatever cluster it is configured for; each job takes some seconds. The job has to be in a
    file that ends with job.main(), as its commands call it. The arguments are those of `run`.

    Raises AssertionError if part files differ other than in the order of their lines, or counters of the job;
    JobFailed if the job fails there; what `run` raises if it fails here. Where there is no Hadoop it raises
    unittest.SkipTest, by which pytest and unittest skip the test.
    """
    __tracebackhide__ = True  # of pytest
    hadoop, runner = _find_hadoop(), Runner(None)
    request = Request(job, inputs, options or {}, conf or {}, files or {}, reduces, by_blocks=True)
    return runner.attempt(lambda: _run_both(request, runner, hadoop))


def _run_both(request: Request, runner: Runner, hadoop: str) -> Result:
    _check_file(request)
    with prepared(request) as place:
        run_all(request, place, runner)
        there = replace(place, output=f"{place.output}-of-hadoop")
        counters = _run_there(request, there, hadoop)
        _compare(place.output, there.output, runner.ran.counters, counters)
        return read_result(place.output, request.types, runner.ran, None)


def _find_hadoop() -> str:
    """Return the hadoop command. Raises SkipTest if there is none, or it has no streaming jar."""
    try:
        hadoop = find_program(hadoop_command(""))
        find_jar_beside(hadoop)
    except UnavailableError as error:
        _skip(error)
    return hadoop


def _skip(error: UnavailableError) -> NoReturn:
    from unittest import SkipTest

    raise SkipTest(f"{error.place}: {error.problem}; set HADOOP_HOME") from None


def _check_file(request: Request) -> None:
    for job in request.jobs:
        if not (job.setting.source and is_job_file(job.setting.source)):
            remedy = 'end it with `if __name__ == "__main__": job.main()`'
            raise UsageError(job.setting.source or "job", "is not a file that Hadoop can call as the job's", remedy)


def _run_there(request: Request, place: Place, hadoop: str) -> Mapping[tuple[str, str], int] | None:
    """Run a job or flow by Hadoop; return its counters, those of all steps together, None without a log of the client.

    Raises JobFailed.
    """
    said: list[str] = []
    options = ClusterOptions(nodes=Nodes(version=sys.version_info[:2], python=sys.executable), hadoop=hadoop)
    counters: Mapping[tuple[str, str], int] | None
    if isinstance(request.job, Steps):
        flow, rest = request.job.flow([])
        common = parse([*LOCAL_MODE, *rest, *place.words])
        steps = _LocalMode(options, common, said.append)
        succeeded, counters = FlowRun(flow, FlowRequest(common), steps, said.append).run(), steps.counters
    else:
        words = [*LOCAL_MODE, *request.job.command_line(), *place.words]
        status, counters = submit(build_job(parse(words), java=True), "hadoop", options, said.append)
        succeeded = status == 0
    if not succeeded:
        raise JobFailed("on Hadoop", "\n".join(said))
    return counters


class _LocalMode(Hadoop):
    """Hadoop's local mode as the place of steps: the files are this machine's. counters: those of all steps."""

    def __init__(self, options: ClusterOptions, common: CommandLine, say: Say) -> None:
        super().__init__(options, common, say)
        self.storage = LocalStorage()
        self.counters: Counter[tuple[str, str]] = Counter()

    def run(self, line: CommandLine, *, resume: bool) -> Ran:
        """Run the job of a round."""
        ran = super().run(line, resume=resume)
        self.counters.update(ran.counters or {})
        return ran


def _compare(
    here: str, there: str, mine: Mapping[tuple[str, str], int], theirs: Mapping[tuple[str, str], int] | None
) -> None:
    """Raise AssertionError for what is not the same: directories with part files, counters of the job's own."""
    if difference := find_difference(here, there, ("here", "by Hadoop")):
        raise AssertionError(difference)
    for group, name in sorted({*mine, *(theirs or mine)}):
        amounts = [counters.get((group, name), 0) for counters in (mine, theirs or mine)]
        if group.strip() not in OF_HADOOP and amounts[0] != amounts[1]:
            raise AssertionError(f"counter {group}, {name}: {amounts[0]:,} here, {amounts[1]:,} by Hadoop")
