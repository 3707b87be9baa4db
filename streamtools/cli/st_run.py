"""st-run: Hadoop Streaming's command line, run here or handed to a cluster."""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from streamtools.cli import (
    cluster_options,
    config_file,
    entry,
    example_options,
    flow_options,
    guide_options,
    local_options,
)
from streamtools.cli.completion_scripts import completion_option
from streamtools.cli.options import Options, common, refuse, value_of, write_options
from streamtools.errors import UsageError
from streamtools.showing import to_show
from streamtools.terminal import tell

if TYPE_CHECKING:
    from streamtools.job import CommandLine, Job


class HadoopCommand(click.Command):
    """A command that keeps its own options, spelled with two dashes, apart from Hadoop's, wherever they stand."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take our options; the rest is left in `ctx.obj` for Hadoop's grammar."""
        ours, hadoops = self._parted(ctx, ["--help"] if args == ["-h"] else args)
        if "--help" in ours and (job := value_of("--job", ours)).endswith(".toml"):
            flow_options.print_help(job)
            ctx.exit()
        if "--help" not in ours:
            defaults = config_file.read_defaults(self, ctx, value_of("--profile", ours))
            ctx.default_map, ctx.meta[config_file.META] = defaults.values, defaults
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
        ours = (local_options, flow_options, config_file, example_options, guide_options)
        headings = [module.HEADING for module in ours]
        write_options(ctx, formatter, [*headings[:2], *cluster_options.HEADINGS, *headings[2:]])


@click.command(cls=HadoopCommand, name="st-run", context_settings={"help_option_names": ["--help"]})
@click.option("--on", "where", type=click.Choice(["local", *cluster_options.CLUSTERS]), default="local",
              show_default=True, help="run here, or hand the job over")  # fmt: skip
@click.option("--job", "job_file", metavar="FILE", help="run the job of a Python file, or the steps of a TOML file")
@click.option("--dry-run", is_flag=True, help="print what would run, and run nothing")
@click.option("--stdout", is_flag=True, help="results go to stdout; no -output is needed")
@click.option("--overwrite", is_flag=True, help="replace the output of an earlier job, when this one has succeeded")
@click.option(
    "--secondary-sort",
    metavar="FIELDS",
    help="sort the values of a key: 2n, by number in field 2; 2:3nr, by field 3 where 2 fields are the key",
)
@local_options.options
@flow_options.options
@cluster_options.options
@cluster_options.plan_options
@config_file.options
@example_options.options
@guide_options.options
@completion_option
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
    from streamtools.job import Refused, explain_words

    defaults: config_file.Defaults = ctx.meta[config_file.META]
    if options["show_config"]:
        click.echo(to_show(config_file.show(defaults)), nl=False)
        return
    properties = [("D", f"{name}={value}") for name, value in defaults.properties.items()]
    try:
        status = _run(ctx.obj, properties, **config_file.applicable(ctx, options))
    except Refused as error:
        hint = explain_words(ctx.obj, [name for param in ctx.command.params for name in param.opts])
        tell(f"st-run: {error}{hint and f'; {hint}'}")
        if error.usage:
            _print_hadoop_options()
        if error.exit_code == 1:
            tell("Try -help for more information")
        tell("Streaming Command Failed!")
        status = error.exit_code
    ctx.exit(status)


def _run(
    argv: list[str], defaults: Sequence[tuple[str, str]], where: str, dry_run: bool, stdout: bool, **options: Any
) -> int:
    """Understand the command line, run the job, and return the job client's exit status.

    defaults: generic options before those of the command line.
    """
    from streamtools.job import parse

    if (status := _do_without_job(argv, dry_run, options)) is not None:
        return status
    if options["job_file"] is not None:
        loaded = flow_options.load(options["job_file"], argv, where, options)
        if isinstance(loaded, flow_options.Loaded):
            return flow_options.run(loaded, defaults, where, dry_run, stdout, options)
        argv = loaded
    flow_options.check_alone(options)
    line = parse(argv)
    if line.subcommand in ("dumptb", "loadtb"):
        from streamtools.launch.typed_bytes_files import run_subcommand

        return run_subcommand(line.subcommand, line.words)
    if line.asks_for_help:
        _print_hadoop_options()
        return 0
    if stdout and line.one("output") not in (None, "-"):
        raise UsageError("--stdout", f"the results go to -output {line.one('output')} already", "leave one of them out")
    line = _complete(line, defaults, options)
    local_options.check_plan_options(options)
    if options["plan"]:
        return _plan(line, options)
    if "-" in line.all("input") and where == "local":
        from streamtools.launch.stdin_input import keep_stdin, names_stdin

        if names_stdin(line):
            refuse(options, ("resume",), "cannot be used with -input -", "standard input cannot be read again")
            with keep_stdin(line, options["work_dir"]) as complete:
                return _start(complete, where, dry_run, stdout, options)
    return _start(line, where, dry_run, stdout, options)


