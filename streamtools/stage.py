"""Built-in mappers, combiners and reducers as values that know their own properties."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

Transform = Callable[[Iterable[bytes]], Iterator[bytes]]  # blocks of whole lines -> pieces of bytes
KeyLists = Callable[[Iterable[bytes]], Iterator[list[bytes]]]  # blocks of whole lines -> lists of keys


class InProcessStage(NamedTuple):
    """A mapper, combiner or reducer that runs inside the caller's process instead of as a command.

    transform: turns blocks of whole lines into output, in pieces that may be cut anywhere.
    keys, value: the same output as lists of keys, without TAB, that all have one value; None if it has no such form.
    sums_values: it replaces the integer values of each key by their sum, so that whoever has counted equal records
        can multiply instead of running it.
    """

    transform: Transform
    sums_values: bool = False
    keys: KeyLists | None = None
    value: bytes = b""

    def __call__(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Run the stage over blocks of whole lines."""
        return self.transform(blocks)


class Overdue(BaseException):
    """A stage that has shown no sign of life for so many seconds. `except Exception` of a user's does not catch it."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no sign of life for {seconds:g} seconds")


class StageFailed(Exception):
    """A stage that failed as a command fails.

    status: its exit status; lines: what it would have written to stderr; error: of the user's function, if it was that.
    """

    def __init__(self, status: int, lines: list[str], error: BaseException | None = None) -> None:
        super().__init__(status, lines)
        self.status, self.lines, self.error = status, lines, error
