"""The functions of a map-reduce job, and the types of what they take and give."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar, Union, overload

from streamtools.api.declared_options import Option, Options
from streamtools.api.task_context import Counts, find_file, input_name
from streamtools.api.types import Kind, Shape, find_shape
from streamtools.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])
Blocks = Callable[..., Iterable[bytes]]  # a function of our own library
ROLES = ("map", "combine", "reduce")
ON_ERROR = ("fail", "skip")


class Part(NamedTuple):
    """A function of a job. takes: "each" line or key, the "task" as a whole, or "blocks" of bytes as our own library's.

    pattern: which inputs a mapper is for, "" for all others.
    """

    function: Callable[..., Iterable[Any]]
    takes: str = "each"
    pattern: str = ""


class Types(NamedTuple):
    """What a job reads and writes; out: key and value of the reducer. group: number of key fields that make a group."""

    line: Shape
    key: Shape
    value: Shape
    out: tuple[Shape, Shape]
    group: int


class Setting(NamedTuple):
    """How a job is run, if its command line does not say otherwise. source: its file, doc: its description."""

    reduces: int
    conf: Mapping[str, object]
    on_error: str
    source: str
    doc: str


class Definition:
    """The part of a Job that its stages know.

    line, key, value: types of the mapper's lines, and of the keys and values between mapper and reducer: str, bytes,
    int, float, the module json, or a tuple of these. out: types of the reducer's key and value, if they differ.
    group: number of key fields that make a group; the others only sort. reduces: number of reduce tasks. conf:
    properties of Hadoop. files: paths to ship. on_error: "fail" or "skip" for a record that does not parse.

    Raises UsageError for values that cannot be.
    """

    def __init__(
        self,
        line: Kind = str,
        key: Kind = str,
        value: Kind = str,
        *,
        out: tuple[Kind, Kind] | None = None,
        group: int = 0,
        reduces: int = 1,
        conf: Mapping[str, object] | None = None,
        files: Iterable[str] = (),
        on_error: str = "fail",
    ) -> None:
        where = sys._getframe(1).f_globals
        if on_error not in ON_ERROR:
            raise UsageError(f"Job(on_error={on_error!r})", "invalid value", 'use "fail" or "skip"')
        self.types = _make_types(line, key, value, out, group)
        source = where.get("__file__") or ""
        self.setting = Setting(reduces, dict(conf or {}), on_error, source, where.get("__doc__") or "")
        self.files = list(files)
        self.mappers: list[Part] = []
        self.reducer: Part | None = None
        self.combiner: Part | None = None
        self.options = Options()
        self.counts = Counts(on_error == "skip")
        self.step = ""  # its name, if its file makes a flow of several jobs

    @overload
    def map(self, function: F, /) -> F: ...

    @overload
    def map(self, pattern: str = "", /) -> Callable[[F], F]: ...

    def map(self, function: Union[F, str] = "", /) -> Union[F, Callable[[F], F]]:
        """Add a mapper: a generator of pairs from a line. With a pattern it is for the inputs of such names only."""
        return self._add_mapper("each", function)

    @overload
    def map_task(self, function: F, /) -> F: ...

    @overload
    def map_task(self, pattern: str = "", /) -> Callable[[F], F]: ...

    def map_task(self, function: Union[F, str] = "", /) -> Union[F, Callable[[F], F]]:
        """Add a mapper that is a generator of pairs from an iterator over all lines of a task."""
        return self._add_mapper("task", function)

    @overload
    def reduce(self, function: F, /) -> F: ...

    @overload
    def reduce(self, function: None = None, /, *, combine: bool = False) -> Callable[[F], F]: ...

    def reduce(self, function: F | None = None, /, *, combine: bool = False) -> Union[F, Callable[[F], F]]:
        """Set the reducer: a generator of pairs from a key and an iterator over its values.

        combine: it is its own combiner.
        """

        def take(function: F) -> F:
            self.reducer = Part(function)
            if combine:
                self._set_combiner(self.reducer)
            return function

        return take if function is None else take(function)

    def reduce_task(self, function: F, /) -> F:
        """Set the reducer: a generator of pairs from an iterator over all groups of a task, (key, values)."""
        self.reducer = Part(function, "task")
        return function

    def combine(self, function: F, /) -> F:
        """Set the combiner, which gets some values of a key, and yields pairs of the same key."""
        self._set_combiner(Part(function))
        return function

    def map_with(self, function: Blocks, pattern: str = "", **arguments: object) -> None:
        """Use a mapper of streamtools.mappers, with its arguments."""
        self._set_mapper(Part(_with_arguments(function, arguments), "blocks", pattern))

    def reduce_with(self, function: Blocks, *, combine: bool = False, **arguments: object) -> None:
        """Use a reducer of streamtools.reducers, with its arguments: `job.reduce_with(top, size=3)`."""
        self.reducer = Part(_with_arguments(function, arguments), "blocks")
        if combine:
            self._set_combiner(self.reducer)

    def option(
        self,
        name: str,
        *,
        type: Callable[[str], object] = str,
        default: object = None,
        required: bool = False,
        help: str = "",
    ) -> None:
        """Declare an option of the command line, such as --most; its value is `job.options.most`, in all tasks."""
        self.options.declare(Option(name, type, default, help, required))

    def file(self, path: str) -> str:
        """Ship a file with the job. Return the path under which it can be opened, here or in a task."""
        if path not in self.files:
            self.files.append(path)
        return find_file(path, self.setting.source)

    def count(self, group: str, name: str, amount: int = 1) -> None:
        """Add to a counter of the job."""
        self.counts.counters[group, name] += amount

    def status(self, text: str) -> None:
        """Tell what the task is doing. This also shows Hadoop that it is alive."""
        line = text.replace("\n", " ")
        print(f"reporter:status:{line}", file=sys.stderr, flush=True)

    @property
    def input_name(self) -> str:
        """The path or URI of what the map task reads, "" if it is not known."""
        return input_name()

    @property
    def name(self) -> str:
        """The name of the job's file, as tasks and messages know it."""
        return os.path.basename(self.setting.source) or "job"

    def _add_mapper(self, takes: str, given: Union[F, str]) -> Union[F, Callable[[F], F]]:
        if not isinstance(given, str):
            self._set_mapper(Part(given, takes))
            return given

        def add(function: F) -> F:
            self._set_mapper(Part(function, takes, given))
            return function

        return add

    def _set_mapper(self, part: Part) -> None:
        """Add a mapper, or put it in the place of the one for the same inputs, as when a cell is run again."""
        patterns = [other.pattern for other in self.mappers]
        at = patterns.index(part.pattern) if part.pattern in patterns else len(patterns)
        self.mappers[at : at + 1] = [part]

    def _set_combiner(self, part: Part) -> None:
        types = self.types
        if part is self.reducer and part.takes == "each" and types.out != (types.key, types.value):
            remedy = "leave combine=True out, or write a combiner with @job.combine"
            problem = "its pairs are not of the types key and value, so that it cannot be its own combiner"
            raise UsageError("job.reduce(combine=True)", problem, remedy)
        self.combiner = part


