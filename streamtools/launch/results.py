"""The results of a job, written to stdout."""

from collections.abc import Sequence

from streamtools.formats.hadoop_codecs import read_range
from streamtools.records import write_blocks


def write_parts(paths: Sequence[str]) -> None:
    """Write the contents of part files to stdout, unpacked."""
    for path in paths:
        write_blocks(read_range(path), 1)
