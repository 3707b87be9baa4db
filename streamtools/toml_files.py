"""TOML files that people write: values with their types checked, and errors that name the line.

    file --read_toml--> Table --text(), texts(), number(), table()--> values, or UsageError "FILE:LINE: problem; remedy"

Python's parser tells no lines. They are found only for an error: the file is parsed again, one line more each time,
and a key stands on the line with which it first appears.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping

from streamtools.errors import NoInputError, UsageError, in_words

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Keys = tuple["str | int", ...]  # the way to a value: names of tables and keys, numbers of elements
KINDS: dict[type, str] = {
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "true or false",
    dict: "a table",
    list: "a list",
}


class Table:
    """A table of a TOML file. Its methods return values of one type, and raise UsageError with file and line."""

    def __init__(self, path: str, source: str, values: Mapping[str, object], keys: Keys = ()) -> None:
        self.path, self._source, self.values, self.keys = path, source, values, keys

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def error(self, name: str, problem: str, remedy: str = "") -> UsageError:
        """Return an error about a key of this table; "" for the table itself."""
        return self.error_at((*self.keys, name) if name else self.keys, problem, remedy)

    def error_at(self, keys: Keys, problem: str, remedy: str = "") -> UsageError:
        """Return an error about the value at `keys`, or about what it is in if it is missing."""
        line = self.line_of(keys)
        return UsageError(f"{self.path}:{line}" if line else self.path, problem, remedy)

    def line_of(self, keys: Keys) -> int:
        """Return the line on which the value at `keys` begins, or what it is in; 0 if there is none."""
        lines = _find_lines(self._source)
        while keys and keys not in lines:
            keys = keys[:-1]
        return lines.get(keys, 0)

    def check_names(self, known: Iterable[str]) -> None:
        """Raise UsageError for a key that is not among `known`."""
        known = sorted(known)
        for name in self.values:
            if name not in known:
                raise self.error(name, f"unknown key {name!r}", suggest(name, known))

    def text(self, name: str, default: str = "") -> str:
        """Return a string."""
        value = self.values.get(name, default)
        if not isinstance(value, str):
            raise self._wrong_kind((name,), value, str)
        return value

    def texts(self, name: str) -> list[str]:
        """Return a list of strings; a string alone stands for a list of one."""
        value = self.values.get(name, [])
        if isinstance(value, str):
            return [value]
        if not isinstance(value, list):
            raise self._wrong_kind((name,), value, list)
        for number, item in enumerate(value):
            if not isinstance(item, str):
                raise self._wrong_kind((name, number), item, str)
        return value

    def number(self, name: str, default: int) -> int:
        """Return an integer."""
        value = self.values.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong_kind((name,), value, int)
        return value

    def truth(self, name: str, default: bool) -> bool:
        """Return true or false."""
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            raise self._wrong_kind((name,), value, bool)
        return value

    def table(self, name: str) -> Table:
        """Return a table, an empty one if it is missing."""
        return self._table((name,), self.values.get(name, {}))

    def tables(self, name: str) -> list[Table]:
        """Return the tables of an array, `[[name]]`."""
        value = self.values.get(name, [])
        if not isinstance(value, list):
            raise self.error(name, f"{name} is {describe(value)}", f"write [[{name}]] above each one")
        return [self._table((name, number), item) for number, item in enumerate(value)]

    def assignments(self, name: str) -> dict[str, str]:
        """Return the names and values of a table as text. `a.b.c = 1` without quotes is the name a.b.c, too."""
        table = self.table(name)
        return {".".join(keys): table._as_text(keys, value) for keys, value in _leaves(table.values)}

    def items(self, name: str) -> list[object]:
        """Return a list of values of any kind."""
        value = self.values.get(name, [])
        if not isinstance(value, list):
            raise self._wrong_kind((name,), value, list)
        return value

    def below(self, keys: Keys, values: Mapping[str, object]) -> Table:
        """Return the table of `values`, which stands at `keys` in this one."""
        return Table(self.path, self._source, values, (*self.keys, *keys))

    def with_values(self, values: Mapping[str, object]) -> Table:
        """Return a table of other values that stands at the same place."""
        return Table(self.path, self._source, values, self.keys)

    def without(self, name: str) -> Table:
        """Return the table without a key."""
        return self.with_values({key: value for key, value in self.values.items() if key != name})

    def _table(self, keys: Keys, value: object) -> Table:
        if not isinstance(value, dict):
            raise self._wrong_kind(keys, value, dict)
        return self.below(keys, value)

    def _as_text(self, keys: tuple[str, ...], value: object) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        if not isinstance(value, str | int | float):
            raise self._wrong_kind(keys, value, str)
        return str(value)

    def _wrong_kind(self, keys: Keys, value: object, kind: type) -> UsageError:
        name = next(str(key) for key in reversed(keys) if isinstance(key, str))
        return self.error_at((*self.keys, *keys), f"{name}: {describe(value)} where {KINDS[kind]} is expected")


def read_toml(path: str) -> Table:
    """Read a file. Raises NoInputError if it cannot be read, UsageError with the line if it is not TOML."""
    try:
        with open(path, encoding="utf-8") as file:
            source = file.read()
    except OSError as error:
        raise NoInputError(path, in_words(error), "check the name") from None
    except UnicodeDecodeError:
        raise UsageError(path, "is not text in UTF-8", "save it as UTF-8") from None
    try:
        return Table(path, source, tomllib.loads(source))
    except tomllib.TOMLDecodeError as error:
        problem, _, where = str(error).partition(" (at ")
        line = where.removeprefix("line ").partition(",")[0] if where.startswith("line ") else str(source.count("\n"))
        message = problem[:1].lower() + problem[1:]
        raise UsageError(f"{path}:{line}", f"not valid TOML: {message}", _remedy(message)) from None


def _remedy(message: str) -> str:
    """Return what to do about a message of Python's parser."""
    if "overwrite" in message or "twice" in message:
        return "the name is there already: leave one of the two out"
    if message.startswith(("illegal character", "unterminated")):
        return "close the text with a quote"
    if message.startswith("unclosed"):
        return "close it with a bracket"
    return 'text needs quotes: name = "text"'


def suggest(name: str, known: Iterable[str]) -> str:
    """Return what to try instead of an unknown name: one that is much like it, else all of them."""
    from difflib import get_close_matches

    names = list(known)
    close = get_close_matches(name, names, 1)
    return f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(names)}"


def describe(value: object) -> str:
    """Return the kind of a value in words."""
    return next((words for kind, words in KINDS.items() if type(value) is kind), "a date or time")


def _find_lines(source: str) -> dict[Keys, int]:
    """Map the way to each value of a document to the line on which it begins, counted from 1."""
    lines = source.split("\n")
    found: dict[Keys, int] = {}
    start = 0
    for end in range(1, len(lines) + 1):
        try:
            data = tomllib.loads("\n".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue  # within a value of several lines
        for keys in _ways(data):
            found.setdefault(keys, start + 1)
        start = end
    return found


def _ways(value: object, keys: Keys = ()) -> Iterator[Keys]:
    items: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield (*keys, key)
        yield from _ways(inner, (*keys, key))


def _leaves(values: Mapping[str, object], keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*keys, name))
        else:
            yield (*keys, name), value
