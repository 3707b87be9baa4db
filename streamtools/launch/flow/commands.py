"""The command line of one round of a step, and command lines as words again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from streamtools.errors import UsageError
from streamtools.job import CommandLine

if TYPE_CHECKING:
    from streamtools.launch.flow.step import Step

OF_ALL_STEPS = ("input", "output", "cmdenv", "jobconf", "verbose", "debug", "dfs", "additionalconfspec")
OF_LISTS = ("files", "archives", "libjars")  # generic options of which Hadoop takes the first


def check_common(line: CommandLine, file: str) -> None:
    """Raise UsageError for an option of a command line that belongs to a single step, or to -background."""
    for option in line.streaming:
        if option == "background":
            raise UsageError("-background", "each step waits for the one before", "leave it out")
        if option not in OF_ALL_STEPS:
            raise UsageError(f"-{option}", "belongs to a step", f"write it into {file}")


def complete_line(step: Step, common: CommandLine, inputs: Sequence[str], output: str) -> CommandLine:
    """Return the options of a step with those of the command line for all steps, which win, its inputs and output."""
    lists = [
        (name, ",".join(values))
        for name in OF_LISTS
        if (values := [value for line in (step.line, common) for option, value in line.generic if option == name])
    ]
    others = [item for line in (step.line, common) for item in line.generic if item[0] not in OF_LISTS]
    line = step.line.with_generic([*others, *lists])
    for option, added in common.streaming.items():
        if option not in ("input", "output"):
            line = line.with_option(option, *line.all(option), *added)
    return line.with_option("input", *inputs).with_option("output", output)


def to_words(line: CommandLine) -> list[str]:
    """Return the words that are parsed to a command line."""
    words = [word for name, value in line.generic for word in (f"-{name}", value)]
    for option, values in line.streaming.items():
        words += [f"-{option}"] if not values else []
        words += [word for value in values for word in (f"-{option}", value)]
    return words
