"""steps and repeat: jobs one after another, each reading what an earlier one has written.

flow = steps(count, repeat(rank, until=lambda counters, n: not counters["rank", "changed"], most=30), top)

if __name__ == "__main__":
    flow.main()                   # python flow.py run -input ... -output ...
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, NoReturn, Union

from streamtools.api.failures import user_frames
from streamtools.api.job import Job
from streamtools.api.main import help_page, main, run_guarded
from streamtools.errors import StreamtoolsError, UsageError

if TYPE_CHECKING:
    from streamtools.api.result import Result
    from streamtools.api.run import Inputs, Path
    from streamtools.launch.flow.counted import Counted
    from streamtools.launch.flow.step import Flow, Source, Step

Until = Callable[["Counted", int], object]


class Part(NamedTuple):
    """A job as a step. inputs: None for the output of the step before; files: name in the task -> step.

    earlier: the steps before it that are repeated together with it.
    """

    job: Job
    inputs: Sequence[Union[str, Job]] | None = None
    files: Mapping[str, Job] = {}
    name: str = ""
    until: Until | None = None
    most: int = 1
    replaces: Union[str, Job] = ""
    earlier: tuple[Part, ...] = ()


def step(
    job: Job,
    *,
    inputs: Iterable[Union[str, Job]] | None = None,
    files: Mapping[str, Job] | None = None,
    name: str = "",
) -> Part:
    """Return a job as a step that reads other inputs than the output of the step before.

    inputs: paths, jobs that are steps before it, and "-input" for those of the command line. files: side data, the
    output of a step before it as a directory of part files: {"ranks": rank} is opened as "ranks/part-00000". name:
    instead of the variable that holds the job.
    """
    return Part(job, None if inputs is None else list(inputs), dict(files or {}), name)


def repeat(*parts: Union[Job, Part], until: Until, most: int, replaces: Union[str, Job] = "") -> Part:
    """Return a step, or several that run one after another, repeated until a condition holds, at most so often.

    until: called after each round with what its tasks have counted, by (group, name), and with the number of the round
    from 1. A counter that no round has counted is refused by name; `counters.get((group, name), 0)` is not. replaces:
    the input or side data in whose place the output of the last step comes from the second round on; without it, the
    steps that the first one reads, or all its inputs if there are none.

    Raises UsageError if one of the steps is a repetition itself.
    """
    if most < 1:
        raise UsageError("repeat(...)", f"cannot repeat a step {most} times", "give most=1 or more")
    made = [Part(part) if isinstance(part, Job) else part for part in parts]
    if not made:
        raise UsageError("repeat(...)", "there is no step", "give it jobs")
    if any(part.until for part in made):
        raise UsageError("repeat(...)", "a repetition cannot be repeated", "repeat steps that are not repeated")
    return made[-1]._replace(until=until, most=most, replaces=replaces, earlier=tuple(made[:-1]))


def steps(*parts: Union[Job, Part]) -> Steps:
    """Return jobs that run one after another. The first reads -input, each other one the output of the one before."""
    where = sys._getframe(1).f_globals
    made = [Part(part) if isinstance(part, Job) else part for part in parts]
    return Steps([each for part in made for each in (*part.earlier, part)], where)


class Steps:
    """Jobs one after another. source: the file that makes them; parts: each with a name; doc: the file's docstring."""

    def __init__(self, parts: Iterable[Part], where: Mapping[str, object]) -> None:
        self.source, self.doc = str(where.get("__file__") or ""), str(where.get("__doc__") or "")
        self.parts: dict[str, Part] = {}
        for part in parts:
            name = part.name or next((name for name, value in where.items() if value is part.job), "step")
            if name in self.parts:
                name = next(f"{name}-{number}" for number in range(2, 1000) if f"{name}-{number}" not in self.parts)
            self.parts[name] = part
            if part.job.setting.source == self.source and not part.job.step:
                part.job.step = name  # by which its commands call it: python flow.py NAME map
        if not self.parts:
            raise UsageError("steps()", "there is no step", "give it jobs")

    def find(self, name: str) -> Job | None:
        """Return the job of this file that its commands call by a name."""
        return next((part.job for part in self.parts.values() if part.job.step == name), None)

    def main(self, argv: Sequence[str] | None = None) -> NoReturn:
        """Do what the command line says, a stage of a step or run, and end the process."""
        words = list(sys.argv[1:] if argv is None else argv)
        if words and (job := self.find(words[0])):
            sys.exit(main(job, words[1:]))
        sys.exit(run_guarded(self.source, words, self.describe()))

    def run(
        self,
        inputs: Inputs | None = None,
        output: Path | None = None,
        *,
        options: Mapping[str, object] | None = None,
        conf: Mapping[str, object] | None = None,
        jobs: int | None = None,
        memory: int | str = "512M",
        overwrite: bool = False,
        progress: bool | None = None,
        work_dir: Path | None = None,
    ) -> Result:
        """Run the steps here and now, and return the pairs of the last one, and the counters of all.

        The arguments are those of `Job.run`. inputs: of the first step, if it does not name them. options: of any of
        the jobs. conf: for all of them. Raises as `Job.run`.
        """
        from streamtools.api.run import How, run_flow

        given = dict(options or {})
        made = [part.job for part in self.parts.values()]
        try:
            with ExitStack() as stack:
                for job in {id(job): job for job in made}.values():
                    stack.enter_context(
                        job.options.given({name: given[name] for name in job.options.names & given.keys()})
                    )
                if unknown := [name for name in given if not any(name in job.options.names for job in made)]:
                    raise UsageError(f"options={{{unknown[0]!r}: ...}}", "no such option", "no job declares it")
                flow, _ = self.flow([])
                how = How(jobs, memory, overwrite, progress, work_dir)
                return run_flow(flow, made, inputs, output, how, conf or {})
        except StreamtoolsError as error:
            raise error.with_traceback(None) from None  # the frames below are ours, and tell the user nothing

    def describe(self) -> str:
        """Return the help: the docstring of the file, and the steps."""
        name = self.source.rpartition("/")[2] or "flow.py"
        usage = [
            f"{name} run -input PATH -output DIR [OPTION of st-run]...",
            f"{name} STEP map|combine|reduce < RECORDS",
        ]
        titles = [f"  {title}{_describe_repeat(part)}" for title, part in self.parts.items()]
        options = dict.fromkeys(line for part in self.parts.values() for line in part.job.options.describe())
        return help_page(usage, self.doc, ("Steps", titles), ("Options", list(options)))

    def flow(self, words: Sequence[str]) -> tuple[Flow, list[str]]:
        """Return the steps as the launcher takes them, and the words of a command line that are no options of jobs.

        Raises UsageError for invalid options of a job, or a step that reads a job that is none.
        """
        from streamtools.launch.flow.step import Flow

        jobs = {id(part.job): part.job for part in self.parts.values()}.values()
        rest = list(_common([job.options.take(words) for job in jobs], words))
        made = [self._step(name, part) for name, part in self.parts.items()]
        return Flow(self.source, tuple(made), help=self.doc), rest

    def _step(self, name: str, part: Part) -> Step:
        from streamtools.job import parse
        from streamtools.launch.flow.step import Repeat, Source, Step

        inputs = None if part.inputs is None else tuple(self._source(each, name) for each in part.inputs)
        files = tuple(Source(step=self._source(job, name).step, link=link) for link, job in part.files.items())
        until = part.until
        again = None
        if until is not None:
            replaced = self._source(part.replaces, name)
            decide = partial(_decide, until)
            again = Repeat(decide, part.most, replaced.step or replaced.path, span=1 + len(part.earlier))
        return Step(name, parse(part.job.command_line()), inputs, files, again)

    def _source(self, given: Union[str, Job], reader: str) -> Source:
        from streamtools.launch.flow.step import Source

        if isinstance(given, str):
            return Source(given)
        for name, part in self.parts.items():
            if name == reader:
                break
            if part.job is given:
                return Source(step=name)
        raise UsageError(
            f"step {reader}", f"reads {given.name}, which is no step before it", "give it to steps() first"
        )


