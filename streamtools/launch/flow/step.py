"""A job of several steps as a value; TOML files and the Python API make it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from streamtools.errors import UsageError
from streamtools.job import CommandLine
from streamtools.launch.flow.counted import Counted

Until = Callable[[Counted, int], bool]  # the counters of a round, its number from 1 -> whether it was the last


@dataclass(frozen=True)
class Source:
    """Data that a step reads: a path, or the output of the step of that name.

    link: of a file that is shipped, its name in the task; "" for an input, and for a name that follows from the path.
    is_of_round_before: of a step that is repeated with the reader, the output of the round before.
    """

    path: str = ""
    step: str = ""
    link: str = ""
    is_of_round_before: bool = False


COMMON_INPUT = Source("-input")  # stands for what the command line gives


@dataclass(frozen=True)
class Repeat:
    """Repeat a step, and steps before it, until a condition holds, at most so often.

    replaces: the path or step in whose place the step's output is read from the second round on; "" for the steps that
    the first one reads, or all its inputs if there are none. shown: the condition for a person. span: how many steps
    are repeated together, up to this one.
    """

    until: Until
    most: int
    replaces: str = ""
    shown: str = "the condition holds"
    span: int = 1


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

    A later step reads them, too, if it names "-input" among its inputs. Raises UsageError for a step without name or
    twice, or one that reads what is not there before it.
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
        elif COMMON_INPUT in step.inputs:
            if not inputs:
                raise UsageError(place, f"step {step.name!r} reads -input, which is not given", "add -input PATH")
            taken = True
            given = [[Source(path) for path in inputs] if each == COMMON_INPUT else [each] for each in step.inputs]
            step = replace(step, inputs=tuple(source for sources in given for source in sources))
        for name in step.needs:
            if name not in before:
                remedy = f"use one of {', '.join(before)}" if before else "the first step has none before it"
                raise UsageError(place, f"step {step.name!r} reads {name!r}, which is no step before it", remedy)
        steps.append(step)
    if inputs and not taken:
        remedy = 'leave one of them out, or name the input "-input" there'
        raise UsageError("-input", f"the first step of {flow.name} names its input", remedy)
    return replace(flow, steps=tuple(steps))
