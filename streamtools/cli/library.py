"""The common part of st-map, st-combine and st-reduce: a library of stages, one of which runs from stdin to stdout."""

from __future__ import annotations

import gc
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from streamtools.cli import in_one_line
from streamtools.cli.options import version_option
from streamtools.errors import UsageError
from streamtools.records import chunks, join_small, whole_lines, write_blocks
from streamtools.reporter import Reporter
from streamtools.stage import InProcessStage, Transform

if TYPE_CHECKING:
    from streamtools.local.stages.runner import Builtin

LIBRARIES = ("st-map", "st-combine", "st-reduce")
INFORMATIVE = {"-h", "--help", "--list", "--version"}  # options that print something instead of running a stage
GROUPED = "streamtools.grouped"  # key of a context's meta: equal keys have to follow each other
KEY_FIELDS = "streamtools.key_fields"  # the same: number of fields of a key
HADOOP_TASK = ("mapreduce_task_attempt_id", "mapred_task_id")  # variables that Hadoop sets for a task


class StageCommand(click.Command):
    """A command that returns a stage made from its options; the stage reads stdin, so no input is named.

    sums_values: see InProcessStage.
    """

    allow_extra_args = True

    def __init__(self, *args: Any, sums_values: bool = False, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self._sums_values = sums_values

    def invoke(self, ctx: click.Context) -> InProcessStage:
        """Return the stage that the options stand for."""
        made: InProcessStage | Transform = super().invoke(ctx)
        if ctx.meta.get(KEY_FIELDS, 1) > 1:
            from streamtools.reducers.key_fields import with_key_fields

            reduce = made.transform if isinstance(made, InProcessStage) else made
            return InProcessStage(with_key_fields(reduce, ctx.meta[KEY_FIELDS]))
        return made if isinstance(made, InProcessStage) else InProcessStage(made, self._sums_values)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as click does, but give a hint if a file is named, and name the command in each error."""
        try:
            rest = super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # the error for an option without its value has none
            raise
        if rest:
            refuse_file(rest[0])
            ctx.fail(f"Got unexpected extra argument ({' '.join(rest)})")
        return rest


class Library(click.Group):
    """A command with a subcommand for each stage.

    default: name of the stage that runs if none is named.
    """

    command_class = StageCommand

    def __init__(self, name: str, default: str, help: str) -> None:
        super().__init__(name, help=help)
        self.default = default
        self.options_metavar, self.subcommand_metavar = None, "[NAME] [OPTIONS]"
        list_option(self)
        version_option(self)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Insert the default name if none is given, so that its options can follow directly."""
        ours = {option for param in self.get_params(ctx) for option in param.opts}
        if args[:1] == ["--"]:
            args = args[1:]
        if not args or (args[0].startswith("-") and args[0] not in ours):
            args = [self.default, *args]
        ctx.ensure_object(Reporter)
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the subcommand as click does, but give a hint if a file is named."""
        if args[0] not in self.commands:
            refuse_file(args[0])
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the stages."""
        return list(self.commands)  # in the order of definition, related ones together

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names and summaries of the stages."""
        with formatter.section("Names"):
            formatter.write_dl(self.listing())

    def listing(self) -> list[tuple[str, str]]:
        """Return each name with its summary."""
        return [
            (name, command.get_short_help_str(100)) for name, command in self.commands.items() if not command.hidden
        ]

    def invoke(self, ctx: click.Context) -> None:
        """Run the chosen stage over stdin."""
        stage: InProcessStage = super().invoke(ctx)
        gc.disable()  # the garbage collector took a tenth of the time, and records make no cycles
        blocks = whole_lines(chunks(0))
        if ctx.meta.get(GROUPED) and ctx.meta.get(KEY_FIELDS) == 1 and not _is_task():
            from streamtools.reducers.sortedness import check_grouped

            blocks = check_grouped(blocks)
        write_blocks(join_small(stage(blocks)), 1)
        _report(self.name or "", ctx.obj)

    def parse(self, argv: list[str], reporter: Reporter) -> InProcessStage | None:
        """Return the stage that a command line (without the executable's name) stands for.

        Return None for options that only show something, such as --help. Raises StreamtoolsError for what the
        executable would refuse.
        """
        name = self.name or ""
        if not INFORMATIVE.isdisjoint(argv):
            return None
        try:
            with self.make_context(name, list(argv), obj=reporter) as context:
                stage: InProcessStage = super().invoke(context)
                return stage
        except click.exceptions.Exit:
            return None
        except click.ClickException as error:
            raise UsageError(name, in_one_line(error, name)) from None


def find_builtin(programs: str, jobs: bool = True) -> Builtin:
    """Return a function that finds the stage of a command line whose program is st-map, st-combine or st-reduce.

    programs: directory of our executables. jobs: also find the stages of files with a Job.
    """
    from streamtools.launch.builtins import find_in

    tools = find_in(programs, {tool: partial(_parse, tool) for tool in LIBRARIES})

    def find(words: list[str], path: str, reporter: Reporter) -> InProcessStage | None:
        if jobs and not {"map", "combine", "reduce"}.isdisjoint(words[2:4]):
            from streamtools.api.command_stages import find_stage

            return find_stage(words, path, reporter)
        return tools(words, path, reporter)

    return find


def _parse(tool: str, argv: list[str], reporter: Reporter) -> InProcessStage | None:
    from importlib import import_module

    stage: InProcessStage | None = import_module(f"streamtools.cli.{tool.replace('-', '_')}").parse(argv, reporter)
    return stage


def parse_tool(tool: str, words: list[str]) -> None:
    """Raise StreamtoolsError for words that st-map, st-combine or st-reduce refuse; other tools are left alone."""
    if tool in LIBRARIES:
        _parse(tool, words, Reporter())


def refuse_file(name: str) -> None:
    """Raise UsageError with a hint if an unexpected word of the command line is the name of a file."""
    if os.path.isfile(name):
        remedy = f"add '< {name}' after the command or 'st-cat {name} |' before it"
        raise UsageError(name, "cannot read a named file, input comes from stdin", remedy)


def _print_list(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        for name, does in ctx.command.listing():  # type: ignore[attr-defined]  # a Library
            click.echo(f"{name:<15} {does}")
        ctx.exit()


list_option = click.option(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_list,
    help="list the names with a summary",
)


def _set_policy(ctx: click.Context, _param: click.Parameter, value: str) -> None:
    ctx.ensure_object(Reporter).skip = value == "skip"


on_error_option = click.option(
    "--on-error",
    type=click.Choice(["fail", "skip"]),
    default="fail",
    show_default=True,
    callback=_set_policy,
    expose_value=False,
    help="end the task at a bad record, or skip and count it",
)


def _set_grouped(ctx: click.Context, _param: click.Parameter, unsorted: bool) -> None:
    ctx.meta[GROUPED] = not unsorted


unsorted_option = click.option(
    "--unsorted",
    is_flag=True,
    callback=_set_grouped,
    expose_value=False,
    help="accept a key that comes again after others, as in input that is not sorted",
)


def _set_key_fields(ctx: click.Context, _param: click.Parameter, fields: int | None) -> None:
    if fields is None and _is_task():
        from streamtools.reducers.key_fields import fields_in_task

        fields = fields_in_task(os.environ)
    ctx.meta[KEY_FIELDS] = fields or 1


key_fields_option = click.option(
    "--key-fields",
    type=click.IntRange(1),
    metavar="N",
    callback=_set_key_fields,
    expose_value=False,
    help="number of fields of the key  [default: 1; in a job as it says]",
)


def _is_task() -> bool:
    """Return whether this runs in a task of Hadoop, which sorts."""
    return any(name in os.environ for name in HADOOP_TASK)


def _report(tool: str, reporter: Reporter) -> None:
    """Write counters and remarks to stderr, in Hadoop's form inside a task of Hadoop."""
    lines = reporter.hadoop_lines() if _is_task() else [f"{tool}: {line}" for line in reporter.readable_lines()]
    for line in lines:
        print(line, file=sys.stderr)
