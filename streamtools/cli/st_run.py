"""st-run: Hadoop Streaming's command line, run here or handed to a cluster."""

import os
import sys
from typing import Any

import click

from streamtools.cli import entry
from streamtools.cli.options import SIZE, common
from streamtools.errors import UnavailableError

OPTIONS_OF_HADOOP = """\
Hadoop Streaming's own options, generic ones first:
  -D NAME=VALUE  -conf FILE  -files F[#LINK],...  -archives F,...  -libjars F,...  -fs URI  -jt local|HOST:PORT
then
  -input PATH...          input files, directories or patterns; a comma parts several
  -output DIR             where the results go; must not exist
  -mapper CMD|CLASS       -combiner CMD|CLASS       -reducer CMD|CLASS|NONE|aggregate
  -numReduceTasks N       -partitioner CLASS        -inputformat CLASS         -outputformat CLASS
  -inputreader SPEC       -io text|keyonlytext|rawbytes|typedbytes             -cmdenv NAME=VALUE
  -lazyOutput  -background  -verbose  -info  -help
old ones, still taken: -file F  -cacheFile F#LINK  -cacheArchive F#LINK  -jobconf NAME=VALUE  -dfs URI
sub-commands: dumptb PATTERN  loadtb FILE
"""


class HadoopCommand(click.Command):
    """A command that keeps its own options, spelled with two dashes, apart from Hadoop's, wherever they stand."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take our options; the rest is left in `ctx.obj` for Hadoop's grammar."""
        ours, hadoops = self._parted(ctx, args)
        ctx.obj = hadoops
        return super().parse_args(ctx, ours)

    def _parted(self, ctx: click.Context, args: list[str]) -> tuple[list[str], list[str]]:
        takes_value = {
            name: isinstance(param, click.Option) and not param.is_flag
            for param in self.get_params(ctx)
            for name in (*param.opts, *param.secondary_opts)
            if name.startswith("--")
        }
        ours: list[str] = []
        hadoops: list[str] = []
        words = iter(args)
        for word in words:
            name, equals, _ = word.partition("=")
            if name not in takes_value:
                hadoops.append(word)
                continue
            ours.append(word)
            if takes_value[name] and not equals:
                ours += [value for value in [next(words, None)] if value is not None]
        return ours, hadoops

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(f"\n{OPTIONS_OF_HADOOP}")


@click.command(cls=HadoopCommand, name="st-run", context_settings={"help_option_names": ["--help"]})
@click.option("--on", "where", type=click.Choice(["local", "hadoop"]), default="local", show_default=True,
              help="run here, or hand the job to Hadoop")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="print what would run, and run nothing")
@click.option("--stdout", is_flag=True, help="results go to stdout; no -output is needed")
@click.option("--jobs", type=click.IntRange(1), help="tasks at a time  [default: all cores]")
@click.option("--memory", type=SIZE, default="512M", show_default=True, help="bound of all tasks together")
@click.option("--retries", type=click.IntRange(0), help="how often a failed task is tried again  [default: 0]")
@click.option("--work-dir", metavar="DIR", help="for intermediate data  [default: $TMPDIR or /tmp]")
@click.option("--resume", is_flag=True, help="go on with what an unfinished run of the same command has done")
@click.option("--shuffle-values", type=int, metavar="SEED", help="put the values of each key in a random order")
@click.option("--report", metavar="FILE", help="write a page of HTML about the run: tasks, skew, counters, failures")
@click.option("--quiet", is_flag=True, help="no counters and no summary on stderr")
@common
@click.pass_context
def st_run(ctx: click.Context, **options: Any) -> None:
    """Run a map-reduce job given as for Hadoop Streaming, on this machine.

    The results are those of Hadoop: the same part files, exit status, counters and environment of the commands.

    \b
    Example:
      st-run -input log.tsv -output out -mapper st-map -combiner st-combine -reducer st-reduce
      st-run -D mapreduce.job.reduces=2 -files map.py,reduce.py \\
             -input 'logs/*.gz' -output out -mapper map.py -reducer reduce.py
    """
    from streamtools.job import Refused

    try:
        status = _run(ctx.obj, **options)
    except Refused as error:
        _tell(f"st-run: {error}")
        if error.usage:
            click.echo(OPTIONS_OF_HADOOP, nl=False)
        if error.exit_code == 1:
            _tell("Try -help for more information")
        _tell("Streaming Command Failed!")
        status = error.exit_code
    ctx.exit(status)


