"""The steps of a flow, run on this machine."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from streamtools.errors import CannotCreateError, UsageError, in_words
from streamtools.inputs.locations import is_remote
from streamtools.java.globs import split_at_commas
from streamtools.job import CommandLine, Job, build_job
from streamtools.launch import here
from streamtools.launch.flow.commands import to_words
from streamtools.launch.flow.places import Ran
from streamtools.launch.storage.file_systems import LocalStorage
from streamtools.launch.storage.publishing import locked
from streamtools.launch.telling.report import ReportPage
from streamtools.launch.telling.summary import summarize
from streamtools.local.input.input_files import absolute, input_files
from streamtools.local.recovery.fingerprints import digest_inputs, job_fingerprint
from streamtools.local.recovery.state import State
from streamtools.local.stages.environment import environment
from streamtools.local.stages.preflight import inspect_job
from streamtools.scratch.directories import default_parent, dispose, empty, place_of, sweep
from streamtools.scratch.locking import LOCK, take


class ThisMachine:
    """This machine as the place of steps. request: as for one job; least_tasks: of maps and reduces."""

    def __init__(self, request: here.Request, least_tasks: tuple[int, int] = (0, 0)) -> None:
        self.storage = LocalStorage()
        self.request, self.least_tasks = request, least_tasks
        self.work = ""

    @contextmanager
    def open(self, path: str, output: str) -> Iterator[None]:
        """Own the directory of intermediate data, and one for what unfinished tasks leave."""
        base = self.request.settings.work_directory or default_parent()
        self.work = place_of(absolute(path), base, "flow")
        sweep(base)
        try:
            os.makedirs(path, exist_ok=True)
            with locked(path, output), self._work():
                yield
        finally:
            with suppress(OSError):  # there is something left, for --resume
                os.rmdir(path)

    @contextmanager
    def _work(self) -> Iterator[None]:
        """Own the directory for what unfinished tasks leave; it goes away with the last of that."""
        try:
            lock = take(self.work)
        except OSError as error:
            raise CannotCreateError(self.work, in_words(error), "name another --work-dir") from None
        try:
            if not self.request.settings.resume:
                empty(self.work)
            yield
        finally:
            if os.listdir(self.work) == [LOCK]:
                dispose(self.work)
            os.close(lock)

    @property
    def page(self) -> ReportPage | None:
        """The page about the run, if one is wanted."""
        return self.request.page

    def add_files(self, line: CommandLine, files: Mapping[str, str]) -> CommandLine:
        """Ship the outputs of steps with -files."""
        if not files:
            return line
        given = line.first("files")
        items = [*([given] if given else []), *(f"{path}#{link}" for link, path in files.items())]
        others = [item for item in line.generic if item[0] != "files"]
        return line.with_generic([*others, ("files", ",".join(items))])

    def check(self, line: CommandLine) -> str:
        """Check the job, and that its commands can be started."""
        job, settings = self._build(line), self.request.settings
        variables = environment(job, {}, settings.programs)
        for finding in inspect_job(job, variables, [1], settings.builtin):
            if finding.is_fatal:
                raise UsageError(finding.place, finding.problem, finding.remedy)
        return job_fingerprint(job, variables["PATH"], settings.shuffle_values)

    def check_inputs(self, line: CommandLine, inputs: Sequence[str]) -> str:
        """Check that inputs exist: now, and not when the steps before have run. Return a digest of what they hold."""
        paths = [path for value in inputs for path in split_at_commas(value)]
        if given := tuple(path for path in paths if not is_remote(path)):
            input_files(replace(self._build(line), inputs=given))
        return digest_inputs(paths)

    def run(self, line: CommandLine, *, resume: bool) -> Ran:
        """Run the job, and say its counters."""
        job = self._build(line)
        for warning in job.warnings:
            here.say(warning)
        resume = resume and State(place_of(absolute(job.output), self.work)).began
        if not resume:
            self.storage.remove(job.output)
        settings = replace(self.request.settings, resume=resume, work_directory=self.work)
        page = self.request.page
        if page:
            page.title = os.path.basename(job.output)
        outcome, _ = here.execute(job, replace(self.request, settings=settings))
        if not self.request.quiet:
            summarize(job, outcome, settings, here.say, all_counters=self.request.all_counters)
        if page:
            page.finished.append((page.title, outcome.history))
        return Ran(0 if outcome.succeeded else 1, outcome.counters, outcome.history)

    def describe(self, line: CommandLine) -> str:
        """Return the st-run command."""
        return shlex.join(["st-run", *to_words(line)])

    def describe_end(self, new: str, output: str, folder: str) -> list[str]:
        """Return commands of the shell."""
        return [shlex.join(["mv", new, output]), shlex.join(["rm", "-r", folder])]

    def _build(self, line: CommandLine) -> Job:
        return build_job(line, least_tasks=self.least_tasks)
