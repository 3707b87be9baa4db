"""What values a key has: joined, counted, listed. Those that retain values say so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from streamtools.errors import DataError
from streamtools.reducers.grouping import Values, groups, run_starts
from streamtools.reducers.numbers import Number, bin_of, numbers, shown, spelled
from streamtools.reporter import Reporter

HELD = 100_000  # distinct values of one key kept in a set (about 10 MB) before relying on their order


def collect(blocks: Iterable[bytes], separator: bytes = b",") -> Iterator[bytes]:
    """`key TAB all its values`, joined by the separator, in the order they came; written as they come."""
    for key, pieces in groups(blocks):
        between = key + b"\t"
        for values, _ in pieces:
            yield between + separator.join(values)
            between = separator
        yield b"\n"


def count_distinct(blocks: Iterable[bytes], reporter: Reporter, held: int = HELD) -> Iterator[bytes]:
    """`key TAB number of its different values`, exact.

    Keeps up to `held` different values of a key in memory. Beyond, values that came in order are counted as they pass;
    values in no order are all kept, which is remarked on. Raises DataError where order ends after it was relied on.
    """
    for key, pieces in groups(blocks):
        yield b"%b\t%d\n" % (key, _distinct_values(key, pieces, reporter, held))


def _distinct_values(key: bytes, pieces: Iterator[Values], reporter: Reporter, held: int) -> int:
    different: set[bytes] = set()
    greatest = b""
    ordered = True
    for piece in pieces:
        ordered = ordered and greatest <= piece.values[0] and piece.values == sorted(piece.values)
        greatest = piece.values[-1] if ordered else greatest
        different.update(piece.values)
        if len(different) > held:
            if ordered:
                return len(different) + _distinct_in_order(key, pieces, greatest)
            reporter.remark(
                f"key {shown(key)} has more than {held:,} different values, in no order: all are kept in memory; "
                "to count them as they pass, sort by value too, as st-sort --key-fields 2 does"
            )
    return len(different)


def _distinct_in_order(key: bytes, pieces: Iterator[Values], greatest: bytes) -> int:
    """How many different values follow `greatest`, when all come in order."""
    found = 0
    for values, line in pieces:
        if values[0] < greatest or values != sorted(values):
            raise DataError(
                f"stdin:{line}",
                f"the values of key {shown(key)} came in order up to here, and no longer do",
                "sort by value too, as st-sort --key-fields 2 does",
            )
        found += len(run_starts(values)) - (values[0] == greatest)
        greatest = values[-1]
    return found


def index(blocks: Iterable[bytes], separator: bytes = b",") -> Iterator[bytes]:
    """`term TAB its documents`, each once, in order of their bytes. Keeps the documents of one term in memory."""
    for term, pieces in groups(blocks):
        documents = sorted({document for values, _ in pieces for document in values})
        yield b"%b\t%b\n" % (term, separator.join(documents))


def histogram(blocks: Iterable[bytes], reporter: Reporter, width: Number | None = None) -> Iterator[bytes]:
    """`key TAB value TAB how often`, in order of the values' bytes; with `width`, of numbers by lower end of their bin.

    Keeps the different values, or bins, of one key in memory.
    """
    for key, pieces in groups(blocks):
        found: Counter[bytes] = Counter()
        bins: Counter[Number] = Counter()
        for piece in pieces:
            if width is None:
                found.update(piece.values)
            else:
                bins.update([bin_of(term, width) for term in numbers(piece.values, piece.line, reporter)])
        rows = sorted(found.items()) or [(spelled(start), amount) for start, amount in sorted(bins.items())]
        yield b"".join([b"%b\t%b\t%d\n" % (key, value, amount) for value, amount in rows])
