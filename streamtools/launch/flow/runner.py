"""The steps of a flow, one after another, from the first that is not done to the results in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from streamtools.errors import DataError, StreamtoolsError, UsageError
from streamtools.job import CommandLine, Refused, launch_refused
from streamtools.launch.flow.commands import check_common, complete_line
from streamtools.launch.flow.counted import Counted, add_up
from streamtools.launch.flow.folder import Done, Folder
from streamtools.launch.flow.places import StepPlace
from streamtools.launch.flow.rounds import Group, group_steps, sources_in_round
from streamtools.launch.flow.step import Flow, Repeat, Source, Step, connect
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
        self.groups = group_steps(self.flow.steps)
        self.request, self.place, self.say = request, place, say
        self.output = common.one("output") or flow.output
        if not self.output:
            raise UsageError(flow.name, "has no output", "give -output DIR")
        self.folder = Folder(place.storage, beside(self.output, "steps"))
        self.report = Report()

    def show(self) -> str:
        """Return the commands of the steps to run, two rounds of what is repeated, for a dry run."""
        first, end = self._range()
        lines = [line for group in self.groups[first:end] for line in self._show(group)]
        if end == len(self.groups):
            new = self._output(self.flow.steps[-1].name)
            lines += self.place.describe_end(new, self.output, self.folder.path)
        return "\n".join([*lines, ""])

    def _show(self, group: Group) -> Iterator[str]:
        if group.repeat:
            yield f"# {group.title}: repeated until {group.repeat.shown}, at most {group.repeat.most} times"
        for step in group.steps:
            yield self.place.describe(self._line(group, step, 1))
        if group.repeat and group.repeat.most > 1:
            yield "# the second round, and so on:"
            for step in group.steps:
                yield f"# {self.place.describe(self._line(group, step, 2))}"

    def run(self) -> bool:
        """Run the steps; return whether all that were to run succeeded. Raises StreamtoolsError before any work."""
        fingerprints = self._check()
        first, end = self._range()
        if end == len(self.groups):
            self._check_output()
        with self.place.open(self.folder.path, self.output):
            self.folder.load()
            if not (self.request.resume or self.request.only or self.request.start):
                self._clean()
            for group in self.groups[first:end]:
                if not self._run_group(group, fingerprints):
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
                line = complete_line(step, self.request.common, inputs or ["."], self.output)
                own = self.place.check(line) + self.place.check_inputs(line, inputs)
            except Refused as error:
                problem = error.problem.removeprefix("Error Launching job : ")
                raise UsageError(step.place or step.name, f"step {step.name!r}: {problem}", error.remedy) from None
            except StreamtoolsError as error:
                error.place = ": ".join(filter(None, (step.place, error.place)))
                raise
            how = (step.repeat.replaces, step.repeat.span) if step.repeat else None
            digests[step.name] = digest(own, step.inputs, step.files, how, [digests[name] for name in step.needs])
        return digests

    def _range(self) -> tuple[int, int]:
        """Return the positions of the groups of steps to run, from and to."""
        if self.request.only:
            first = self._position(self.request.only, "--step")
            return first, first + 1
        return (self._position(self.request.start, "--from") if self.request.start else 0), len(self.groups)

    def _position(self, name: str, option: str) -> int:
        """Return the position of a group by its first step. Raises UsageError if that is none."""
        step = self.flow.steps[self.flow.index(name, option)]
        position = next(number for number, group in enumerate(self.groups) if step in group.steps)
        first = self.groups[position].steps[0].name
        if name != first:
            raise UsageError(f"{option} {name}", f"is repeated together with {first}", f"use {option} {first}")
        return position

    def _clean(self) -> None:
        if self.folder.done:
            steps = ", ".join(self.folder.done)
            self.say(f"{self.folder.path}: removed {steps} of an earlier run; --resume would have kept that")
        self.folder.forget(self.flow.steps)

    def _run_group(self, group: Group, fingerprints: Mapping[str, str]) -> bool:
        """Run steps, all their rounds that are not done; return whether they succeeded."""
        self._take_over(group, fingerprints)
        number = max(1, min(map(self.folder.rounds, group.steps)))
        has_run = False
        while True:
            for step in group.steps:
                if self.folder.rounds(step) < number:
                    has_run = True
                    counters = self._run_round(group, step, number)
                    if counters is None:
                        return False
                    earlier = self.folder.done.get(step.name)
                    counters = counters.after(earlier.counters if earlier else ())
                    self.folder.keep(step, Done(fingerprints[step.name], number, counters))
            if number > 1 and not self.request.keep:
                for step in group.steps:
                    self.place.storage.remove(self.folder.output(step.name, number - 1))
            if group.repeat is None or self._is_last(group, group.repeat, number):
                break
            number += 1
        self.folder.complete(group.steps)
        if not has_run:
            self.say(f"{group.title} {'were' if len(group.steps) > 1 else 'was'} done already")
        return True

    def _run_round(self, group: Group, step: Step, number: int) -> Counted | None:
        """Run one job; return its counters, None if it failed."""
        self._check_needs(group, step)
        title = f"step {step.name}" + (f", round {number}" if group.repeat else "")
        self.say(title)
        ran = self.place.run(self._line(group, step, number), resume=self.request.resume)
        if ran.history:
            self.report.histories.append((title, ran.history))
        if ran.status:
            self.say(f"{title} failed")
            return None
        if group.repeat and ran.counters is None:
            remedy = "let its logging show INFO of mapreduce.Job"
            raise DataError(title, "the job client's output has no counters, which decide the repetition", remedy)
        return Counted(dict(ran.counters or {}))

    def _take_over(self, group: Group, fingerprints: Mapping[str, str]) -> None:
        """Leave what an earlier run has done of a group, if it is wanted and still holds; else remove that."""
        done = [self.folder.done.get(step.name) for step in group.steps]
        pairs = zip(group.steps, done, strict=True)
        holds = all(each is None or each.fingerprint == fingerprints[step.name] for step, each in pairs)
        if not (self.request.resume and holds):  # what a task of an unfinished job has done may still be of use, too
            self.folder.forget(group.steps)

    def _is_last(self, group: Group, repeat: Repeat, number: int) -> bool:
        counters = add_up(self.folder.done[step.name].counters for step in group.steps)
        try:
            if repeat.until(counters, number):
                return True
        except StreamtoolsError as error:
            error.place = error.place or f"{group.steps[-1].place or self.flow.name}: {group.title}"
            self._leave()
            raise
        if number >= repeat.most:
            self.say(f"{group.title}: ended after {number} rounds, before {repeat.shown}")
            return True
        return False

    def _check_needs(self, group: Group, step: Step) -> None:
        for name in step.needs:
            done = self.folder.done.get(name)
            if name not in group.names and not (done and done.complete):
                first = self._group_of(name).steps[0].name
                problem = f"reads step {name}, which is not done"
                raise UsageError(f"step {step.name}", problem, f"run --step {first} first")

    def _line(self, group: Group, step: Step, number: int) -> CommandLine:
        """Return the command line of a round of a step."""
        inputs, files = sources_in_round(group, step, number)
        line = complete_line(
            step,
            self.request.common,
            [self._path(source, group, number) for source in inputs],
            self._output(step.name, number),
        )
        return self.place.add_files(line, {each.link: self._path(each, group, number) for each in files})

    def _path(self, source: Source, readers: Group, number: int) -> str:
        if not source.step:
            return source.path
        if source.step in readers.names:
            return self._output(source.step, number - source.is_of_round_before)
        return self._output(source.step)

    def _output(self, name: str, number: int = 0) -> str:
        """Return the path of the output of a round of a step; 0 for the last one."""
        repeat = self._group_of(name).repeat
        if repeat is None:
            return self.folder.output(name)
        done = self.folder.done.get(name)
        return self.folder.output(name, number or (done.rounds if done else repeat.most))  # none is done in a dry run

    def _group_of(self, name: str) -> Group:
        return next(group for group in self.groups if name in group.names)

    def _finish(self, end: int) -> None:
        """Put the output of the last step into its place, and remove the rest."""
        if end == len(self.groups):
            last = self.flow.steps[-1]
            publish(self.place.storage, self._output(last.name), self.output, overwrite=self.request.overwrite)
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
