"""What a job gave when it was run from Python: pairs, counters, part files, and the report for a notebook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from streamtools.api.layout import Pair
from streamtools.api.lines import typed_pairs
from streamtools.api.task_context import Counts, Position
from streamtools.api.types import ENCODING, Shape
from streamtools.errors import DataError, UnavailableError

if TYPE_CHECKING:
    import pandas
    import pyarrow

FRAME_HEIGHT = 480  # pixels of the report in a notebook, which scrolls


class PartFile(NamedTuple):
    """A part of the output. name: its path, or a name; blocks: returns its blocks of whole lines, anew each time."""

    name: str
    blocks: Callable[[], Iterable[bytes]]


class Result:
    """The output of a job, which iterates over its typed pairs, and what its tasks have counted.

    counters: amounts by (group, name), 0 for what nobody has counted. The pairs are read as they are asked for, part
    file after part file, so that they need not fit in memory. A with-block, or `close()`, removes the part files at
    once if the job was run without `output=`; otherwise they go with the result itself.
    """

    def __init__(
        self,
        parts: Sequence[PartFile],
        types: tuple[Shape, Shape],
        counters: Mapping[tuple[str, str], int],
        *,
        title: str = "job",
        page: Callable[[], str] | None = None,
    ) -> None:
        self.counters: Counter[tuple[str, str]] = Counter(dict(counters))
        self._parts, self._types, self._title = list(parts), types, title
        self._page = page
        self._close: Callable[[], object] | None = None

    def __iter__(self) -> Iterator[Pair]:
        """Yield the pairs. Raises DataError for one that is not of the types of the job."""
        for part in self._parts:
            yield from read_pairs(part.blocks(), self._types, part.name)

    @property
    def pairs(self) -> list[Pair]:
        """All pairs."""
        return list(self)

    @property
    def lines(self) -> list[str]:
        """All records as lines of text, without their ends."""
        blocks = chain.from_iterable(part.blocks() for part in self._parts)
        return [line for block in blocks for line in block.decode(*ENCODING).split("\n")[:-1]]

    @property
    def paths(self) -> list[str]:
        """The paths of the part files."""
        return [part.name for part in self._parts]

    def to_pandas(self) -> pandas.DataFrame:
        """Return the pairs as a data frame, a column for each field. Raises UnavailableError without pandas."""
        return _import("pandas").DataFrame(self._columns())

    def to_arrow(self) -> pyarrow.Table:
        """Return the pairs as an Arrow table, a column for each field. Raises UnavailableError without pyarrow."""
        return _import("pyarrow").table(self._columns())

    def _columns(self) -> dict[str, Sequence[Any]]:
        """Return all values by column: key, value; of a tuple key1, key2 and so on."""
        columns: dict[str, Sequence[Any]] = {}
        sides = list(zip(*self)) or [(), ()]
        for name, shape, values in zip(("key", "value"), self._types, sides):
            if not shape.is_tuple:
                columns[name] = list(values)
                continue
            fields = list(zip(*values)) or [()] * len(shape.fields)
            columns.update((f"{name}{number}", list(field)) for number, field in enumerate(fields, 1))
        return columns

    def on_close(self, close: Callable[[], object]) -> None:
        """Call a function in `close`."""
        self._close = close

    def close(self) -> None:
        """Remove the part files, unless `output=` named a place for them."""
        if self._close:
            self._close()

    def __enter__(self) -> Result:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        files = f"{len(self._parts)} part file{'s' * (len(self._parts) != 1)}"
        return f"<Result of {self._title}: pairs of {self._types[0]} and {self._types[1]} in {files}>"

    def _repr_html_(self) -> str | None:
        """Return the report for a notebook, in a frame of its own, so that neither changes the style of the other."""
        if self._page is None:
            return None
        from html import escape

        style = f"width: 100%; height: {FRAME_HEIGHT}px; border: 0"
        return f'<iframe title="report" sandbox style="{style}" srcdoc="{escape(self._page())}"></iframe>'


def read_pairs(blocks: Iterable[bytes], types: tuple[Shape, Shape], place: str = "output") -> Iterator[Pair]:
    """Yield the typed keys and values of lines. Raises DataError for a line of other types."""
    try:
        yield from chain.from_iterable(typed_pairs(blocks, *types, Position(place), Counts()))
    except DataError as error:
        remedy = "declare the types of the output with Job(out=(KEY, VALUE))"
        raise DataError(error.place, error.problem, remedy) from None


def _import(name: str) -> Any:
    """Return a library. Raises UnavailableError if it is not installed."""
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError:
        raise UnavailableError(name, "missing Python library", f"pip install {name}") from None
