"""What st-map, st-combine and st-reduce have in common: a library of stages, of which one runs from stdin to stdout."""

import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click

from streamtools.cli import run
from streamtools.cli.options import version_option
from streamtools.records import batched, chunks, whole_lines, write_blocks
from streamtools.reporter import Reporter

Stage = Callable[[Iterable[bytes]], Iterator[bytes]]

IN_HADOOP = ("mapreduce_task_attempt_id", "mapred_task_id")


class Library(click.Group):
    """A command whose subcommands each make a stage: a function from blocks of whole lines to pieces of bytes."""

    def __init__(self, name: str, default: str, help: str) -> None:
        super().__init__(name, help=help, context_settings={"help_option_names": ["-h", "--help"]})
        self.default = default
        self.subcommand_metavar = "[NAME] [OPTIONS]"
        self.params.append(click.Option(["--list"], is_flag=True, help="list the names and what they do"))
        version_option(self)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put in the default name where none is given, so that its options can follow at once."""
        ours = {option for param in self.get_params(ctx) for option in param.opts}
        if not args or (args[0].startswith("-") and args[0] not in ours):
            args = [self.default, *args]
        ctx.ensure_object(Reporter)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)  # in the order of the file, related ones together

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Names"):
            formatter.write_dl(self.listing())

    def listing(self) -> list[tuple[str, str]]:
        """Each name with what it does, in one line."""
        return [
            (name, command.get_short_help_str(100)) for name, command in self.commands.items() if not command.hidden
        ]

    def invoke(self, ctx: click.Context) -> None:
        """Run the chosen stage over stdin; or print the list."""
        if ctx.params.get("list"):
            for name, does in self.listing():
                click.echo(f"{name:<15} {does}")
            return
        stage: Stage = super().invoke(ctx)
        gc.disable()  # records make no cycles, but enough lists to have the collector take a tenth of the time
        write_blocks(batched(stage(whole_lines(chunks(0)))), 1)
        _report(self.name or "", ctx.obj)

    def parse(self, argv: list[str], reporter: Reporter) -> Stage:
        """The stage that a command line (without the executable's name) stands for, to be run in-process.

        Raises click's UsageError and StreamtoolsError for what the executable would refuse.
        """
        with self.make_context(self.name, list(argv), obj=reporter) as context:
            stage: Stage = super().invoke(context)
            return stage

    def stage(self, name: str, **attributes: Any) -> Callable[[Callable[..., Any]], click.Command]:
        """Decorates a function that makes a stage from its options: the subcommand `name`."""
        return self.command(name, **attributes)

    def main_function(self) -> int:
        """The entry point of the executable."""
        return run(self)


def _set_policy(ctx: click.Context, _param: click.Parameter, value: str) -> None:
    ctx.ensure_object(Reporter).skip = value == "skip"


on_error_option = click.option(
    "--on-error",
    type=click.Choice(["fail", "skip"]),
    default="fail",
    show_default=True,
    callback=_set_policy,
    expose_value=False,
    help="a bad record ends the task, or is left out and counted",
)


def _report(tool: str, reporter: Reporter) -> None:
    inside = any(name in os.environ for name in IN_HADOOP)
    lines = reporter.told_to_hadoop() if inside else [f"{tool}: {line}" for line in reporter.told_to_a_person()]
    for line in lines:
        print(line, file=sys.stderr)
