"""The steps of a flow, each a job in this process."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from streamtools.job import CommandLine, build_job, parse
from streamtools.launch.flow.on_this_machine import ThisMachine
from streamtools.launch.flow.places import Ran
from streamtools.launch.flow.runner import FlowRun, Request
from streamtools.launch.flow.step import Flow
from streamtools.launch.here import Request as LocalRequest
from streamtools.testing.preparation import Place
from streamtools.testing.runner import Runner


def run_steps(flow: Flow, common: Sequence[str], place: Place, runner: Runner) -> None:
    """Run a flow. common: options for all steps. Raises what a job raises."""
    FlowRun(flow, Request(parse([*common, *place.words])), _InThisProcess(runner), lambda _text: None).run()


class _InThisProcess(ThisMachine):
    """This process as the place of steps."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(LocalRequest(runner.settings))
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

    def run(self, line: CommandLine, *, resume: bool) -> Ran:
        """Run the job of a round."""
        job = build_job(line)
        os.makedirs(os.path.dirname(job.output), exist_ok=True)
        return Ran(0, self.runner.run(job).counters)
