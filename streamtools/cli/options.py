"""Options that several executables share: the same name, the same meaning, the same help."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any

import click

from streamtools import __version__
from streamtools.errors import UsageError

Decorated = Callable[..., Any]

UNITS = {"b": 1, "": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


class Size(click.ParamType):
    """A number of bytes: 1000, 64K, 256M, 2G, or a percentage of the machine's memory: 50%."""

    name = "SIZE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"([0-9]{1,18}(?:\.[0-9]+)?)(%|[bkmgt]?)(?:i?b)?", value.strip(), re.IGNORECASE)
        if not match:
            self.fail(f"{value!r} is no size; write it like 64K, 256M, 2G or 50%", param, ctx)
        number, unit = float(match[1]), match[2].lower()
        if unit == "%":
            return int(number / 100 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
        return int(number * UNITS[unit])


SIZE = Size()

inputs_argument = click.argument("inputs", nargs=-1, metavar="[INPUT]...")
memory_option = click.option(
    "-S", "--memory", type=SIZE, default="256M", show_default=True, help="bound of the memory used, e.g. 64M, 2G, 50%"
)
temporary_option = click.option(
    "-T",
    "--temporary-directory",
    "temporary",
    multiple=True,
    metavar="DIR",
    help="directory for temporary files; repeat it to spread them  [default: $TMPDIR or /tmp]",
)
version_option = click.version_option(__version__, "--version", prog_name="streamtools", message="%(prog)s %(version)s")


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ask_password(archive: str) -> str | None:
    """The password of an archive as typed in by the user, None where there is nobody to ask."""
    return click.prompt(f"password of {archive}", hide_input=True, err=True) if sys.stdin.isatty() else None


def refuse(options: dict[str, Any], names: Iterable[str], problem: str, remedy: str) -> None:
    """Raise UsageError for the first of the named options that is given."""
    for name in names:
        if options[name]:
            raise UsageError(f"--{name.replace('_', '-')}", problem, remedy)


def common(command: Decorated) -> Decorated:
    """The options that every executable has, besides --help."""
    return version_option(command)


def several(*options: Callable[[Decorated], Decorated]) -> Callable[[Decorated], Decorated]:
    """One decorator that adds all the options, in their order."""

    def add(command: Decorated) -> Decorated:
        for option in reversed(options):
            command = option(command)
        return command

    return add
