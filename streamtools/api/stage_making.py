"""The stages of a job: blocks of whole lines in, blocks of records out, whether in a filter or in st-run's own task."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable, Iterator, Sequence

from streamtools.api.definition import Definition, Part
from streamtools.api.failures import as_stage_failed
from streamtools.api.groups import GroupedBy, Groups
from streamtools.api.layout import Layout
from streamtools.api.lines import typed_lines
from streamtools.api.loops import Pairs, combine_each, map_each, reduce_each, write_pairs
from streamtools.api.task_context import Counts, Position, input_source
from streamtools.errors import UsageError
from streamtools.reporter import Reporter
from streamtools.stage import Overdue


def run_stage(
    job: Definition, role: str, blocks: Iterable[bytes], name: str = "", reporter: Reporter | None = None
) -> Iterator[bytes]:
    """Yield the output of a stage, "map", "combine" or "reduce". name: of the input, if the environment has none.

    reporter: learns how to ask whether the stage gets on.

    Raises StageFailed with what a command would have written to stderr; errors of the input pass as they are.
    """
    job.counts = Counts(job.setting.on_error == "skip")
    position = Position(name or (input_source() if role == "map" else "stdin"))
    if reporter:
        reporter.moved = position.mark
    source = _Source(blocks)
    try:
        yield from _stage(job, role, source, position, name)
    except (Exception, SystemExit, Overdue) as error:
        if error is source.error:
            raise
        raise as_stage_failed(error, f"{job.name} {role}", position) from None


class _Source:
    """The input of a stage; remembers the error that reading it raised."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self.error: BaseException | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._blocks)
        except StopIteration:
            raise
        except BaseException as error:
            self.error = error
            raise


def _stage(job: Definition, role: str, blocks: Iterable[bytes], position: Position, name: str) -> Iterator[bytes]:
    part = find_part(job, role, name or job.input_name)
    if part.takes == "blocks":
        return _run_library(part, blocks, job.counts, position)
    types, counts = job.types, job.counts
    if role == "map":
        lines = typed_lines(blocks, types.line, position, counts)
        return write_pairs(_map(part, lines, len(types.line.fields)), Layout(types.key, types.value, role))
    group = types.group if role == "reduce" else len(types.key.fields)
    groups = iter(Groups(blocks, GroupedBy(types.key, types.value, group), position, counts))
    if role == "combine":
        pairs: Pairs = combine_each(part.function, groups)
        return write_pairs(pairs, Layout(types.key, types.value, role))
    pairs = part.function(groups) if part.takes == "task" else reduce_each(part.function, groups)
    return write_pairs(pairs, Layout(*types.out, role))


def _map(part: Part, lines: Iterator[object], width: int) -> Pairs:
    if part.takes == "task":
        return part.function(lines)
    return map_each(part.function, lines, spread=width > 1 and _parameters(part) == width)


def _parameters(part: Part) -> int:
    """Return how many parameters a function has; one that has no code of Python's takes one."""
    code = getattr(part.function, "__code__", None)
    bound = hasattr(part.function, "__self__")
    return code.co_argcount - bound if code else 1


def _run_library(part: Part, blocks: Iterable[bytes], counts: Counts, position: Position) -> Iterator[bytes]:
    reporter = Reporter(position.source, counts.skip)
    yield from part.function(blocks, reporter)
    counts.remarks += reporter.hadoop_lines()


def find_part(job: Definition, role: str, name: str) -> Part:
    """Return the function of a stage. name: of the input, for mappers of patterns.

    Raises UsageError if there is none.
    """
    if role == "map":
        return _find_mapper(job.mappers, name)
    part = job.combiner if role == "combine" else job.reducer
    if part is None:
        raise UsageError(role, f"the job has no {role}r", f"mark a function with @job.{role}")
    return part


def _find_mapper(mappers: Sequence[Part], name: str) -> Part:
    """Return the first mapper whose pattern fits a name or its last part, or else the one without pattern."""
    plain = [part for part in mappers if not part.pattern]
    patterns = [part for part in mappers if part.pattern]
    for part in patterns:
        if fnmatch.fnmatchcase(name, part.pattern) or fnmatch.fnmatchcase(os.path.basename(name), part.pattern):
            return part
    if plain:
        return plain[-1]
    if not patterns:
        raise UsageError("map", "the job has no mapper", "mark a function with @job.map")
    fitting = ", ".join(part.pattern for part in patterns)
    if not name:
        raise UsageError("map", "the input has no name here, which chooses the mapper", "use --input-name NAME")
    raise UsageError(name, f"no mapper is for this input ({fitting})", "add one with @job.map, without a pattern")
