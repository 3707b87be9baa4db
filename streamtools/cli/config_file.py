"""Defaults for the options of st-run from `streamtools.toml`, in the user's config directory and in the present one.

    jobs = 4                          # as --jobs 4
    D."mapreduce.job.reduces" = 2     # as -D mapreduce.job.reduces=2

    [profile.cluster]                 # with --profile cluster
    on = "hadoop"

A later one counts: user's file, present directory's file, their profiles in the same order, command line.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from streamtools.cli import cluster_options, local_options
from streamtools.cli.options import Options, several
from streamtools.errors import UsageError

if TYPE_CHECKING:
    from streamtools.toml_files import Table

NAME = "streamtools.toml"
OF_ONE_RUN = {  # and not of a file
    *("dry_run", "stdout", "replay", "pdb", "clean", "plan", "job_file", "set_values", "only", "start", "resume"),
    *("overwrite", "secondary_sort", "check_combiner", "show_config", "profile", "version", "help"),
    *("examples", "example", "guide", "completion"),
}
HEADING = "Defaults"
META = "streamtools.cli.config_file"  # under which click's context has the defaults

options = several(
    click.option("--profile", metavar="NAME", help=f"take defaults from [profile.NAME] of {NAME}, too"),
    click.option("--show-config", is_flag=True, help=f"print the defaults that {NAME} sets, and from where"),
    heading=HEADING,
)


@dataclass
class Defaults:
    """What files set. values: name of the parameter -> value; properties: of -D; shown: a line for each."""

    values: dict[str, object] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


def read_defaults(command: click.Command, ctx: click.Context, profile: str) -> Defaults:
    """Return the defaults of all files. Raises UsageError, with the line, for what is wrong in one."""
    found = Defaults()
    tables = []
    for path in _paths():
        if os.path.isfile(path):
            from streamtools.toml_files import read_toml

            found.files.append(path)
            tables.append(read_toml(path))
    options = {
        name.removeprefix("--"): param
        for param in command.get_params(ctx)
        if isinstance(param, click.Option) and param.name not in OF_ONE_RUN
        for name in param.opts
        if name.startswith("--")
    }
    for table in tables:
        _take(found, table, options, ctx)
    if profile:
        chosen = [profiles.table(profile) for table in tables if profile in (profiles := table.table("profile"))]
        if not chosen:
            names = sorted({name for table in tables for name in table.table("profile").values})
            remedy = f"use one of {', '.join(names)}" if names else f"write [profile.{profile}] into {NAME}"
            raise UsageError(f"--profile {profile}", "no file has it", remedy)
        for table in chosen:
            _take(found, table, options, ctx)
    return found


def applicable(ctx: click.Context, options: Options) -> Options:
    """Return the options of a run without those defaults of files that do not go with the place or plan asked for."""
    left_out: set[str] = set(local_options.NOT_PLANNED if options["plan"] else local_options.ONLY_PLANNED)
    if options["where"] != "local":
        left_out.update(cluster_options.ONLY_HERE)
    given = {name for name in left_out if ctx.get_parameter_source(name) == ParameterSource.DEFAULT_MAP}
    return {name: None if name in given else value for name, value in options.items()}


def show(defaults: Defaults) -> str:
    """Return the defaults as TOML, with their origin."""
    lines = [f"# {path}{'' if path in defaults.files else ' (does not exist)'}" for path in _paths()]
    return "\n".join([*lines, *defaults.shown.values(), ""])


def _paths() -> list[str]:
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return [os.path.join(home, "streamtools", NAME), NAME]


def _take(found: Defaults, table: Table, options: dict[str, click.Option], ctx: click.Context) -> None:
    """Add what a table sets."""
    top = {"profile"} if not table.keys else set()
    table.check_names({*options, "D", *top})
    for name, value in table.values.items():
        if name in ("profile", "D"):
            continue
        param = options[name]
        assert param.name
        found.values[param.name] = _check(table, name, value, param, ctx)
        found.shown[name] = f"{name} = {_as_toml(value)}  # {_origin(table, name)}"
    for name, text in table.assignments("D").items():
        found.properties[name] = text
        found.shown[f"D.{name}"] = f'D."{name}" = {_as_toml(text)}  # {_origin(table, "D")}'


def _check(table: Table, name: str, value: object, param: click.Option, ctx: click.Context) -> object:
    """Return a value as click takes it. Raises UsageError if the option does not."""
    if isinstance(value, bool) != param.is_flag:
        wanted = "true or false" if param.is_flag else "a text or a number"
        raise table.error(name, f"{name} takes {wanted}", "see st-run --help")
    texts = list(_texts(table, name, value, param.multiple))
    try:
        for text in texts:
            if not param.is_flag:
                param.type(text, param, ctx)
    except click.BadParameter as error:
        problem = " ".join(error.message.split()).rstrip(".")
        raise table.error(name, f"{name}: {problem}", f"see --{name} in st-run --help") from None
    return value if param.is_flag else texts if param.multiple else texts[0]


def _texts(table: Table, name: str, value: object, is_multiple: bool) -> Iterator[str]:
    items: Iterable[object] = value if is_multiple and isinstance(value, list) else [value]
    for item in items:
        if not isinstance(item, str | int):  # 3.10 would be 3.1
            raise table.error(name, f"{name} takes a text or a whole number", f'write it as text: {name} = "..."')
        yield str(item)


def _origin(table: Table, name: str) -> str:
    return f"{table.path}:{table.line_of((*table.keys, name))}"


def _as_toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_as_toml, value))}]"
    if isinstance(value, int):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
