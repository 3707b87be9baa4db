"""The map side of the shuffle: records in, sorted and parted segments out, combined on the way.

batches -> safe lines -> held (equal lines only counted, while that saves anything)
                           `- memory full -> parted -> sorted -> combined -> spilled
"""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, repeat
from operator import mul

from streamtools.formats.batch import Batch, count_records, has_one_value
from streamtools.formats.writables import Writable
from streamtools.job import Job
from streamtools.local.counters import FRAMEWORK, Counters
from streamtools.local.shuffle.merging import MapOutput, Segment, in_order, order_of, partitions_of, window_of
from streamtools.local.shuffle.safe_lines import AT_ONCE, ESCAPE, counted, escaped, unescape, written_out
from streamtools.partition import KEPT
from streamtools.records import block_of, cut, lines_of, write_all
from streamtools.sort import Order, merge, sort_lines

Combine = Callable[[Iterable[bytes]], Iterator[bytes]]  # sorted blocks of safe lines -> blocks of safe lines
Made = Callable[[list[bytes]], list[bytes]]
Times = Callable[[list[bytes]], list[int]]

PER_RECORD = 80  # bytes of a line as a Python object while it is sorted, beside three times its length
PER_COUNT = 160  # bytes of a counted line, beside its length
ACCOUNTED = 16  # bytes per record that Hadoop adds when it fills its buffer
ENOUGH = 1 << 14  # records after which it is known whether lines repeat
WORTH = 0.7  # different lines per line above which counting them does not pay
WORTH_SUMMED = 0.97  # the same where counting saves the combiner too
INTEGER = re.compile(rb"\t-?[0-9]{1,18}\n")


