"""Sorting of records by key: in memory, by merging, and externally within a bound of memory."""
