"""A TOML file of steps, read into a Flow.

[parameters]                       [[step]]                        [[step]]
top = 10                           name = "count"                  name = "top"
                                   input = "books/*.txt"           reducer = "st-reduce top -n {{top}}"
                                   mapper = "st-map words"
                                   reducer = "st-reduce"
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from streamtools.errors import UsageError
from streamtools.job import CommandLine, Refused
from streamtools.job.secondary_sort import sort_values
from streamtools.launch.flow.from_toml.condition import parse_condition
from streamtools.launch.flow.from_toml.parameters import Parameter, choose_values, read_parameters, substitute
from streamtools.launch.flow.step import Flow, Repeat, Source, Step
from streamtools.toml_files import Table, read_toml, suggest

OPTIONS = {  # key -> streaming option
    **{name: name for name in ("mapper", "combiner", "reducer", "partitioner", "inputformat", "outputformat")},
    "inputreader": "inputreader",
    "io": "io",
}
KEYS = (*OPTIONS, "name", "input", "from", "files", "archives", "D", "env", "reduces", "secondary-sort", "repeat")
TOP = ("help", "output", "parameters", "D", "env", "step")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def read_flow(path: str, given: Sequence[str]) -> Flow:
    """Return the steps of a file, with the values of its parameters. given: NAME=VALUE, from the command line.

    Raises UsageError with file and line for what is wrong, NoInputError if the file cannot be read.
    """
    table, parameters = _open(path)
    table = substitute(table.without("parameters"), choose_values(parameters, given, path))
    shared = CommandLine("streamjob", *_settings(table))
    steps: list[Step] = []
    for number, step in enumerate(table.tables("step"), 1):
        steps.append(_read_step(step, number, shared, [earlier.name for earlier in steps]))
    return Flow(path, tuple(steps), table.text("output"), table.text("help"))


def describe_flow(path: str) -> str:
    """Return what a file does, its parameters and its steps, for --help."""
    table, parameters = _open(path)
    lines = [f"Usage: st-run --job {path} [--set NAME=VALUE]... -output DIR", ""]
    if text := table.text("help").strip():
        lines += [*text.splitlines(), ""]
    if parameters:
        width = max(len(each.name) for each in parameters)
        lines += ["Parameters:", *(f"  {each.name:{width}}  {_describe_parameter(each)}" for each in parameters), ""]
    lines.append("Steps:")
    for step in table.tables("step"):
        stages = [step.text(stage) for stage in ("mapper", "combiner", "reducer") if stage in step]
        lines.append(f"  {step.text('name')}: {' | '.join(stages)}")
    return "\n".join([*lines, "", "st-run --help has the options of jobs of several steps.", ""])


def _describe_parameter(parameter: Parameter) -> str:
    default = "required" if parameter.default is None else f"default: {parameter.default}"
    return "  ".join(filter(None, (parameter.help, f"[{parameter.type}, {default}]")))


def _open(path: str) -> tuple[Table, list[Parameter]]:
    table = read_toml(path)
    table.check_names(TOP)
    if not table.tables("step"):
        raise UsageError(path, "has no steps", "write [[step]] and, below it, name, mapper and reducer")
    return table, read_parameters(table.table("parameters"))


def _settings(table: Table) -> tuple[tuple[tuple[str, str], ...], dict[str, tuple[str, ...]]]:
    """Return what `D` and `env` of a table set: generic options and streaming ones."""
    generic = tuple(("D", f"{name}={value}") for name, value in table.assignments("D").items())
    variables = table.assignments("env")
    for name, value in variables.items():
        if " " in value:
            raise table.error("env", f"the value of {name} holds a blank, at which Hadoop splits", "leave it out")
    values = tuple(f"{name}={value}" for name, value in variables.items())
    return generic, {"cmdenv": values} if values else {}


def _read_step(table: Table, number: int, shared: CommandLine, before: Sequence[str]) -> Step:
    """Return a step. shared: options of all steps; before: the names of the steps above it."""
    table.check_names(KEYS)
    name = table.text("name", f"step-{number}")
    if not NAME.fullmatch(name):
        raise table.error("name", f"invalid name {name!r} of a step", "use letters, digits, '-', '_' and '.'")
    paths, files = _read_files(table)
    generic, streaming = _settings(table)
    streaming = {**streaming, "cmdenv": (*shared.all("cmdenv"), *streaming.get("cmdenv", ()))}
    if not streaming["cmdenv"]:
        del streaming["cmdenv"]
    streaming |= {option: (table.text(key),) for key, option in OPTIONS.items() if key in table}
    if "reduces" in table:
        streaming["numReduceTasks"] = (_read_reduces(table),)
    shipped = [
        (key, ",".join(items)) for key, items in (("files", paths), ("archives", table.texts("archives"))) if items
    ]
    line = CommandLine("streamjob", (*shared.generic, *generic, *shipped), streaming)
    if fields := table.text("secondary-sort"):
        try:
            line = sort_values(line, fields)
        except (UsageError, Refused) as error:
            raise table.error("secondary-sort", error.problem, error.remedy) from None
    inputs = (*map(Source, table.texts("input")), *(Source(step=step) for step in table.texts("from")))
    place = f"{table.path}:{table.line_of(table.keys)}"
    return Step(name, line, inputs or None, files, _read_repeat(table, [*before, name]), place)


def _read_reduces(table: Table) -> str:
    """Return the number of reduce tasks, which may be a text that a parameter has given."""
    value = table.values["reduces"]
    text = value if isinstance(value, str) else str(table.number("reduces", 1))
    if not text.isdecimal():
        raise table.error("reduces", f"{text!r} is not a number of reduce tasks", "give 0 or more")
    return text


def _read_files(table: Table) -> tuple[list[str], tuple[Source, ...]]:
    """Return the paths that a step ships, and the steps whose output it does: `{ from = "STEP", as = "NAME" }`."""
    value = table.values.get("files", [])
    paths: list[str] = []
    files: list[Source] = []
    for number, item in enumerate([value] if isinstance(value, str | dict) else table.items("files")):
        if isinstance(item, str):
            paths.append(item)
        elif isinstance(item, dict):
            keys = ("files",) if isinstance(value, dict) else ("files", number)
            own = table.below(keys, item)
            own.check_names(("from", "as"))
            if not (step := own.text("from")):
                raise own.error("", "a table in files names no step", 'write { from = "STEP", as = "NAME" }')
            files.append(Source(step=step, link=own.text("as", step)))
        else:
            raise table.error("files", "files are paths, or tables that name a step", 'as { from = "STEP" }')
    return paths, tuple(files)


def _read_repeat(table: Table, names: Sequence[str]) -> Repeat | None:
    """Return how a step is repeated. names: of the steps above it, and its own."""
    if "repeat" not in table:
        return None
    own = table.table("repeat")
    own.check_names(("from", "until", "most", "replaces"))
    for name in ("until", "most"):
        if name not in own:
            raise own.error("", f"repeat has no {name}", 'write repeat = { until = "group/name == 0", most = 30 }')
    most = own.values["most"]
    number = int(most) if isinstance(most, str) and most.isdecimal() else own.number("most", 0)
    if number < 1:
        raise own.error("most", f"cannot repeat a step {number} times", "give 1 or more")
    first = own.text("from", names[-1])
    if first not in names:
        raise own.error("from", f"repeat: there is no step {first!r} above", suggest(first, names))
    try:
        until = parse_condition(own.text("until"))
    except UsageError as error:
        raise own.error("until", error.problem, error.remedy) from None
    span = len(names) - names.index(first)
    return Repeat(until, number, own.text("replaces"), own.text("until"), span)
