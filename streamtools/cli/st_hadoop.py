"""st-hadoop: the `hadoop` command, for everything that can be done here without Java."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise

import click

from streamtools import __version__
from streamtools.cli import entry
from streamtools.cli.options import common
from streamtools.errors import CannotCreateError, UnavailableError, UsageError, in_words
from streamtools.records import write_all

HADOOP = "3.4.2"  # the release whose behaviour is stood in for
GENERIC = ("D", "conf", "fs", "jt", "files", "libjars", "archives")
ELSEWHERE = (
    "archive", "balancer", "credential", "daemonlog", "datanode", "dfsadmin", "distch", "distcp", "fsck", "job",
    "kerbname", "key", "logs", "namenode", "queue", "trace", "application", "node", "jps",
)  # fmt: skip
JAVA_NEEDED = "use the hadoop command of a Hadoop"


@click.command(
    name="st-hadoop",
    context_settings={"allow_interspersed_args": False, "help_option_names": ["--help", "-help", "-h"]},
)
@click.option("--config", metavar="DIR", help="taken for Hadoop's sake; there is nothing to configure")
@click.option("--loglevel", metavar="LEVEL", default="", help="WARN or ERROR: no news of a job that goes well")
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

    The directory named by STREAMTOOLS_DFS stands for HDFS: hdfs:///x, and x itself, lie in it. Where it is not set,
    all paths are this machine's own, as in Hadoop's local mode. With a link named hadoop to this program on PATH,
    scripts written for Hadoop run as they are.

    \b
    Example:
      export STREAMTOOLS_DFS=~/hdfs
      st-hadoop fs -put log.tsv in
      st-hadoop jar hadoop-streaming.jar -input in -output out -mapper cat -reducer 'uniq -c'
      st-hadoop fs -cat 'out/part-*'
    """
    quiet = (loglevel or os.environ.get("HADOOP_ROOT_LOGGER", "").partition(",")[0]) not in ("", "INFO", "DEBUG")
    if command in ("fs", "dfs"):
        status = _fs(list(words))
    elif command == "jar":
        status = _jar(list(words), quiet)
    elif command == "version":
        click.echo(f"Hadoop {HADOOP}\nst-hadoop of streamtools {__version__}, which stands in for it without Java")
        status = 0
    elif command == "classpath":
        click.echo(os.environ.get("HADOOP_CLASSPATH", ""))
        status = 0
    elif command in ELSEWHERE:
        raise UnavailableError(command, "is not to be had without a Hadoop", JAVA_NEEDED)
    else:
        click.echo(f"ERROR: {command} is not COMMAND nor fully qualified CLASSNAME.", err=True)
        status = 1
    ctx.exit(status)


def _fs(words: list[str]) -> int:
    """Run a command of `hadoop fs` and return its status."""
    from streamtools.hdfs import FileSystem, Shell, run
    from streamtools.records import chunks

    default, words = _without_generic(words)
    fs = _file_system(default)
    shell = Shell(fs, FileSystem.local(fs.hdfs), chunks(0), _text)
    return run(shell, words, lambda data: write_all(data, 1), lambda data: write_all(data, 2) if data else None)


def _jar(words: list[str], quiet: bool) -> int:
    """Run a streaming job and return its status; a jar that is not streaming's is refused."""
    from streamtools.cli import job_client

    if not words:
        raise UsageError("jar", "no jar is named", "st-hadoop jar hadoop-streaming.jar -input ...")
    jar, *words = words
    if not job_client.is_streaming_jar(jar):
        raise UnavailableError(jar, "is no jar of Hadoop Streaming, and others need Java", JAVA_NEEDED)
    told = [_default_file_system(option, value) for option, value in pairwise(words)]
    return job_client.run_job(words, _file_system(next(filter(None, reversed(told)), "")), quiet)


def _file_system(default: str):  # type: ignore[no-untyped-def]
    """The file system that paths without scheme mean: HDFS's stand-in, unless the default is `file:///`."""
    from streamtools.hdfs import FileSystem
    from streamtools.job.properties.configuration import user_name

    root = os.path.expanduser(os.environ.get("STREAMTOOLS_DFS", ""))
    try:
        fs = FileSystem.of(root, user_name())
    except OSError as error:
        raise CannotCreateError(f"STREAMTOOLS_DFS={root}", in_words(error), "name a directory") from None
    if fs.hdfs:
        os.environ["STREAMTOOLS_DFS"] = fs.hdfs  # tasks run in another directory
    return FileSystem.local(fs.hdfs) if default.startswith("file:") else fs


def _without_generic(words: list[str]) -> tuple[str, list[str]]:
    """The default file system that generic options tell, and the words without these options."""
    default = ""
    while len(words) > 1 and words[0].startswith("-") and words[0].lstrip("-") in GENERIC:
        option, value, *words = words
        default = _default_file_system(option, value) or default
    return default, words


def _default_file_system(option: str, value: str) -> str:
    """The file system that a generic option names, "" when it is about something else."""
    if option == "-fs":
        return value
    name, _, uri = value.partition("=")
    return uri if option == "-D" and name in ("fs.defaultFS", "fs.default.name") else ""


def _text(path: str) -> Iterator[bytes]:
    """The text of a file: a sequence file by its records, gzip by its first bytes, other codecs by suffix."""
    from streamtools.formats.hadoop_codecs import read_decoded, read_range
    from streamtools.formats.sequence_file import is_sequence_file

    if is_sequence_file(path):
        return _text_of_sequence_file(path)
    with open(path, "rb") as file:
        is_gzip = file.read(2) == b"\x1f\x8b"
    if is_gzip:
        from streamtools.inputs.codecs import CODECS, decode

        return decode(read_range(path), CODECS["gz"], path)
    return read_decoded(path)


def _text_of_sequence_file(path: str) -> Iterator[bytes]:
    from streamtools.formats.batch import join_lines
    from streamtools.formats.sequence_file import SequenceAsTextReader, SequenceReader

    for pairs in SequenceAsTextReader(SequenceReader(path, 0, os.path.getsize(path))).pairs():
        yield join_lines(pairs, b"\t")


main = entry(st_hadoop)