def _describe_repeat(part: Part) -> str:
    if not part.until:
        return ""
    together = f" with the {len(part.earlier)} before it" if part.earlier else ""
    return f", repeated{together} at most {part.most} times"


def _decide(until: Until, counters: Counted, number: int) -> bool:
    """Return whether a condition of the user's holds. Raises UsageError, with its line, if it fails."""
    try:
        return bool(until(counters, number))
    except StreamtoolsError as error:
        raise UsageError(_line_of(error), error.problem, error.remedy) from None
    except Exception as error:
        raise UsageError(_line_of(error), f"until= failed: {type(error).__name__}: {error}", "correct it") from error


def _line_of(error: Exception) -> str:
    frames = user_frames(error.__traceback__)
    return f"{frames[-1].tb_frame.f_code.co_filename}:{frames[-1].tb_lineno}" if frames else ""


def _common(left: Sequence[Sequence[str]], words: Sequence[str]) -> Iterator[str]:
    """Yield the words that are in all of some sequences, each of which is `words` without some of them."""
    waiting = [iter(each) for each in left]
    heads = [next(each, None) for each in waiting]
    for word in words:
        kept = [head == word for head in heads]
        heads = [next(each, None) if is_kept else head for each, head, is_kept in zip(waiting, heads, kept)]
        if all(kept):
            yield word
