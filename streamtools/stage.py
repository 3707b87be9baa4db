"""Built-in mappers, combiners and reducers as values that know their own properties."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

Transform = Callable[[Iterable[bytes]], Iterator[bytes]]  # blocks of whole lines -> pieces of bytes


class InProcessStage(NamedTuple):
    """A mapper, combiner or reducer that runs inside the caller's process instead of as a command.

    transform: turns blocks of whole lines into output, in pieces that may be cut anywhere.
    sums_values: it replaces the integer values of each key by their sum, so that whoever has counted equal records
        can multiply instead of running it.
    """

    transform: Transform
    sums_values: bool = False

    def __call__(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Run the stage over blocks of whole lines."""
        return self.transform(blocks)
