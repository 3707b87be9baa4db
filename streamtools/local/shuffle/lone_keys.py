"""A look at map outputs that hold keys alone: most often the mapper has printed no TAB."""

import os
from collections.abc import Iterable, Sequence

from streamtools.job import Job
from streamtools.local.counters import FRAMEWORK, Counters
from streamtools.local.shuffle.safe_lines import COUNTED, unescape
from streamtools.local.shuffle.segments import PIECE, MapOutput, read_segment
from streamtools.records import lines_of
from streamtools.scripts.commands import runs_script

LOOK = 1 << 16  # bytes of the first output that holds any


def remark_on_lone_keys(job: Job, outputs: Sequence[MapOutput], counters: Counters) -> str:
    """Return a remark if the lines of a mapper seem to lack what ends a key, and the reducer is a script; else ""."""
    stream, reducer = job.properties.map_output, job.reducer
    if not (job.mapper.is_command and reducer.is_command and stream.io_format == "text" and runs_script(reducer.text)):
        return ""
    lone, total = count_lone_keys(outputs, stream.separator), counters[FRAMEWORK, "Map output records"]
    if not lone:
        return ""
    lines = f"all {total:,} lines" if lone >= total else f"{lone:,} of {total:,} lines looked at, all"
    missing = "a TAB" if stream.separator == b"\t" else repr(os.fsdecode(stream.separator))
    return f"-mapper: {lines} lack {missing}, so the whole line is the key; print key\\tvalue"


def count_lone_keys(outputs: Iterable[MapOutput], separator: bytes) -> int:
    """Return how many lines are looked at if none of them has a separator; 0 if one has, also inside its key."""
    segments = (segment for output in outputs for parts in output.partitions for segment in parts)
    first = next((segment for segment in segments if segment.length), None)
    if first is None:
        return 0
    seen = looked = 0
    for block in read_segment(first, PIECE):
        lines = [line.partition(COUNTED) for line in lines_of(block)]
        if not all(record.endswith(b"\t") and separator not in unescape(record[:-1]) for record, _, _ in lines):
            return 0
        seen += sum(int(number or 1) for _, _, number in lines)
        looked += len(block)
        if looked >= LOOK:
            break
    return seen
