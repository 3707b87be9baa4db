"""A check whether records are sorted."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any

from streamtools import records
from streamtools.errors import StreamtoolsError
from streamtools.sort.order import Order


class DisorderError(StreamtoolsError):
    """A record that does not come after the one before it; exit status 1, as that of `sort -c`."""

    exit_code = 1


def check(blocks: Iterable[bytes], order: Order, place: str = "-") -> None:
    """Raise DisorderError for the first line that is out of order.

    If keys are to be unique, a line with the key of the line before is out of order too.
    """
    is_wrong = _disorder(order)
    seen, previous = 0, None
    for block in blocks:
        lines = records.lines_of(block)
        keys: list[Any] = list(order.keys_of(lines))
        if seen and is_wrong(previous, keys[0]):
            raise _error(place, seen + 1, lines[0])
        for index, wrong in enumerate(map(is_wrong, keys, keys[1:]), 1):
            if wrong:
                raise _error(place, seen + index + 1, lines[index])
        seen += len(lines)
        previous = keys[-1]


def _error(place: str, number: int, line: bytes) -> DisorderError:
    start = line[:60].decode("utf-8", "backslashreplace")
    return DisorderError(f"{place}:{number}", f"disorder: {start}", "sort it first")


def _disorder(order: Order) -> Callable[[Any, Any], bool]:
    """Return a function from the keys of two lines that follow each other to whether they are out of order."""
    if order.unique:
        return operator.le if order.reverse else operator.ge
    return operator.lt if order.reverse else operator.gt
