"""Sorting of records by key: in memory, by merging, and externally within a bound of memory."""

from streamtools.sort.checking import check
from streamtools.sort.external import external_sort, merge_sorted
from streamtools.sort.merging import merge
from streamtools.sort.order import Order, build_order, sort_lines
from streamtools.sort.resources import SortOptions, SortProgress

__all__ = [
    "Order",
    "SortOptions",
    "SortProgress",
    "build_order",
    "check",
    "external_sort",
    "merge",
    "merge_sorted",
    "sort_lines",
]