def _run(
    argv: list[str], where: str, dry_run: bool, stdout: bool, quiet: bool, retries: int | None, **options: Any
) -> int:
    """Understand the command line, run the job, and return the job client's exit status."""
    from streamtools.job import job_of, parse

    line = parse(argv)
    if line.subcommand in ("dumptb", "loadtb"):
        return _typed_bytes(line.subcommand, line.words)
    if line.streaming.keys() & {"help", "info"}:
        click.echo(OPTIONS_OF_HADOOP, nl=False)
        return 0
    if retries is not None:
        tries = str(retries + 1)
        line.generic.extend(("D", f"mapreduce.{kind}.maxattempts={tries}") for kind in ("map", "reduce"))
    job = job_of(line, stdout=stdout)
    for warning in job.warnings:
        _tell(f"st-run: {warning}")
    if where == "hadoop":
        return _on_hadoop(job, dry_run)
    if dry_run:
        return _plan(job)
    return _here(job, quiet, **options)


def _plan(job: Any) -> int:
    """Print the tasks that would run here."""
    from streamtools.local.plan import splits

    for number, split in enumerate(splits(job)):
        click.echo(f"map task {number}: {split.path}, bytes {split.start:,} to {split.end:,}: {job.mapper.text}")
    for number in range(job.reduces):
        click.echo(f"reduce task {number}: {job.reducer.text}")
    return 0


def _here(
    job: Any,
    quiet: bool,
    jobs: int | None,
    memory: int,
    work_dir: str | None,
    report: str | None,
    shuffle_values: int | None,
    resume: bool,
) -> int:
    from streamtools.local import Settings, run
    from streamtools.local.counters import printed

    if job.packed:
        click.echo(f"packageJobJar: [{', '.join(job.packed)}]")
    programs = os.path.dirname(os.path.abspath(sys.argv[0]))
    settings = Settings(
        jobs=jobs or len(os.sched_getaffinity(0)),
        memory=memory,
        scratch=work_dir,
        shuffle_values=shuffle_values,
        resume=resume,
        programs=programs,
        builtin=_builtin(programs),
        say=lambda text: _tell(f"st-run: {text}"),
    )
    outcome = run(job, settings, _to_stdout)
    if report:
        _report(outcome.history, report)
    if not quiet:
        _summarize(outcome.history)
        _tell(f"st-run: {printed(outcome.counters)}")
    if not outcome.succeeded:
        _tell("st-run: Job not successful!")
        if job.background:
            return 0
        _tell("Streaming Command Failed!")
        return 1
    if not quiet:
        _tell(f"st-run: Output directory: {job.output}")
    return 0


def _report(history: Any, path: str) -> None:
    import shlex

    from streamtools.local.report import page

    history.command = shlex.join(["st-run", *sys.argv[1:]])
    with open(path, "wb") as file:
        file.write(page(history))


def _summarize(history: Any) -> None:
    """Say what took long, where that tells something: the slowest task, and how uneven the reducers' shares are."""
    from streamtools.local.report import seconds, skew, slowest

    if len(history.tasks) > 2:
        slow = slowest(history, 1)[0]
        fullest = skew(history)
        uneven = f"; the fullest reducer got {fullest:.2f} times the mean" if fullest else ""
        told = f"{len(history.tasks)} tasks in {seconds(history.seconds)}"
        _tell(f"st-run: {told}; slowest: {slow.name}, {seconds(slow.seconds)}{uneven}")


def _builtin(programs: str) -> Any:
    """A function that makes a stage of a command line when its program is one of ours, else None."""

    def resolve(words: list[str], path: str, reporter: Any) -> Any:
        name = os.path.basename(path)
        if name not in ("st-map", "st-reduce", "st-combine"):
            return None
        if os.path.dirname(os.path.realpath(path)) != os.path.realpath(programs):
            return None
        from importlib import import_module

        from streamtools.errors import UsageError

        try:
            return import_module(f"streamtools.cli.{name.replace('-', '_')}").parse(words[1:], reporter)
        except click.ClickException as error:
            raise UsageError(name, error.format_message(), f"see {name} --help") from None
        except click.exceptions.Exit:
            return None  # --help and the like: let it be a command

    return resolve


def _to_stdout(paths: Any) -> None:
    from streamtools.local.codecs import file_bytes
    from streamtools.records import write_blocks

    for path in paths:
        write_blocks(file_bytes(path), 1)


def _on_hadoop(job: Any, dry_run: bool) -> int:
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


def _typed_bytes(subcommand: str, words: list[str]) -> int:
    from streamtools.local import typedfiles

    if subcommand == "dumptb":
        from streamtools.records import write_blocks

        write_blocks(typedfiles.dumped(words), 1)
    else:
        from streamtools.records import chunks

        typedfiles.load(words, chunks(0))
    return 0


def _tell(text: str) -> None:
    click.echo(text, err=True)


main = entry(st_run)
