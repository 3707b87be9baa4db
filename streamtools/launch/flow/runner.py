"""The steps of a flow, one after another, from the first that is not done to the results in their place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from streamtools.errors import DataError, StreamtoolsError, UsageError
from streamtools.job import CommandLine, Refused, launch_refused
from streamtools.launch.flow.commands import check_common, complete_line
from streamtools.launch.flow.folder import Done, Folder
from streamtools.launch.flow.places import StepPlace
from streamtools.launch.flow.step import Counters, Flow, Source, Step, connect, sources_in_round
from streamtools.launch.storage.publishing import beside, check_replaceable, publish
from streamtools.local.recovery.fingerprints import digest
from streamtools.local.reporting.history import History

Say = Callable[[str], object]


@dataclass(frozen=True)
class Request:
    """What to run of a flow.

    common: the options of the command line, for all steps. resume: go on with what an earlier run has done; only: the
    name of the one step to run; start: that of the first. keep: leave intermediate data. overwrite: replace the output.
    """

    common: CommandLine
    resume: bool = False
    only: str = ""
    start: str = ""
    keep: bool = False
    overwrite: bool = False


@dataclass
class Report:
    """What happened. histories: (name of the step, its history) of each job that has run."""

    histories: list[tuple[str, History]] = field(default_factory=list)
    succeeded: bool = False


class FlowRun:
    """One run of a flow."""

    def __init__(self, flow: Flow, request: Request, place: StepPlace, say: Say) -> None:
        common = request.common
        check_common(common, flow.name)
        self.flow = connect(flow, common.all("input"))
        self.request, self.place, self.say = request, place, say
        self.output = common.one("output") or flow.output
        if not self.output:
            raise UsageError(flow.name, "has no output", "give -output DIR")
        self.folder = Folder(place.storage, beside(self.output, "steps"))
        self.report = Report()

    def show(self) -> str:
        """Return the commands of all steps, a repeated one once, for a dry run."""
        lines = []
        for step in self.flow.steps:
            if step.repeat:
                lines.append(f"# repeated until {step.repeat.shown}, at most {step.repeat.most} times")
            lines.append(self.place.describe(self._line(step, 1)))
        last = self.flow.steps[-1]
        new = self.folder.output(last, last.repeat.most if last.repeat else 0)
        return "\n".join([*lines, *self.place.describe_end(new, self.output, self.folder.path), ""])

    def run(self) -> bool:
        """Run the steps; return whether all that were to run succeeded. Raises StreamtoolsError before any work."""
        fingerprints = self._check()
        first, end = self._range()
        if end == len(self.flow.steps):
            self._check_output()
        with self.place.open(self.folder.path, self.output):
            self.folder.load()
            if not (self.request.resume or self.request.only or self.request.start):
                self._clean()
            for step in self.flow.steps[first:end]:
                if not self._run_step(step, fingerprints[step.name]):
                    self._leave()
                    return False
            self._finish(end)
        self.report.succeeded = True
        return True

    def _check_output(self) -> None:
        if self.request.overwrite:
            check_replaceable(self.place.storage, self.output)
        elif self.place.storage.exists(self.output):
            raise launch_refused(f"Output directory {self.output} already exists", "name another, or add --overwrite")

    def _check(self) -> dict[str, str]:
        """Check the jobs of all steps before the first one runs; return a digest of each step and what it reads."""
        digests: dict[str, str] = {}
        for step in self.flow.steps:
            inputs = [source.path for source in step.inputs or () if source.path]
            try:
                own = self.place.check(complete_line(step, self.request.common, inputs or ["."], self.output))
            except Refused as error:
                problem = error.problem.removeprefix("Error Launching job : ")
                raise UsageError(step.place or step.name, f"step {step.name!r}: {problem}", error.remedy) from None
            except StreamtoolsError as error:
                error.place = ": ".join(filter(None, (step.place, error.place)))
                raise
            digests[step.name] = digest(own, step.inputs, step.files, [digests[name] for name in step.needs])
        return digests

    def _range(self) -> tuple[int, int]:
        """Return the positions of the steps to run, from and to."""
        if self.request.only:
            first = self.flow.index(self.request.only, "--step")
            return first, first + 1
        return (self.flow.index(self.request.start, "--from") if self.request.start else 0), len(self.flow.steps)

    def _clean(self) -> None:
        if self.folder.done:
            steps = ", ".join(self.folder.done)
            self.say(f"{self.folder.path}: removed {steps} of an earlier run; --resume would have kept that")
        self.folder.forget(self.flow.steps)

    def _run_step(self, step: Step, fingerprint: str) -> bool:
        """Run a step, all its rounds that are not done; return whether it succeeded."""
        done = self._take_over(step, fingerprint)
        number = done.rounds if done else 0
        if done and (step.repeat is None or self._is_last(step, done.counters, number)):
            self.folder.keep(step, replace(done, complete=True))
            self.say(f"step {step.name} was done already")
            return True
        self._check_needs(step)
        is_last = False
        while not is_last:
            number += 1
            counters = self._run_round(step, number)
            if counters is None:
                return False
            is_last = step.repeat is None or self._is_last(step, counters, number)
            self.folder.keep(step, Done(fingerprint, number, counters, is_last))
            if number > 1 and not self.request.keep:
                self.place.storage.remove(self.folder.output(step, number - 1))
        return True

    def _run_round(self, step: Step, number: int) -> Counters | None:
        """Run one job; return its counters, None if it failed."""
        title = f"step {step.name}" + (f", round {number}" if step.repeat else "")
        self.say(title)
        ran = self.place.run(self._line(step, number), resume=self.request.resume)
        if ran.history:
            self.report.histories.append((title, ran.history))
        if ran.status:
            self.say(f"{title} failed")
            return None
        if step.repeat and ran.counters is None:
            remedy = "let its logging show INFO of mapreduce.Job"
            raise DataError(title, "the job client's output has no counters, which decide the repetition", remedy)
        return Counters(dict(ran.counters or {}))

    def _take_over(self, step: Step, fingerprint: str) -> Done | None:
        """Return what an earlier run has done of a step, if it is wanted and still holds; else remove that."""
        done = self.folder.done.get(step.name)
        if self.request.resume and (done is None or done.fingerprint == fingerprint):
            return done  # what a task of an unfinished job has done may still be of use, too
        self.folder.forget([step])
        return None

    def _is_last(self, step: Step, counters: Counters, number: int) -> bool:
        assert step.repeat
        if step.repeat.until(counters, number):
            return True
        if number >= step.repeat.most:
            self.say(f"step {step.name}: ended after {number} rounds, before {step.repeat.shown}")
            return True
        return False

    def _check_needs(self, step: Step) -> None:
        for name in step.needs:
            done = self.folder.done.get(name)
            if not (done and done.complete):
                raise UsageError(
                    f"step {step.name}", f"reads step {name}, which is not done", f"run --step {name} first"
                )

    def _line(self, step: Step, number: int) -> CommandLine:
        """Return the command line of a round of a step."""
        inputs, files = sources_in_round(step, number)
        line = complete_line(
            step,
            self.request.common,
            [self._path(source, step, number) for source in inputs],
            self.folder.output(step, number),
        )
        return self.place.add_files(line, {each.link: self._path(each, step, number) for each in files})

    def _path(self, source: Source, reader: Step, number: int) -> str:
        if not source.step:
            return source.path
        if source.step == reader.name:
            return self.folder.output(reader, number - 1)
        step = self.flow.steps[self.flow.index(source.step, "step")]
        if step.repeat and source.step not in self.folder.done:  # in a dry run
            return self.folder.output(step, step.repeat.most)
        return self.folder.output(step)

    def _finish(self, end: int) -> None:
        """Put the output of the last step into its place, and remove the rest."""
        if end == len(self.flow.steps):
            last = self.flow.steps[-1]
            publish(self.place.storage, self.folder.output(last), self.output, overwrite=self.request.overwrite)
            self.folder.forget([last])
        if self.request.keep or self.request.only:
            self.say(f"{self.folder.path} keeps the output of {', '.join(self.folder.done) or 'no step'}")
        else:
            self.place.storage.remove(self.folder.path)

    def _leave(self) -> None:
        if done := len(self.folder.done):
            steps = "1 step is" if done == 1 else f"{done} steps are"
            self.say(f"{steps} kept in {self.folder.path}; continue with the same command and --resume")
        else:
            self.say("continue with the same command and --resume")
