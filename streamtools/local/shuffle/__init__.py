"""From the mapper's records to each reducer's sorted ones: collect, spill, merge."""
