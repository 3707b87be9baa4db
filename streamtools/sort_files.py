"""Sorting, merging and checking of inputs of any kind: st-sort without its command line."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from streamtools.errors import UsageError
from streamtools.files import open_output
from streamtools.inputs import expand, open_inputs
from streamtools.records import whole_lines, write_blocks
from streamtools.sort.checking import check
from streamtools.sort.external import external_sort, merge_sorted
from streamtools.sort.order import Order
from streamtools.sort.resources import SortOptions
from streamtools.sort.runs import check_directories


def sort_files(names: Sequence[str], output: str | None, order: Order, options: SortOptions) -> None:
    """Sort the lines of all inputs into an output file, or to standard output if it is None."""
    check_directories(options.directories)
    lines = whole_lines(open_inputs(names))
    with closing(external_sort(lines, order, options)) as blocks, open_output(output) as descriptor:
        write_blocks(blocks, descriptor)


def merge_files(names: Sequence[str], output: str | None, order: Order, options: SortOptions) -> None:
    """Merge inputs that are sorted already into an output file, or to standard output if it is None.

    All names are looked at before any input is read.
    """
    check_directories(options.directories)
    streams = [whole_lines(open_inputs([name])) for name in expand(names or ("-",))]
    with closing(merge_sorted(streams, order, options)) as blocks, open_output(output) as descriptor:
        write_blocks(blocks, descriptor)


def check_file(names: Sequence[str], order: Order) -> None:
    """Raise DisorderError if the input is not sorted, UsageError if there is more than one."""
    (name, *more) = names or ("-",)
    if more:
        raise UsageError("--check", "takes one input", "check them one by one")
    check(whole_lines(open_inputs([name])), order, name)
