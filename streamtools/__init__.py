"""streamtools: map, sort and reduce streams of records, here and on Hadoop."""

__version__ = "0.1.0"