class Tally:
    """Equal lines, counted. Takes only lines that all have one value, so that no order of values is lost."""

    def __init__(self) -> None:
        self.counts: Counter[bytes] = Counter()
        self.value = b""
        self.records = self.size = 0

    def take(self, block: bytes, lines: list[bytes]) -> bool:
        """Count the lines of a block; False when they have other values."""
        value = block[block.find(b"\t") : block.find(b"\n") + 1]
        if (self.value or value) != value or not has_one_value(block, len(lines)):
            return False
        self.value = value
        self.counts.update(lines)
        self.records += len(lines)
        self.size += len(block)
        return True

    def pays(self, sums: bool) -> bool:
        """Whether lines repeat often enough."""
        worth = WORTH_SUMMED if sums else WORTH
        return self.records < ENOUGH or len(self.counts) < worth * self.records

    @property
    def memory(self) -> int:
        """Bytes that it takes, about."""
        return len(self.counts) * (PER_COUNT + self.size // max(self.records, 1))

    def times(self, lines: list[bytes]) -> list[int]:
        """How often each of these lines was counted."""
        return list(map(self.counts.__getitem__, lines))

    def summed(self, lines: list[bytes]) -> list[bytes]:
        """These lines with the sum of their values: value times count. For values that are integers."""
        value = int(self.value)
        cut = 2 - len(self.value)  # the value, as lines have no LF
        totals = map(mul, map(self.counts.__getitem__, lines), repeat(value))
        return list(map(bytes.__add__, [line[:cut] for line in lines], map(b"%d".__mod__, totals)))


class Collector:
    """Takes a map task's records, in any amount within `memory` bytes, and leaves its output in `path`.

    shuffle: seed of a random order of the values of each key.
    """

    def __init__(
        self,
        job: Job,
        key: Writable,
        value: Writable,
        path: str,
        memory: int,
        counters: Counters,
        combine: Combine | None,
        shuffle: int | None = None,
    ) -> None:
        self.shuffle = shuffle
        self.job, self.key, self.value, self.path, self.counters = job, key, value, path, counters
        self.order = order_of(job)
        self.partitions = partitions_of(job, key)
        self.combine = combine
        self.memory = max(memory - 150 * KEPT * (job.reduces > 1), memory // 2)
        self.limit = job.properties.shuffle.spill_size
        self.sums = False  # the combiner adds up the values of each key
        self.tally: Tally | None = Tally() if self.order.key is None else None
        self.held: list[bytes] = []  # blocks of safe lines, what the tally did not take
        self.size = self.records = 0  # of all records since the last spill
        self.spills: list[list[Segment]] = []
        self.end = 0
        self.framed = 0  # bytes that the records of all segments have in Hadoop's files
        self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)

    def add(self, batch: Batch) -> None:
        """Take some records."""
        for piece in cut(batch) if isinstance(batch, bytes) else (batch,):
            if records := count_records(piece):
                self._add(escaped(piece), records)

    def _add(self, block: bytes, records: int) -> None:
        lines = lines_of(block)
        size = serialized_size(block, lines, self.key, self.value)
        self._count(Map_output_records=records, Map_output_bytes=size)
        if not (self.tally and self.tally.take(block, lines)):
            self._stop_counting()
            self.held.append(block)
        elif not self.tally.pays(self.sums):
            self._stop_counting()
        self.size += len(block)
        self.records += records
        taken = self.tally.memory if self.tally else self.size + (2 * self.size + PER_RECORD * self.records)
        if taken >= self.memory or self.size + ACCOUNTED * self.records >= self.limit:
            self.spill()

    def _stop_counting(self) -> None:
        """From here on lines are held as they are, also those that were counted."""
        if self.tally:
            self.held[:0] = written_out(list(self.tally.counts), list(self.tally.counts.values()))
            self.tally = None

    def spill(self) -> None:
        """Sort, combine and write what is held, and forget it."""
        if self.tally and self.sums and INTEGER.fullmatch(self.tally.value):
            self._count(Combine_input_records=self.tally.records, Combine_output_records=len(self.tally.counts))
            segments = [self._write_lines(part, self.tally.summed) for part in self._counted_parts(self.tally)]
        elif self.tally and not self.combine:
            segments = [self._write_lines(part, None, self.tally.times) for part in self._counted_parts(self.tally)]
        else:
            segments = [self._write(self._combined(part), self.combine is None) for part in self._sorted_parts()]
        self.spills.append(segments)
        self.held = []
        self.tally = Tally() if self.tally else None
        self.size = self.records = 0

    def _sorted_parts(self) -> Iterator[Iterator[bytes]]:
        """The sorted blocks of each partition."""
        if self.tally:
            for lines in self._counted_parts(self.tally):
                yield written_out(lines, self.tally.times(lines))
            return
        for blocks in self._parted_blocks():
            yield iter((sorted_block(self._joined(blocks), self.order),) if blocks else ())

    def _counted_parts(self, tally: Tally) -> Iterator[list[bytes]]:
        """The different lines of each partition, sorted."""
        for lines in self._parted(list(tally.counts)):
            lines.sort(reverse=self.order.reverse)
            yield lines

    def _joined(self, blocks: list[bytes]) -> bytes:
        """The blocks as one, shuffled where the order of values is to be nobody's."""
        block = b"".join(blocks)
        if self.shuffle is None:
            return block
        from random import Random

        lines = lines_of(block)
        Random(self.shuffle).shuffle(lines)
        return block_of(lines)

    def _parted(self, lines: list[bytes]) -> list[list[bytes]]:
        return [lines] if self.job.reduces == 1 else self.partitions.part(lines)

    def _parted_blocks(self) -> list[list[bytes]]:
        """What is held, in blocks for each partition; it is held no more."""
        blocks, self.held = self.held, []
        if self.job.reduces == 1:
            return [blocks]
        parted: list[list[bytes]] = [[] for _ in range(self.job.reduces)]
        for number in range(len(blocks)):
            block, blocks[number] = blocks[number], b""
            for part, lines in zip(parted, self.partitions.part(lines_of(block)), strict=True):
                if lines:
                    part.append(block_of(lines))
        return parted

    def close(self) -> MapOutput:
        """Write the rest; with a combiner and several spills they are merged and combined once more."""
        if self.records or not self.spills:
            self.spill()
        least = self.job.properties.shuffle.least_spills_to_combine
        if self.combine and len(self.spills) >= least:
            spills, self.spills, self.framed = self.spills, [], 0
            self.spills.append(
                [self._write(self._merged(list(parts)), in_order=False) for parts in zip(*spills, strict=True)]
            )
        elif len(self.spills) > 1:  # Hadoop makes one file of them, so it writes each record once more
            self._count(Spilled_Records=self.counters[FRAMEWORK, "Spilled Records"])
        os.close(self.descriptor)
        self._count(Map_output_materialized_bytes=self.framed + (2 + 4) * self.job.reduces)
        return MapOutput([[s for s in parts if s.length] for parts in zip(*self.spills, strict=True)])

    def _combined(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The blocks combined; a combiner is not run on nothing."""
        first = next(blocks, b"")
        blocks = chain((first,), blocks) if first else iter(())
        return self.combine(blocks) if self.combine and first else blocks

    def _merged(self, segments: list[Segment]) -> Iterator[bytes]:
        """The segments of a partition in one, combined."""
        window = window_of(len(segments), self.memory)
        streams = [in_order(segment, window, self.order, self.memory) for segment in segments]
        return self._combined(merge(streams, self.order))

    def _write(self, blocks: Iterator[bytes], in_order: bool = True) -> Segment:
        """Append a segment to the file. in_order: its keys are known to be; else it is found out."""
        start = self.end
        last, ordered = b"", True
        for block in blocks:
            lines = lines_of(block)
            self._append(block, lines)
            if ordered and not in_order:
                ordered = sorted_block(last + block, self.order) == last + block
                last = lines[-1] + b"\n"
        return Segment(self.path, start, self.end - start, ordered)

    def _write_lines(self, lines: list[bytes], made: Made | None, times_of: Times | None = None) -> Segment:
        """Append a segment of lines in order, or of what is made of them, each standing for one or several records."""
        start = self.end
        for begin in range(0, len(lines), AT_ONCE):
            some = lines[begin : begin + AT_ONCE]
            if made:
                some = made(some)
            times = times_of(some) if times_of else [1] * len(some)
            self._append(counted(some, times), some, times)
        return Segment(self.path, start, self.end - start)

    def _append(self, block: bytes, lines: list[bytes], times: list[int] | None = None) -> None:
        """Append a block of these lines, which stand for so many records each."""
        self._count(Spilled_Records=sum(times) if times else len(lines))
        self.framed += framed_size(lines, self.key, self.value, times)
        write_all(block, self.descriptor)
        self.end += len(block)

    def _count(self, **amounts: int) -> None:
        for name, amount in amounts.items():
            self.counters[FRAMEWORK, name.replace("_", " ")] += amount


def sorted_block(block: bytes, order: Order) -> bytes:
    """The safe lines of a block in order. Where all have one value, comparing whole lines is comparing keys.

    As Latin-1 text, which has the order of the bytes, lines sort in 330 ns each, as bytes in 407.
    """
    lines = str(block, "latin-1").split("\n")
    lines.pop()
    if order.key is None and has_one_value(block, len(lines)):
        lines.sort(reverse=order.reverse)
    else:
        lines = sort_lines(lines, order)
    lines.append("")
    return "\n".join(lines).encode("latin-1")


def serialized_size(block: bytes, lines: list[bytes], key: Writable, value: Writable) -> int:
    """How many bytes Hadoop has for these records: each length as a variable-length integer, and the bytes.

    With keys and values below 128 bytes this is the block as it is: two bytes beside each record here and there.
    """
    if max(map(len, lines), default=0) <= 128 and b"\x0b" not in block and key.is_text and value.is_text:
        return len(block)
    total = 0
    for line in lines:
        head, _, tail = line.partition(b"\t")
        total += len(key.serialize(unescape(head))) + len(value.serialize(unescape(tail)))
    return total


def framed_size(lines: list[bytes], key: Writable, value: Writable, times: list[int] | None = None) -> int:
    """How many bytes these records, each so many times, have in a segment of Hadoop's.

    There the lengths of serialized key and value, as variable-length integers, stand before each record.
    """
    sizes: Iterable[int] = map(len, lines)
    if max(map(len, lines), default=0) <= 120 and key.is_text and value.is_text and ESCAPE not in b"".join(lines):
        beside = 3  # a record is its line, with the lengths of key and value for TAB and LF, and two more lengths
    else:
        beside = 0
        sizes = [_framed(line, key, value) for line in lines]
    return sum(map(mul, sizes, times)) + beside * sum(times) if times else sum(sizes) + beside * len(lines)


def _framed(line: bytes, key: Writable, value: Writable) -> int:
    head, _, tail = line.partition(b"\t")
    sizes = len(key.serialize(unescape(head))), len(value.serialize(unescape(tail)))
    return sum(sizes) + sum(map(_vint_size, sizes))


def _vint_size(number: int) -> int:
    return 1 if number <= 127 else 1 + (number.bit_length() + 7) // 8
