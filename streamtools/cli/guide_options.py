"""The option of st-run that opens the guide."""

from __future__ import annotations

from collections.abc import Sequence

import click

from streamtools.cli.options import several
from streamtools.errors import UsageError

HEADING = "Guide"

options = several(
    click.option("--guide", is_flag=True, help="list the pages of the guide; --guide PAGE opens one"),
    heading=HEADING,
)


def show(words: Sequence[str]) -> int:
    """List the pages, or open one; return the exit status. words: the rest of the command line.

    Raises UsageError for unexpected words.
    """
    from streamtools.launch.guide import describe_pages, find_page, find_pages

    if len(words) > 1 or any(word.startswith("-") for word in words):
        raise UsageError("--guide", f"unexpected argument {words[-1]}", "leave it out")
    if words:
        click.echo_via_pager(find_page(words[0]).text)  # which prints if stdout is no terminal
    else:
        click.echo(describe_pages(find_pages()), nl=False)
    return 0
