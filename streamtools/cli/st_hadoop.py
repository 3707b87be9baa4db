"""st-hadoop: the `hadoop` command, for everything that can be done here without Java."""

from __future__ import annotations

import os
import sys

import click

from streamtools import __version__
from streamtools.cli import entry
from streamtools.cli.options import common
from streamtools.errors import UnavailableError, UsageError
from streamtools.machine import cores

HADOOP = "3.4.2"  # the release whose behaviour is reproduced
ELSEWHERE = (
    "archive", "balancer", "credential", "daemonlog", "datanode", "dfsadmin", "distch", "distcp", "fsck", "job",
    "kerbname", "key", "logs", "namenode", "queue", "trace", "application", "node", "jps",
)  # fmt: skip
JAVA_NEEDED = "use the hadoop command of a Hadoop installation"


@click.command(
    name="st-hadoop",
    context_settings={"allow_interspersed_args": False, "help_option_names": ["--help", "-help", "-h"]},
)
@click.option("--config", metavar="DIR", help="accepted for compatibility, not used")
@click.option("--loglevel", metavar="LEVEL", default="", help="WARN or ERROR: print no progress of a job")
@common
@click.argument("command")
@click.argument("words", metavar="[ARGUMENT]...", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def st_hadoop(ctx: click.Context, command: str, words: tuple[str, ...], config: str | None, loglevel: str) -> None:
    """Do what the `hadoop` command does, here and without Java.

    \b
      jar hadoop-streaming.jar OPTIONS   run a streaming job, as st-run does
      fs OPTIONS                         -ls, -put, -cat ...; fs -help lists them; dfs is the same
      version, classpath

    The directory named by STREAMTOOLS_DFS stands for HDFS: hdfs:///x and plain x are paths inside it. If it is not
    set, all paths are those of this machine, as in Hadoop's local mode. With a link named hadoop to this program on
    PATH, scripts written for Hadoop run unchanged.

    \b
    Example:
      export STREAMTOOLS_DFS=~/hdfs
      st-hadoop fs -put log.tsv in
      st-hadoop jar hadoop-streaming.jar -input in -output out -mapper cat -reducer 'uniq -c'
      st-hadoop fs -cat 'out/part-*'
    """
    quiet = (loglevel or os.environ.get("HADOOP_ROOT_LOGGER", "").partition(",")[0]) not in ("", "INFO", "DEBUG")
    if command in ("fs", "dfs"):
        from streamtools.launch.hadoop_command.hadoop_fs import run_fs

        status = run_fs(words)
    elif command == "jar":
        status = _jar(list(words), quiet)
    elif command == "version":
        click.echo(f"Hadoop {HADOOP}\nst-hadoop of streamtools {__version__}, which stands in for it without Java")
        status = 0
    elif command == "classpath":
        click.echo(os.environ.get("HADOOP_CLASSPATH", ""))
        status = 0
    elif command in ELSEWHERE:
        raise UnavailableError(command, "needs a Hadoop installation", JAVA_NEEDED)
    else:
        click.echo(f"ERROR: {command} is not COMMAND nor fully qualified CLASSNAME.", err=True)
        status = 1
    ctx.exit(status)


def _jar(words: list[str], quiet: bool) -> int:
    """Run a streaming job and return its status. Raises UnavailableError for a jar other than streaming's."""
    from streamtools.cli.library import find_builtin
    from streamtools.launch.hadoop_command import job_client
    from streamtools.launch.programs import find_programs

    if not words:
        raise UsageError("jar", "missing the name of a jar", "st-hadoop jar hadoop-streaming.jar -input ...")
    jar, *options = words
    if not job_client.is_streaming_jar(jar):
        raise UnavailableError(jar, "not a jar of Hadoop Streaming, and others need Java", JAVA_NEEDED)
    programs = find_programs(sys.argv[0])
    return job_client.run_job(options, programs, find_builtin(programs), cores(), quiet=quiet)


main = entry(st_hadoop)
