"""A job of several steps as a value; TOML files and the Python API make it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from streamtools.errors import UsageError
from streamtools.job import CommandLine

Counters = Counter[tuple[str, str]]  # (group, name) -> amount; 0 for what nobody has counted
Until = Callable[[Counters, int], bool]  # the counters of a round, its number from 1 -> whether it was the last


@dataclass(frozen=True)
class Source:
    """Data that a step reads: a path, or the output of the step of that name.

    link: of a file that is shipped, its name in the task; "" for an input, and for a name that follows from the path.
    """

    path: str = ""
    step: str = ""
    link: str = ""


@dataclass(frozen=True)
class Repeat:
    """Repeat a step until a condition holds, at most so often.

    replaces: the path or step in whose place the step reads its own output from the second round on; "" for the steps
    that it reads, or all its inputs if there are none. shown: the condition for a person.
    """

    until: Until
    most: int
    replaces: str = ""
    shown: str = "the condition holds"


@dataclass(frozen=True)
class Step:
    """One job. line: its options as Hadoop spells them, without inputs, output, and what earlier steps give.

    inputs: what it reads; None for the output of the step before, or -input of the whole for the first step.
    files: what earlier steps give as files in the tasks' directories. place: where it is written, for messages.
    """

    name: str
    line: CommandLine
    inputs: tuple[Source, ...] | None = None
    files: tuple[Source, ...] = ()
    repeat: Repeat | None = None
    place: str = ""

    @property
    def needs(self) -> list[str]:
        """The names of the steps whose output it reads."""
        return [source.step for source in (*(self.inputs or ()), *self.files) if source.step]


@dataclass(frozen=True)
class Flow:
    """Steps in order. name: of the file or program that they are from; output: where the results go, "" if not told."""

    name: str
    steps: tuple[Step, ...]
    output: str = ""
    help: str = ""

    def index(self, name: str, option: str) -> int:
        """Return the position of a step. Raises UsageError if there is none of that name."""
        names = [step.name for step in self.steps]
        if name not in names:
            raise UsageError(f"{option} {name}", f"{self.name} has no such step", f"use one of {', '.join(names)}")
        return names.index(name)


def with_defaults(flow: Flow, generic: Sequence[tuple[str, str]]) -> Flow:
    """Return a flow in which generic options stand before those of each step, which win."""
    steps = [replace(step, line=step.line.with_generic([*generic, *step.line.generic])) for step in flow.steps]
    return replace(flow, steps=tuple(steps))


def connect(flow: Flow, inputs: Sequence[str]) -> Flow:
    """Return a flow in which each step knows what it reads. inputs: paths for a first step that names none.

    Raises UsageError for a step without name or twice, or one that reads what is not there before it.
    """
    steps: list[Step] = []
    taken = False
    for step in flow.steps:
        place = step.place or step.name
        before = [earlier.name for earlier in steps]
        if step.name in before:
            raise UsageError(place, f"there is another step {step.name!r}", "give each step a name of its own")
        if step.inputs is None:
            taken = taken or not steps
            own = [Source(step=before[-1])] if before else [Source(path) for path in inputs]
            if not own:
                raise UsageError(place, f"step {step.name!r} has no input", "write it there, or give -input")
            step = replace(step, inputs=tuple(own))
        for name in step.needs:
            if name not in before:
                remedy = f"use one of {', '.join(before)}" if before else "the first step has none before it"
                raise UsageError(place, f"step {step.name!r} reads {name!r}, which is no step before it", remedy)
        _check_repeat(step, place)
        steps.append(step)
    if inputs and not taken:
        raise UsageError("-input", f"the first step of {flow.name} names its input", "leave one of them out")
    return replace(flow, steps=tuple(steps))


def _check_repeat(step: Step, place: str) -> None:
    if step.repeat and step.repeat.most < 1:
        raise UsageError(place, f"cannot repeat a step {step.repeat.most} times", "give most = 1 or more")
    if step.repeat and step.repeat.replaces:
        sources = [
            name for source in (*(step.inputs or ()), *step.files) for name in (source.step, source.path) if name
        ]
        if step.repeat.replaces not in sources:
            problem = f"step {step.name!r} does not read {step.repeat.replaces!r}, which its output is to replace"
            raise UsageError(place, problem, f"name one of {', '.join(sources)}")


def sources_in_round(step: Step, number: int) -> tuple[tuple[Source, ...], tuple[Source, ...]]:
    """Return inputs and files of a step in a round, counted from 1; its own name stands for the round before."""
    inputs, files = step.inputs or (), step.files
    if step.repeat is None or number == 1:
        return inputs, files
    replaced = step.repeat.replaces

    def is_replaced(source: Source) -> bool:
        if replaced:
            return replaced in (source.path, source.step)
        return bool(source.step) or not any(other.step for other in inputs)

    new_inputs = tuple(dict.fromkeys(Source(step=step.name) if is_replaced(each) else each for each in inputs))
    new_files = tuple(
        Source(step=step.name, link=each.link) if replaced and is_replaced(each) else each for each in files
    )
    return new_inputs, new_files
