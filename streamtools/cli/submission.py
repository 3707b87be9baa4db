"""st-run on a cluster: its options, and handing the job over."""

import os
from typing import Any

import click

from streamtools.cli.options import several
from streamtools.errors import UnavailableError

options = several()


def submit(job: Any, where: str, dry_run: bool, options: dict[str, Any]) -> int:
    """Hand a job to the cluster `where`, or print with what command; return its exit status."""
    import shlex

    from streamtools.cluster import hadoop

    if dry_run:
        click.echo(shlex.join(hadoop.argv(job)))
        return 0
    argv = hadoop.argv(job, jar=hadoop.find_jar(os.environ))
    try:
        os.execvp(argv[0], argv)
    except FileNotFoundError:
        raise UnavailableError("hadoop", "not found", "put it on PATH, or run the job here without --on") from None
