"""The options of st-run that show the examples."""

from __future__ import annotations

from collections.abc import Sequence

import click

from streamtools.cli.options import Options, several
from streamtools.errors import UsageError

HEADING = "Examples"

options = several(
    click.option("--examples", is_flag=True, help="list the examples that come with streamtools"),
    click.option(
        "--example", metavar="NAME [DIR]", help="write one into a directory, with its data, and print how to run it"
    ),
    heading=HEADING,
)


def are_wanted(options: Options) -> bool:
    """Return whether examples are to be shown instead of a job run."""
    return options["examples"] or options["example"] is not None


def show(words: Sequence[str], options: Options) -> int:
    """List the examples, or write one; return the exit status. words: the rest of the command line.

    Raises UsageError for unexpected words.
    """
    from streamtools.launch.examples import describe, describe_all, find_example, find_examples, write_example

    most = 0 if options["examples"] else 1
    if len(words) > most or any(word.startswith("-") for word in words):
        option = "--examples" if options["examples"] else "--example"
        raise UsageError(option, f"unexpected argument {words[-1]}", "leave it out")
    if options["examples"]:
        click.echo(describe_all(find_examples()), nl=False)
        return 0
    example = find_example(options["example"])
    directory = words[0] if words else example.name
    write_example(example, directory)
    click.echo(describe(example, directory), nl=False)
    return 0
