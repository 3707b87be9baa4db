"""Parameters of a TOML file of steps: declared there, given by `--set NAME=VALUE`, put where {{NAME}} stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from streamtools.errors import UsageError
from streamtools.toml_files import Table, describe, suggest

PLACEHOLDER = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")
TYPES: dict[str, tuple[type, str]] = {  # name -> Python's type, what a text must look like
    "string": (str, r"(?s:.*)"),
    "integer": (int, r"[+-]?[0-9]+"),
    "number": (float, r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"),
    "boolean": (bool, r"true|false"),
}


@dataclass(frozen=True)
class Parameter:
    """One parameter. default: as text, None if a value must be given; place: where it is declared."""

    name: str
    type: str
    default: str | None
    help: str
    place: str


def read_parameters(table: Table) -> list[Parameter]:
    """Return the parameters that `[parameters]` declares. `name = 10` alone gives the default, and so the type.

    Raises UsageError for a type or default that cannot be.
    """
    return [_read(table, name) for name in table.values]


def _read(table: Table, name: str) -> Parameter:
    value = table.values[name]
    place = f"{table.path}:{table.line_of((*table.keys, name))}"
    if not isinstance(value, dict):
        return Parameter(name, _type_of(table, name, value), _as_text(value), "", place)
    own = table.table(name)
    own.check_names(("type", "default", "required", "help"))
    given = own.values.get("default")
    if own.truth("required", given is None) != (given is None):
        problem = "has a default, which is never used" if given is not None else "has no default"
        raise own.error(
            "required",
            f"parameter {name!r} is {'' if given is not None else 'not '}required, and {problem}",
            "leave required out: without a default, a value is required",
        )
    kind = own.text("type", "string" if given is None else _type_of(own, "default", given))
    if kind not in TYPES:
        raise own.error("type", f"unknown type {kind!r}", suggest(kind, TYPES))
    if given is not None and not re.fullmatch(TYPES[kind][1], _as_text(given)):
        raise own.error("default", f"{given!r} is not of type {kind}", "change one of them")
    return Parameter(name, kind, None if given is None else _as_text(given), own.text("help"), place)


def _type_of(table: Table, name: str, value: object) -> str:
    for kind, (python, _) in TYPES.items():
        if type(value) is python:
            return kind
    raise table.error(name, f"{describe(value)} cannot be a parameter", "use a string, a number, true or false")


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def choose_values(declared: Sequence[Parameter], given: Sequence[str], file: str) -> dict[str, str]:
    """Return the value of each parameter: given as NAME=VALUE, or its default. Raises UsageError for what is wrong."""
    by_name = {parameter.name: parameter for parameter in declared}
    values = {name: parameter.default for name, parameter in by_name.items() if parameter.default is not None}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--set {text}", "missing value", f"write --set {name}=VALUE")
        if name not in by_name:
            problem = f"{file} has no parameter {name!r}"
            remedy = suggest(name, by_name) if by_name else "declare it there, below [parameters]"
            raise UsageError(f"--set {text}", problem, remedy)
        kind = by_name[name].type
        if not re.fullmatch(TYPES[kind][1], value):
            raise UsageError(f"--set {text}", f"{name} is of type {kind}", f"give {_example(kind)}")
        values[name] = value
    if missing := [parameter for name, parameter in by_name.items() if name not in values]:
        plural, verb = ("s", "have") if len(missing) > 1 else ("", "has")
        names = " and ".join(repr(parameter.name) for parameter in missing)
        remedy = f"give {' '.join(f'--set {parameter.name}=VALUE' for parameter in missing)}"
        raise UsageError(missing[0].place, f"parameter{plural} {names} {verb} no value", remedy)
    return values


def _example(kind: str) -> str:
    return {"integer": "a whole number, as 10", "number": "a number, as 0.85"}.get(kind, "true or false")


def substitute(table: Table, values: Mapping[str, str]) -> Table:
    """Return a table in which all texts have values instead of placeholders. Raises UsageError for an unknown name."""

    def put(value: object, keys: tuple[str | int, ...]) -> object:
        if isinstance(value, dict):
            return {name: put(inner, (*keys, name)) for name, inner in value.items()}
        if isinstance(value, list):
            return [put(inner, (*keys, number)) for number, inner in enumerate(value)]
        if not isinstance(value, str):
            return value
        for match in PLACEHOLDER.finditer(value):
            if match[1] not in values:
                remedy = suggest(match[1], values) if values else "declare it below [parameters]"
                raise table.error_at((*table.keys, *keys), f"unknown parameter {match[0]}", remedy)
        return PLACEHOLDER.sub(lambda match: values[match[1]], value)

    replaced = {name: put(value, (name,)) for name, value in table.values.items()}
    return table.with_values(replaced)
