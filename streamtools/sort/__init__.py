"""Sorting of records by key: in memory, by merging, and externally within a bound of memory."""

from streamtools.sort.checking import check
from streamtools.sort.external import Progress, external_sort, merge_sorted
from streamtools.sort.merging import merge
from streamtools.sort.order import Order, sort_lines

__all__ = ["Order", "Progress", "check", "external_sort", "merge", "merge_sorted", "sort_lines"]
