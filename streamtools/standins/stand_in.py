"""What a stand-in for a Java mapper or reducer is."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from streamtools.formats.batch import Pairs
from streamtools.formats.writables import Writable

Groups = Iterable[tuple[bytes, Iterator[bytes]]]  # a key and its values, which are read before the next key
Records = Iterator[tuple[bytes, bytes]]


class Mapper(Protocol):
    """A stand-in for a Java mapper, with the Writables that it emits."""

    key_type: Writable
    value_type: Writable

    def map(self, pairs: Pairs) -> Pairs:
        """Return what the mapper emits for a batch."""


class Reducer(Protocol):
    """A stand-in for a Java reducer or combiner, with the Writables that it emits."""

    key_type: Writable
    value_type: Writable

    def reduce(self, groups: Groups) -> Records:
        """Yield what the reducer emits for sorted keys with their values."""
