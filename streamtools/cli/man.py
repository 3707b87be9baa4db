"""Manual pages of the executables, made from their help: `python3 -m streamtools.cli.man DIR`.

A formatter takes what click writes into a help text, and writes roff instead.
"""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module

import click

from streamtools import __version__
from streamtools.cli.tools import TOOLS

UNFILLED = "\b"  # begins a paragraph whose lines click keeps as they are
SPECIAL = str.maketrans({"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti", '"': r"\(dq"})


def escape(text: str) -> str:
    """Return text as roff that prints it unchanged; a line never begins with a request."""
    return re.sub(r"(?m)^(?=\.)", r"\\&", text.translate(SPECIAL))


class RoffFormatter(click.HelpFormatter):
    """Writes roff where click's formatter writes a help text.

    heading: the request for headings, SH or SS.
    """

    def __init__(self, heading: str = "SH") -> None:
        super().__init__()
        self.heading = heading

    def line(self, text: str) -> None:
        """Write a line of roff."""
        self.buffer.append(f"{text}\n")

    def filled(self, text: str) -> None:
        """Write text in lines that roff joins and breaks again."""
        for line in textwrap.wrap(text, 72, break_long_words=False, break_on_hyphens=False):
            self.line(escape(line))

    def begin_paragraph(self) -> None:
        """Write the request for a paragraph, unless a heading stands there."""
        if self.buffer and not self.buffer[-1].startswith(".S"):
            self.line(".PP")

    def write(self, string: str) -> None:
        """Write text whose lines stay as they are."""
        if string.strip():
            self.begin_paragraph()
            lines = escape(string.strip("\n")).split("\n")
            self.buffer.append("\n".join([".nf", *(line.rstrip() or ".sp" for line in lines), ".fi", ""]))

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the synopsis, and begin the description."""
        self.write_heading("SYNOPSIS")
        self.line(rf"\fB{escape(prog)}\fR {escape(args)}")
        self.write_heading("DESCRIPTION")

    def write_heading(self, heading: str) -> None:
        """Write a heading."""
        self.line(f'.{self.heading} "{escape(heading)}"')

    def write_paragraph(self) -> None:
        """Do nothing: a paragraph begins with its text."""

    @contextmanager
    def indentation(self) -> Iterator[None]:
        """Do nothing: roff indents."""
        yield

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        """Write a heading in front of what is written in the block."""
        self.write_heading(name.upper() if self.heading == "SH" else name)
        yield

    def write_text(self, text: str) -> None:
        """Write paragraphs, separated by empty lines."""
        for paragraph in re.split(r"\n\s*\n", text.strip("\n")):
            if paragraph.lstrip(" ").startswith(UNFILLED):
                self.write(paragraph.partition("\n")[2])
            else:
                self.begin_paragraph()
                self.filled(paragraph)

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write terms with their explanations."""
        for term, text in rows:
            self.line(f".TP\n\\fB{escape(term)}\\fR")
            self.filled(text)


def page_of(tool: str) -> str:
    """Return the manual page of an executable, for man(7)."""
    command = command_of(tool)
    settings = {"help_option_names": ["-h", "--help"], **command.context_settings}
    context = click.Context(command, info_name=tool, **settings)
    formatter = RoffFormatter()
    formatter.line(f'.TH "{escape(tool.upper())}" 1 "" "streamtools {__version__}" "User Commands"')
    formatter.write_heading("NAME")
    formatter.line(f"{escape(tool)} \\- {escape(TOOLS[tool])}")
    command.format_help(context, formatter)
    if isinstance(command, click.Group):
        _write_names(command, context, formatter)
    formatter.write_heading("SEE ALSO")
    formatter.line(", ".join(rf"\fB{escape(other)}\fR(1)" for other in TOOLS if other != tool))
    return formatter.getvalue()


def _write_names(group: click.Group, context: click.Context, formatter: RoffFormatter) -> None:
    """Write what a library has: a section for each name, with its options."""
    for name in group.list_commands(context):
        command = group.commands[name]
        if command.hidden:
            continue
        inner = click.Context(command, parent=context, info_name=name)
        formatter.write_heading(f"{context.info_name} {name}")
        within = RoffFormatter("SS")
        command.format_help_text(inner, within)
        command.format_options(inner, within)
        formatter.buffer += within.buffer


def command_of(tool: str) -> click.Command:
    """Return the click command of an executable."""
    name = tool.replace("-", "_")
    module = import_module(f"streamtools.cli.{name}")
    command: click.Command = getattr(module, name, None) or module.command
    return command


def write_pages(directory: str) -> None:
    """Write the pages of all executables into a directory, which is made if it is missing."""
    os.makedirs(directory, exist_ok=True)
    for tool in TOOLS:
        with open(os.path.join(directory, f"{tool}.1"), "w", encoding="utf-8") as file:
            file.write(page_of(tool))


if __name__ == "__main__":
    write_pages(sys.argv[1])
