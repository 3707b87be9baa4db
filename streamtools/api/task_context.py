"""What a task of a job knows: its input, where it is in it, its counters, its bad records."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeVar, Union

from streamtools.errors import DataError
from streamtools.reporter import GROUP, SKIPPED, counter_line

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
START = "mapreduce_map_input_start"
T = TypeVar("T")
VARIABLES = ("mapreduce_map_input_file", "map_input_file")  # in which Hadoop names the input of a map task


class Position:
    """Where a task is in its input. The line in hand is known without a loop that counts: from what an iterator left.

    source: the name of the input in messages.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._seen = 0  # lines before the block
        self._lines: Sequence[Union[str, bytes]] = ()
        self._numbers: Sequence[int] = ()
        self._left: Iterator[object] = iter(())

    def begin(self, lines: Sequence[Union[str, bytes]]) -> None:
        """Begin a block of lines."""
        self._seen += len(self._lines)
        self._lines = lines

    def again(self) -> None:
        """Forget the block that was begun last."""
        self._lines = ()

    def follow(self, values: list[T], numbers: Sequence[int]) -> Iterator[T]:
        """Return an iterator over what was made of the block. numbers: for each value its line, from 0."""
        self._numbers = numbers
        self._left = left = iter(values)
        return left

    def place(self, number: int) -> str:
        """Return the place of a line of the block, counted from 0."""
        return f"{self.source}:{self._seen + number + 1}"

    def mark(self) -> tuple[int, int]:
        """Return something that changes with the line in hand."""
        return self._seen, self._left.__length_hint__()  # type: ignore[attr-defined]  # of a list

    def in_hand(self) -> tuple[str, Union[str, bytes, None]]:
        """Return place and text of the line in hand; of the input and None before the first."""
        if not self._lines or not self._numbers:
            return self.source, None
        done = len(self._numbers) - self._left.__length_hint__()  # type: ignore[attr-defined]  # of a list
        number = self._numbers[max(done - 1, 0)]
        return self.place(number), self._lines[number]


class Counts:
    """The counters of a task, and its bad records. skip: whether these are counted instead of ending the task."""

    def __init__(self, skip: bool = False) -> None:
        self.skip = skip
        self.counters: Counter[tuple[str, str]] = Counter()
        self.remarks: list[str] = []

    def bad_record(self, place: str, problem: str) -> None:
        """Count a record as skipped. Raises DataError unless bad records are skipped."""
        if not self.skip:
            raise DataError(place, problem, 'correct the input, or skip such records with Job(on_error="skip")')
        if not self.counters[GROUP, SKIPPED]:
            self.remarks.append(f"first skipped record: {place}: {problem}")
        self.counters[GROUP, SKIPPED] += 1

    def hadoop_lines(self) -> list[str]:
        """Return the lines for the stderr of a streaming task: counters in Hadoop's form, remarks as they are."""
        return [counter_line(*name, amount) for name, amount in self.counters.items()] + self.remarks


def input_name() -> str:
    """Return the path or URI of the input of this map task, "" if it is not known."""
    for name in VARIABLES:
        if path := os.environ.get(name):
            return path[5:] if path.startswith("file:/") else path
    return ""


def input_source() -> str:
    """Return the input of this task, as messages name it."""
    name = input_name()
    if not name:
        return "stdin"
    start = os.environ.get(START, "0")
    return name if start == "0" else f"{name} from byte {start}"


def find_file(path: str, script: str) -> str:
    """Return where a shipped file is: as named, in the directory of the task, or beside the script."""
    bare = path.partition("#")[0]
    link = path.partition("#")[2] or os.path.basename(bare)
    for place in (bare, link, os.path.join(os.path.dirname(script), bare)):
        if os.path.exists(place):
            return place
    return bare