def _start(line: "CommandLine", where: str, dry_run: bool, stdout: bool, options: Options) -> int:
    """Build the job of a complete command line, and run it; return the job client's exit status."""
    from streamtools.job import build_job

    if options["check"] and where == "local":
        from streamtools.launch.checking.check import check

        return check(line, local_options.check_request(options, _say))
    build = partial(build_job, stdout=stdout, java=where != "local", least_tasks=options["tasks"] or (0, 0))
    job = build(line)
    for warning in job.warnings:
        _say(warning)
    if options["overwrite"] and not dry_run:
        return _overwrite(job, build, where, options)
    return _run_job(job, where, dry_run, options)


def _run_job(job: "Job", where: str, dry_run: bool, options: Options) -> int:
    if where != "local":
        return cluster_options.submit(job, where, dry_run, options)
    if dry_run:
        from streamtools.launch.dry_run import show_tasks

        return show_tasks(job)
    from streamtools.launch import here

    return here.run(job, local_options.run_request(options))


def _replay(argv: list[str], directory: str, pdb: bool) -> int:
    """Run the failed task that is kept in a directory, with `pdb` in the debugger."""
    _check_alone("--replay", argv)
    from streamtools.local.recovery.replay import replay

    if pdb:
        from streamtools.api.debugging import debug

        return replay(directory, _say, debug)
    return replay(directory, _say)


def _do_without_job(argv: list[str], dry_run: bool, options: Options) -> int | None:
    """Do what an option asks for that needs no job; return the exit status, None if there is no such option."""
    if example_options.are_wanted(options):
        return example_options.show(argv, options)
    if options["guide"]:
        return guide_options.show(argv)
    if options["history"]:
        return _list_runs(argv)
    if options["replay"] is not None:
        return _replay(argv, options["replay"], options["pdb"])
    if options["pdb"]:
        raise UsageError("--pdb", "needs a failed task", "add --replay DIR, as the message about the task names it")
    return _clean(argv, options["work_dir"], dry_run) if options["clean"] else None


def _clean(argv: list[str], work_directory: str | None, dry_run: bool) -> int:
    """Remove what ended runs have left; ask before it, if a person can answer."""
    _check_alone("--clean", argv)
    from streamtools.launch.cleaning import clean

    is_asked = sys.stdin.isatty() and sys.stderr.isatty()
    return clean(work_directory, lambda text: not is_asked or click.confirm(text, err=True), _say, dry_run=dry_run)


def _list_runs(argv: list[str]) -> int:
    """Print the runs of this user."""
    _check_alone("--history", argv)
    from streamtools.launch.telling.run_list import describe_runs, read_runs

    for line in describe_runs(read_runs()):
        click.echo(line)
    return 0


def _check_alone(option: str, argv: list[str]) -> None:
    if argv:
        raise UsageError(option, f"stands alone, and {argv[0]} does not belong to it", "leave the rest out")


def _complete(line: "CommandLine", defaults: Sequence[tuple[str, str]], options: Options) -> "CommandLine":
    """Return the command line with what our own options and defaults of files mean in Hadoop's."""
    line = line.with_generic([*defaults, *line.generic])
    if options["secondary_sort"]:
        from streamtools.job.secondary_sort import sort_values

        line = sort_values(line, options["secondary_sort"])
    return local_options.with_properties(line, options)


def _overwrite(job: "Job", build: "Callable[[CommandLine], Job]", where: str, options: Options) -> int:
    """Run a job whose output may exist."""
    from streamtools.job import STDOUT
    from streamtools.launch.storage.file_systems import LocalStorage
    from streamtools.launch.storage.overwrite import run_beside

    if where not in ("local", "hadoop"):
        raise UsageError("--overwrite", f"not supported with --on {where}", "remove the old output yourself")
    if job.is_background or job.output == STDOUT:
        raise UsageError("--overwrite", "needs an output, and a job that st-run waits for", "leave it out")
    storage = LocalStorage() if where == "local" else cluster_options.storage(job, options)
    run = partial(_run_job, where=where, dry_run=False, options=options)
    return run_beside(job, storage, build, run, resume=options["resume"])


def _plan(line: "CommandLine", options: Options) -> int:
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
