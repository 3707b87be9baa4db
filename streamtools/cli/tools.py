"""All executables behind one: `python3 -m streamtools TOOL ...`, and `python3 streamtools.pyz TOOL ...`."""

import sys
from importlib import import_module
from typing import Any

import click

from streamtools.cli import run
from streamtools.cli.options import version_option

TOOLS = {
    "st-cat": "decode inputs to stdout",
    "st-pack": "regroup inputs into blobs that Hadoop can split",
    "st-map": "map lines to records",
    "st-combine": "combine the records of a map task",
    "st-sort": "sort records by key",
    "st-reduce": "reduce sorted records",
    "st-run": "run a job here or on a cluster",
    "st-hadoop": "do what the hadoop command does, without Java",
}


class Tools(click.Group):
    """The list of all tools; the tools themselves run without it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the tools in the order in which a record passes them."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names of the tools and what each does."""
        with formatter.section("Tools"):
            formatter.write_dl(list(TOOLS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the tool, or fail with the name that is probably meant."""
        if args[0] not in self.commands:
            from streamtools.scripts.commands import find_like

            meant = find_like(args[0], list(TOOLS))
            ctx.fail(f"unknown tool {args[0]!r}" + (f"; did you mean {meant}?" if meant else ""))
        return super().resolve_command(ctx, args)


@click.group("streamtools", cls=Tools, options_metavar=None, subcommand_metavar="TOOL [ARGUMENT]...")
@version_option
def tools() -> None:
    """Map, sort and reduce streams of records.

    \b
    Example:
      python3 -m streamtools st-map words < book.txt
      python3 streamtools.pyz st-map words < book.txt
      python3 -m streamtools st-map --help
    """


for name, does in TOOLS.items():
    tools.add_command(click.Command(name, help=does))


def main() -> int:
    """Run the executable that the first argument names with the other arguments; return its exit status.

    Without arguments, list the executables.
    """
    if sys.argv[1:2] and sys.argv[1] in TOOLS:
        module = import_module("streamtools.cli." + sys.argv.pop(1).replace("-", "_"))
        status: int = module.main()
        return status
    return run(tools, sys.argv[1:] or ["--help"])
