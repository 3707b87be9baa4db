"""Whether records are in order already."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

from streamtools import records
from streamtools.errors import StreamtoolsError
from streamtools.sort.order import Order


class DisorderError(StreamtoolsError):
    """A record that does not come after the one before it; exit status 1, as of `sort -c`."""

    exit_code = 1


def check(blocks: Iterable[bytes], order: Order, place: str = "-") -> None:
    """Raise DisorderError for the first line out of order, or of a key that is not new if keys are to be unique."""
    wrong = _wrong(order)
    before, previous = 0, None
    for block in blocks:
        lines = records.lines_of(block)
        keys: list[Any] = list(order.keys_of(lines))
        joint = [keys[0] if previous is None else previous, *keys]
        skip = 1 if previous is None else 0
        disorders = map(wrong, joint[skip:], joint[skip + 1 :])
        for number, disorder in enumerate(disorders, before + 1 + skip):
            if disorder:
                told = lines[number - before - 1][:60].decode("utf-8", "backslashreplace")
                raise DisorderError(f"{place}:{number}", f"disorder: {told}", "sort it first")
        before += len(lines)
        previous = keys[-1]


def _wrong(order: Order) -> Any:
    """Whether two keys in a row are out of order."""
    if order.unique:
        return operator.le if order.reverse else operator.ge
    return operator.lt if order.reverse else operator.gt
