"""All executables behind one: `python3 streamtools.pyz TOOL ...`, where nothing is installed."""

import sys
from importlib import import_module

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


@click.group("streamtools", no_args_is_help=False, options_metavar=None, subcommand_metavar="TOOL [ARGUMENT]...")
@version_option
def tools() -> None:
    """Map, sort and reduce streams of records.

    \b
    Example:
      python3 streamtools.pyz st-map words < book.txt
      python3 streamtools.pyz st-map --help
    """


for name, does in TOOLS.items():
    tools.add_command(click.Command(name, help=does))


def main() -> int:
    """Run the executable that the first argument names with the other arguments; return its exit status."""
    if sys.argv[1:2] and sys.argv[1] in TOOLS:
        module = import_module("streamtools.cli." + sys.argv.pop(1).replace("-", "_"))
        status: int = module.main()
        return status
    return run(tools)
