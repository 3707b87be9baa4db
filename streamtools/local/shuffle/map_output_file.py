"""The file of a map task's segments: appended spill by spill, counted as Hadoop counts."""

import os
from collections.abc import Iterable

from streamtools.formats.writables import Writable
from streamtools.local.counters import FRAMEWORK, Counters
from streamtools.local.shuffle.hadoop_sizes import framed_size
from streamtools.local.shuffle.ordering import sort_block
from streamtools.local.shuffle.safe_lines import AT_ONCE, ESCAPE
from streamtools.local.shuffle.segments import Checksums, Segment
from streamtools.records import lines_of, write_all
from streamtools.sort.order import Order

PER_PARTITION = 2 + 4  # bytes that Hadoop adds to each partition: a mark of the end and a checksum


class MapOutputFile:
    """Writes segments of safe lines of keys and values of these classes to the file `path`."""

    def __init__(self, path: str, key: Writable, value: Writable, order: Order, counters: Counters) -> None:
        self.path, self.key, self.value, self.order, self.counters = path, key, value, order, counters
        self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self.end = 0
        self.checksums = Checksums()  # of the segment that is being written
        self.framed = 0  # bytes that the records of all segments have in Hadoop's files

    def start_anew(self) -> None:
        """Let only the segments written from here on count as the output."""
        self.framed = 0

    def write_blocks(self, blocks: Iterable[bytes], *, in_order: bool) -> Segment:
        """Append a segment. in_order: its keys are known to be; otherwise that is found out."""
        start, self.checksums = self.end, Checksums()
        last, ordered = b"", True
        for block in blocks:
            lines = lines_of(block)
            self._write(block)
            self.count(len(lines), framed_size(lines, self.key, self.value, None, has_escapes=ESCAPE in block))
            if ordered and not in_order:
                ordered = sort_block(last + block, self.order) == last + block
                last = lines[-1] + b"\n"
        return Segment(self.path, start, self.end - start, self.checksums.finish(), ordered)

    def write_lines(self, lines: list[bytes]) -> Segment:
        """Append a segment of lines with their LF, in order; `count` has to be told what they are."""
        start, self.checksums = self.end, Checksums()
        for begin in range(0, len(lines), AT_ONCE):
            self._write(b"".join(lines[begin : begin + AT_ONCE]))
        return Segment(self.path, start, self.end - start, self.checksums.finish())

    def count(self, records: int, framed: int) -> None:
        """Count records that take `framed` bytes in Hadoop's files."""
        self.counters[FRAMEWORK, "Spilled Records"] += records
        self.framed += framed

    def close(self, partitions: int) -> None:
        """Close the file, and count its bytes as Hadoop has them."""
        os.close(self.descriptor)
        self.counters[FRAMEWORK, "Map output materialized bytes"] += self.framed + PER_PARTITION * partitions

    def _write(self, block: bytes) -> None:
        write_all(block, self.descriptor)
        self.checksums.add(block)
        self.end += len(block)
