"""st-run: Hadoop Streaming's command line, run here or handed to a cluster."""

import os
from typing import TYPE_CHECKING, Any

import click

from streamtools.cli import cluster_options, entry, local_options
from streamtools.cli.options import common, write_options
from streamtools.errors import UsageError
from streamtools.terminal import tell

if TYPE_CHECKING:
    from streamtools.job import CommandLine


class HadoopCommand(click.Command):
    """A command that keeps its own options, spelled with two dashes, apart from Hadoop's, wherever they stand."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take our options; the rest is left in `ctx.obj` for Hadoop's grammar."""
        ours, hadoops = self._parted(ctx, ["--help"] if args == ["-h"] else args)
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

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write Hadoop's options, which make the job, then ours in groups."""
        from streamtools.job.streaming_help import OPTIONS_OF_HADOOP

        with formatter.section("The job"):
            formatter.write("".join(f"  {line}\n" for line in OPTIONS_OF_HADOOP.splitlines()))
        write_options(ctx, formatter, (local_options.HEADING, cluster_options.HEADING, cluster_options.PLAN_HEADING))


@click.command(cls=HadoopCommand, name="st-run", context_settings={"help_option_names": ["--help"]})
@click.option("--on", "where", type=click.Choice(["local", *cluster_options.CLUSTERS]), default="local",
              show_default=True, help="run here, or hand the job over")  # fmt: skip
@click.option("--job", "job_file", metavar="FILE", help="run the job in a file that makes a streamtools.Job")
@click.option("--dry-run", is_flag=True, help="print what would run, and run nothing")
@click.option("--stdout", is_flag=True, help="results go to stdout; no -output is needed")
@local_options.options
@cluster_options.options
@cluster_options.plan_options
@common
@click.pass_context
def st_run(ctx: click.Context, /, **options: Any) -> None:
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
        tell(f"st-run: {error}")
        if error.usage:
            _print_hadoop_options()
        if error.exit_code == 1:
            tell("Try -help for more information")
        tell("Streaming Command Failed!")
        status = error.exit_code
    ctx.exit(status)


def _run(argv: list[str], where: str, dry_run: bool, stdout: bool, job_file: str | None, **options: Any) -> int:
    """Understand the command line, run the job, and return the job client's exit status."""
    from streamtools.job import build_job, parse

    if job_file is not None:
        from streamtools.api.command_line import let_commands_import
        from streamtools.api.job_file import load_job

        argv = load_job(job_file).command_line(argv)
        if where == "local":
            let_commands_import(os.environ)
    if options["replay"] is not None:
        if argv:
            raise UsageError("--replay", f"stands alone, and {argv[0]} does not belong to it", "leave the rest out")
        from streamtools.local.recovery.replay import replay

        return replay(options["replay"], _say)
    line = parse(argv)
    if line.subcommand in ("dumptb", "loadtb"):
        from streamtools.launch.typed_bytes_files import run_subcommand

        return run_subcommand(line.subcommand, line.words)
    if line.asks_for_help:
        _print_hadoop_options()
        return 0
    if stdout and line.one("output") not in (None, "-"):
        raise UsageError("--stdout", f"the results go to -output {line.one('output')} already", "leave one of them out")
    if options["retries"] is not None:
        for kind in ("map", "reduce"):
            line = line.with_property(f"mapreduce.{kind}.maxattempts", str(options["retries"] + 1))
    local_options.check_plan_options(options)
    if options["plan"]:
        return _plan(line, options)
    job = build_job(line, stdout=stdout, java=where != "local", least_tasks=options["tasks"] or (0, 0))
    for warning in job.warnings:
        _say(warning)
    if where != "local":
        return cluster_options.submit(job, where, dry_run, options)
    if dry_run:
        from streamtools.launch.dry_run import show_tasks

        return show_tasks(job)
    from streamtools.launch import here

    return here.run(job, local_options.run_request(options))


def _plan(line: "CommandLine", options: dict[str, Any]) -> int:
    """Print a plan for a cluster if one is given, else for this machine."""
    if options["nodes"] or options["cores"]:
        from streamtools.launch.plan import plan

        return plan(line, local_options.plan_request(options))
    from streamtools.launch.planning import local_plan

    return local_plan.plan(line, local_options.local_plan_request(options, _say))


def _print_hadoop_options() -> None:
    from streamtools.job.streaming_help import OPTIONS_OF_HADOOP

    click.echo(OPTIONS_OF_HADOOP, nl=False)


def _say(text: str) -> None:
    tell(f"st-run: {text}")


main = entry(st_run)
