"""Options that several executables share, with the same name, meaning and help."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

import click

from streamtools import __version__
from streamtools.errors import DataError, UsageError
from streamtools.machine import parse_size
from streamtools.terminal import tell

Decorated = Callable[..., Any]
Options = dict[str, Any]  # the values of a command's options, as click passes them: each of its own type

HEADINGS: dict[str, str] = {}  # name of an option -> its heading in the help


class Size(click.ParamType):
    """A number of bytes: 1000, 64K, 256M, 2G, or a percentage of the machine's memory: 50%."""

    name = "SIZE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            return parse_size(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


SIZE = Size()

inputs_argument = click.argument("inputs", nargs=-1, metavar="[INPUT]...")
memory_option = click.option(
    "-S", "--memory", type=SIZE, default="256M", show_default=True, help="most memory to use, e.g. 64M, 2G, 50%"
)
temporary_option = click.option(
    "-T",
    "--temporary-directory",
    "temporary",
    multiple=True,
    metavar="DIR",
    help="directory for temporary files; repeat it to spread them  [default: $TMPDIR or /tmp]",
)
member_option = click.option(
    "--member",
    metavar="GLOB",
    help="read only the members of .7z archives whose names match; a pattern without / is for the last part of a name",
)
on_error_option = click.option(
    "--on-error",
    type=click.Choice(["fail", "skip-member"]),
    default="fail",
    show_default=True,
    help="on damaged data: end the run, or report it, continue with the next member or file, and end with status 65",
)
version_option = click.version_option(__version__, "--version", prog_name="streamtools", message="%(prog)s %(version)s")


def ask_password(archive: str) -> str | None:
    """Ask the user for the password of an archive; return None if stdin is not a terminal."""
    return click.prompt(f"password of {archive}", hide_input=True, err=True) if sys.stdin.isatty() else None


class Skipped:
    """Reports and counts damaged members and files that a tool skips."""

    def __init__(self, tool: str) -> None:
        self.tool, self.count = tool, 0

    def __call__(self, error: DataError) -> None:
        self.count += 1
        tell(f"{self.tool}: {error}; skipped")

    def check(self) -> None:
        """Raise DataError if something was skipped."""
        if self.count:
            raise DataError("", f"{self.count} damaged and skipped", "all the rest was written")


def refuse(options: Options, names: Iterable[str], problem: str, remedy: str) -> None:
    """Raise UsageError for the first of the named options that is given."""
    for name in names:
        if options[name]:
            raise UsageError(f"--{name.replace('_', '-')}", problem, remedy)


def value_of(option: str, words: list[str]) -> str:
    """Return the value of an option among words, "" if it is not there."""
    for word, following in zip(words, [*words[1:], ""]):
        name, equals, value = word.partition("=")
        if name == option:
            return value if equals else following
    return ""


def common(command: Decorated) -> Decorated:
    """Add the options that every executable has, besides --help."""
    return version_option(command)


def several(*options: Callable[[Decorated], Decorated], heading: str = "") -> Callable[[Decorated], Decorated]:
    """Return one decorator that adds all the options, in their order; `heading` is theirs in the help."""

    def add(command: Decorated) -> Decorated:
        for option in reversed(options):
            command = option(command)
            if heading:
                HEADINGS[command.__click_params__[-1].name] = heading  # type: ignore[attr-defined]
        return command

    return add


def write_options(ctx: click.Context, formatter: click.HelpFormatter, headings: Iterable[str]) -> None:
    """Write the options of a command into its help in groups, those without a heading last."""
    rows: dict[str, list[tuple[str, str]]] = {heading: [] for heading in (*headings, "Other options")}
    for param in ctx.command.get_params(ctx):
        if row := param.get_help_record(ctx):
            rows[HEADINGS.get(param.name or "", "Other options")].append(row)
    for heading, records in rows.items():
        if records:
            with formatter.section(heading):
                formatter.write_dl(records)
