"""Steps in groups: those that are repeated together, in rounds, and each of the others alone.

round 1:   init -> assign -> update        from round 2 on:   update of the round before -> assign -> update
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from streamtools.errors import UsageError
from streamtools.launch.flow.step import Repeat, Source, Step


@dataclass(frozen=True)
class Group:
    """Steps that run one after another: several only if they are repeated together."""

    steps: tuple[Step, ...]
    repeat: Repeat | None = None

    @property
    def names(self) -> list[str]:
        """The names of its steps, in order."""
        return [step.name for step in self.steps]

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"step{'s' if len(self.steps) > 1 else ''} {', '.join(self.names)}"


def group_steps(steps: Sequence[Step]) -> list[Group]:
    """Return connected steps in groups. Raises UsageError for a repetition that cannot be."""
    groups: list[Group] = []
    for step in steps:
        if not step.repeat:
            groups.append(Group((step,)))
            continue
        start = len(groups) + 1 - step.repeat.span  # before a group of its own, each step is alone
        earlier = groups[max(start, 0) :]
        for group in earlier:
            if group.repeat:
                problem = f"{group.title} cannot be repeated within another repetition"
                raise UsageError(step.place or f"step {step.name}", problem, "repeat steps that are not repeated")
        group = Group((*(each for group in earlier for each in group.steps), step), step.repeat)
        _check_repeat(group, step.repeat, step.place or f"step {step.name}")
        groups[max(start, 0) :] = [group]
    return groups


def _check_repeat(group: Group, repeat: Repeat, place: str) -> None:
    if repeat.most < 1:
        raise UsageError(place, f"cannot repeat a step {repeat.most} times", "give most = 1 or more")
    if repeat.replaces:
        sources = [source for step in group.steps for source in (*(step.inputs or ()), *step.files)]
        names = [name for source in sources for name in (source.step, source.path) if name and name not in group.names]
        if repeat.replaces not in names:
            verb = "does" if len(group.steps) == 1 else "do"
            problem = f"{group.title} {verb} not read {repeat.replaces!r}, which the output of a round is to replace"
            raise UsageError(place, problem, f"name one of {', '.join(dict.fromkeys(names))}")


def sources_in_round(group: Group, step: Step, number: int) -> tuple[tuple[Source, ...], tuple[Source, ...]]:
    """Return inputs and files of a step in a round, counted from 1.

    From the second round on, the output that the last step of the group had in the round before takes the place of what
    `replaces` names; without it, of the steps that the first step of the group reads, or else of all its inputs.
    """
    inputs, files = step.inputs or (), step.files
    if group.repeat is None or number == 1:
        return inputs, files
    replaced, last = group.repeat.replaces, group.steps[-1].name

    def is_replaced(source: Source) -> bool:
        if replaced:
            return replaced in (source.path, source.step)
        return step is group.steps[0] and (bool(source.step) or not any(other.step for other in inputs))

    def turn(source: Source) -> Source:
        return replace(source, path="", step=last, is_of_round_before=True) if is_replaced(source) else source

    return tuple(dict.fromkeys(map(turn, inputs))), tuple(map(turn, files)) if replaced else files
