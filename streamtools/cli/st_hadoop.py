"""st-hadoop: the `hadoop` command, and hdfs, yarn and mapred, for all that can be done here without Java."""

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
    "kerbname", "key", "logs", "namenode", "queue", "trace", "application", "node", "jps", "applicationattempt",
    "cacheadmin", "cluster", "container", "crypto", "ec", "getconf", "groups", "haadmin", "historyserver",
    "nodemanager", "oev", "oiv", "pipes", "resourcemanager", "rmadmin", "schedulerconf", "secondarynamenode",
    "snapshotDiff", "storagepolicies", "top",
)  # fmt: skip
JAVA_NEEDED = "use the hadoop command of a Hadoop installation"


@click.command(
    name="st-hadoop",
    context_settings={"allow_interspersed_args": False, "help_option_names": ["--help", "-help", "-h"]},
)
@click.option("--config", metavar="DIR", help="accepted for compatibility, not used")
@click.option("--loglevel", metavar="LEVEL", default="", help="WARN or ERROR: print no progress of a job")
@click.option("--install", metavar="DIR", help="make links hadoop, hdfs, yarn and mapred to this program in DIR")
@common
@click.argument("command", metavar="COMMAND", required=False)
@click.argument("words", metavar="[ARGUMENT]...", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def st_hadoop(
    ctx: click.Context,
    command: str | None,
    words: tuple[str, ...],
    config: str | None,
    loglevel: str,
    install: str | None,
) -> None:
    """Do what the `hadoop` command does, here and without Java.

    \b
      jar hadoop-streaming.jar OPTIONS   run a streaming job, as st-run does
      streaming OPTIONS                  the same, as in `mapred streaming`
      fs OPTIONS                         -ls, -put, -cat ...; fs -help lists them; dfs is the same
      version, classpath

    The directory named by STREAMTOOLS_DFS stands for HDFS: hdfs:///x and plain x are paths inside it. If it is not
    set, all paths are those of this machine, as in Hadoop's local mode.

    With the links that --install makes on PATH, scripts that call hadoop, hdfs, yarn or mapred run unchanged.

    \b
    Example:
      export STREAMTOOLS_DFS=~/hdfs
      st-hadoop fs -put log.tsv in
      st-hadoop jar hadoop-streaming.jar -input in -output out -mapper cat -reducer 'uniq -c'
      st-hadoop fs -cat 'out/part-*'
    """
    if install is not None:
        _install(install)
        return
    if command is None:
        raise click.UsageError("Missing argument 'COMMAND'.", ctx)
    level = loglevel or os.environ.get("HADOOP_ROOT_LOGGER", "").partition(",")[0]
    ctx.exit(_run(command, words, quiet=level not in ("", "INFO", "DEBUG")))


def _run(command: str, words: tuple[str, ...], *, quiet: bool) -> int:
    """Run a command of Hadoop, and return its exit status. quiet: a job prints only warnings and errors."""
    if command in ("fs", "dfs"):
        from streamtools.launch.hadoop_command.hadoop_fs import run_fs

        return run_fs(words)
    if command == "jar":
        return _jar(list(words), quiet)
    if command == "streaming":
        return _run_streaming(list(words), quiet)
    if command == "version":
        click.echo(f"Hadoop {HADOOP}\nst-hadoop of streamtools {__version__}, which stands in for it without Java")
        return 0
    if command == "classpath":
        click.echo(os.environ.get("HADOOP_CLASSPATH", ""))
        return 0
    if command in ELSEWHERE:
        raise UnavailableError(command, "needs a Hadoop installation", JAVA_NEEDED)
    click.echo(f"ERROR: {command} is not COMMAND nor fully qualified CLASSNAME.", err=True)
    return 1


def _jar(words: list[str], quiet: bool) -> int:
    """Run a streaming job and return its status. Raises UnavailableError for a jar other than streaming's."""
    from streamtools.launch.hadoop_command.job_client import is_streaming_jar

    if not words:
        raise UsageError("jar", "missing the name of a jar", "st-hadoop jar hadoop-streaming.jar -input ...")
    jar, *options = words
    if not is_streaming_jar(jar):
        raise UnavailableError(jar, "not a jar of Hadoop Streaming, and others need Java", JAVA_NEEDED)
    return _run_streaming(options, quiet)


def _run_streaming(options: list[str], quiet: bool) -> int:
    """Run the job of a command line of Hadoop Streaming; return its status."""
    from streamtools.cli.library import find_builtin
    from streamtools.launch.hadoop_command import job_client
    from streamtools.launch.programs import find_programs

    programs = find_programs(sys.argv[0])
    return job_client.run_job(options, programs, find_builtin(programs), cores(), quiet=quiet)


def _install(directory: str) -> None:
    """Make the links by which scripts find st-hadoop, and say so."""
    from streamtools.launch.hadoop_command.links import TARGET, make_links
    from streamtools.launch.programs import find_programs

    programs = find_programs(sys.argv[0])
    if not programs:
        raise UnavailableError("--install", "st-hadoop is not installed", "pip install streamtools")
    for path in make_links(os.path.join(programs, TARGET), directory):
        click.echo(path)


main = entry(st_hadoop)
