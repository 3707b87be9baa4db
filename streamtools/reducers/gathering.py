"""Reducers that join, count or list the values of each key; those that keep values in memory say so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from streamtools.errors import DataError
from streamtools.reducers.grouping import Values, groups, run_starts
from streamtools.reducers.numbers import Number, bin_of, format_number, parse_numbers, quote
from streamtools.reporter import Reporter

HELD = 100_000  # different values of a key kept in a set (about 10 MB) before relying on their order


def collect(blocks: Iterable[bytes], separator: bytes = b",") -> Iterator[bytes]:
    """Yield `key TAB all its values`, joined by the separator, in the order of the input and as they come."""
    for key, pieces in groups(blocks):
        between = key + b"\t"
        for values, *_ in pieces:
            yield between + separator.join(values)
            between = separator
        yield b"\n"


def count_distinct(blocks: Iterable[bytes], reporter: Reporter, held: int = HELD) -> Iterator[bytes]:
    """Yield `key TAB number of its different values`, exact.

    Keeps up to `held` different values of a key in memory. Beyond that, sorted values are counted as they pass; values
    in no order are all kept, with a remark. Raises DataError if values turn out unsorted after all.
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
                f"key {quote(key)} has more than {held:,} different values, not sorted: all are kept in memory; "
                "to save memory, sort by value too: st-sort --key-fields 2"
            )
    return len(different)


def _distinct_in_order(key: bytes, pieces: Iterator[Values], greatest: bytes) -> int:
    """Count the different values after `greatest`. Raises DataError if they are not sorted."""
    found = 0
    for values, line, _ in pieces:
        if values[0] < greatest or values != sorted(values):
            raise DataError(
                f"stdin:{line}",
                f"the values of key {quote(key)} are sorted up to here but not further",
                "sort by value too: st-sort --key-fields 2",
            )
        found += len(run_starts(values)) - (values[0] == greatest)
        greatest = values[-1]
    return found


def index(blocks: Iterable[bytes], separator: bytes = b",") -> Iterator[bytes]:
    """Yield `term TAB its documents`, each once, in byte order. Keeps the documents of one term in memory."""
    for term, pieces in groups(blocks):
        documents = sorted({document for values, *_ in pieces for document in values})
        yield b"%b\t%b\n" % (term, separator.join(documents))


def histogram(blocks: Iterable[bytes], reporter: Reporter, width: Number | None = None) -> Iterator[bytes]:
    """Yield `key TAB value TAB count`, by the bytes of the values; with `width`, lower ends of bins in place of values.

    Keeps the different values, or bins, of one key in memory.
    """
    for key, pieces in groups(blocks):
        found: Counter[bytes] = Counter()
        bins: Counter[Number] = Counter()
        for piece in pieces:
            if width is None:
                found.update(piece.values)
            else:
                bins.update([bin_of(term, width) for term in parse_numbers(piece, reporter)])
        rows = sorted(found.items()) or [(format_number(start), amount) for start, amount in sorted(bins.items())]
        yield b"".join([b"%b\t%b\t%d\n" % (key, value, amount) for value, amount in rows])