def _make_types(line: Kind, key: Kind, value: Kind, out: tuple[Kind, Kind] | None, group: int) -> Types:
    keys = find_shape(key, "key", is_key=True)
    if not 0 <= group <= len(keys.fields):
        remedy = f"use a number from 1 to {len(keys.fields)}, that of the fields of the key"
        raise UsageError(f"Job(group={group})", "invalid number of fields", remedy)
    values = find_shape(value, "value")
    head = keys.head(group or len(keys.fields))
    if out is None:
        written = head, values
    elif isinstance(out, tuple) and len(out) == 2:
        written = find_shape(out[0], "out"), find_shape(out[1], "out")
    else:
        raise UsageError("Job(out=...)", "needs two types", "write out=(KEY, VALUE), for example out=(str, int)")
    return Types(find_shape(line, "line"), keys, values, written, group or len(keys.fields))


def _with_arguments(function: Blocks, arguments: Mapping[str, object]) -> Blocks:
    """Return a function of our library as one of blocks and a reporter."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    unknown = [name for name in arguments if name not in names]
    if unknown or not names or names[0] != "blocks":
        problem = f"has no argument {unknown[0]}" if unknown else "is not a function of streamtools.mappers or reducers"
        raise UsageError(function.__name__, problem, "see its docstring, or write a function of your own")
    if "reporter" in names:
        return lambda blocks, reporter: function(blocks, reporter=reporter, **arguments)
    return lambda blocks, reporter: function(blocks, **arguments)
