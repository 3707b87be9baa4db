"""The command -find: a path after another, and an expression over each file and directory below it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress

from streamtools.errors import StreamtoolsError
from streamtools.hdfs.context import Context, Options, Outputs, WrongUsage, for_each_item
from streamtools.hdfs.filesystem import Item
from streamtools.java.globs import compile_name

ENDS = {"-print": b"\n", "-print0": b"\0"}
Step = re.Pattern[str] | bytes  # a pattern that the name has to match, or what ends a printed name


def find(context: Context, options: Options, names: list[str]) -> Outputs:
    """Print the files and directories below paths for which an expression holds: -name, -iname, -print, -print0."""
    at = next((number for number, word in enumerate(names) if word.startswith("-")), len(names))
    steps = parse_expression(names[at:])

    def search(item: Item) -> Outputs:
        item.stat()
        return (output for found in _below(item) for output in _apply(steps, found))

    return for_each_item(context.fs, names[:at] or ["."], search)


def parse_expression(words: Sequence[str]) -> list[Step]:
    """Return the steps of an expression, which all have to hold; found files are printed if it has no -print.

    Raises StreamtoolsError for an unknown word, WrongUsage for one without its argument.
    """
    steps: list[Step] = []
    rest = iter(words)
    for word in rest:
        if word in ENDS:
            steps.append(ENDS[word])
        elif word in ("-name", "-iname"):
            pattern = next(rest, None)
            if pattern is None:
                raise WrongUsage("", f"missing argument for {word}")
            steps.append(compile_name(pattern, ignore_case=word == "-iname"))
        elif word not in ("-a", "-and"):
            raise StreamtoolsError("", f"Unexpected argument: {word}")
    return steps if any(isinstance(step, bytes) for step in steps) else [*steps, ENDS["-print"]]


def _below(item: Item) -> Iterator[Item]:
    """Yield an item and all that is below it, a directory before what is in it; links are not followed."""
    waiting = [item]
    while waiting:
        found = waiting.pop()
        yield found
        with suppress(StreamtoolsError, OSError):  # a link that leads out, or a directory that has just been removed
            if found.is_directory() and (found is item or not os.path.islink(found.path)):
                waiting += reversed(found.children())


def _apply(steps: Sequence[Step], item: Item) -> Iterator[bytes]:
    """Yield what the steps print for an item, up to the first that does not hold."""
    for step in steps:
        if isinstance(step, bytes):
            yield os.fsencode(item.name) + step
        elif not step.fullmatch(os.path.basename(item.inner)):
            return
