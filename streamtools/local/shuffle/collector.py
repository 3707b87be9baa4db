"""The map side of the shuffle: records in, sorted segments for each partition out, combined on the way.

batches -> safe lines -> buffer -> (memory full) -> partitioned -> sorted -> combined -> spilled
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from streamtools.formats.batch import Batch, Pairs, SameValue, count_records
from streamtools.job import Job
from streamtools.local.counters import FRAMEWORK
from streamtools.local.shuffle.buffer import Buffer
from streamtools.local.shuffle.map_output_file import MapOutputFile
from streamtools.local.shuffle.ordering import partitions_of, sort_block
from streamtools.local.shuffle.safe_lines import (
    ESCAPE,
    are_safe_keys,
    escape,
    is_safe_block,
    is_safe_value,
    write_out,
)
from streamtools.local.shuffle.segment_merging import open_streams
from streamtools.local.shuffle.segments import MapOutput, Segment
from streamtools.local.shuffle.tally import Tally
from streamtools.records import block_of, cut, has_one_value, lines_of, split_at_value
from streamtools.sort.merging import merge

ACCOUNTED = 16  # bytes per record that Hadoop adds when it fills its buffer


class Combiner(NamedTuple):
    """What runs between sorting and spilling.

    run: turns sorted blocks of safe lines into blocks of safe lines, for one partition.
    sums_values: it only replaces the integer values of each key by their sum.
    """

    run: Callable[[Iterator[bytes]], Iterator[bytes]]
    sums_values: bool = False


class Collector:
    """Takes a map task's records, in any amount within `memory` bytes, and leaves them sorted in a file.

    seed: of a random order of the values of each key, None to keep theirs.
    """

    def __init__(
        self,
        job: Job,
        output: MapOutputFile,
        memory: int,
        combiner: Combiner | None = None,
        seed: int | None = None,
    ) -> None:
        self.job, self.output, self.combiner, self.seed = job, output, combiner, seed
        self.order = output.order
        self.partitions = partitions_of(job, output.key)
        self.memory = memory
        self.limit = job.properties.shuffle.spill_size
        sums_values = combiner is not None and combiner.sums_values
        self.buffer = Buffer(output.key, output.value, self.order.key is None, sums_values)
        self.spills: list[list[Segment]] = []

    def add(self, batch: Batch) -> None:
        """Take some records."""
        if isinstance(batch, SameValue):
            self._add_keys(batch)
            return
        for piece in cut(batch) if isinstance(batch, bytes) else (batch,):
            if records := count_records(piece):
                self._add(piece, records)

    def _add(self, piece: bytes | Pairs, records: int) -> None:
        """Take a piece of a batch: its keys, if all records have one value, else its lines."""
        is_safe = isinstance(piece, bytes) and has_one_value(piece, records) and is_safe_block(piece)
        block = piece if is_safe and isinstance(piece, bytes) else escape(piece)
        is_taken = False
        if self.buffer.tally and (is_safe or has_one_value(block, records)):
            is_taken = self.buffer.add_keys(*split_at_value(block), len(block), has_escapes=ESCAPE in block)
        if not is_taken:
            self.buffer.add_block(block)
        self._after(records)

    def _add_keys(self, batch: SameValue) -> None:
        """Take records that all have one value, if possible without making lines of them."""
        keys, value = batch.keys, batch.value
        if not keys:
            return
        if not (are_safe_keys(keys, batch.text) and is_safe_value(value)):
            self._add(batch.to_block(), len(keys))
            return
        size = len(batch.text) + 1 + len(keys) * (1 + len(value))
        if not self.buffer.add_keys(keys, value, size, has_escapes=False):
            self.buffer.add_block(batch.to_block())
        self._after(len(keys))

    def _after(self, records: int) -> None:
        """Count records that were taken, and spill if the buffer is full."""
        self._count("Map output records", records)
        buffer = self.buffer
        if buffer.memory >= self.memory or buffer.size + ACCOUNTED * buffer.records >= self.limit:
            self.spill()

    def count_bytes(self) -> None:
        """Bring the counter of output bytes up to date."""
        self._count("Map output bytes", self.buffer.report_bytes())

    def spill(self) -> None:
        """Sort, combine and write what the buffer holds, and empty it."""
        self.count_bytes()
        tally, combiner = self.buffer.tally, self.combiner
        if tally and combiner and combiner.sums_values and tally.has_integers:
            self._count("Combine input records", tally.records)
            self._count("Combine output records", len(tally.counts))
            segments = self._write_counted(tally, sums=True)
        elif tally and not combiner:
            segments = self._write_counted(tally, sums=False)
        else:
            sorted_partitions = map(self._combine, self._sorted_partitions())
            segments = [self.output.write_blocks(blocks, in_order=combiner is None) for blocks in sorted_partitions]
        self.spills.append(segments)
        self.buffer = self.buffer.empty()

    def close(self) -> MapOutput:
        """Write the rest; with a combiner and several spills, merge and combine them once more."""
        if self.buffer.records or not self.spills:
            self.spill()
        least = self.job.properties.shuffle.least_spills_to_combine
        if self.combiner and len(self.spills) >= least:
            spills = list(zip(*self.spills, strict=True))
            self.output.start_anew()
            self.spills = [[self.output.write_blocks(self._merge(parts), in_order=False) for parts in spills]]
        elif len(self.spills) > 1:  # Hadoop makes one file of them, so it writes each record once more
            self._count("Spilled Records", self.output.counters[FRAMEWORK, "Spilled Records"])
        self.output.close(self.job.reduces)
        return MapOutput([[s for s in segments if s.length] for segments in zip(*self.spills, strict=True)])

    def _write_counted(self, tally: Tally, *, sums: bool) -> list[Segment]:
        """Write a segment for each partition: every key once, with its count or with the sum of its values."""
        output, start = self.output, self.output.end
        keys, lines = list(tally.counts), tally.counted_lines(sums=sums)
        segments = list(map(output.write_lines, self._part_and_sort(lines, keys)))
        written = output.end - start if sums else None
        output.count(len(keys) if sums else tally.records, tally.framed_size(output.key, output.value, written))
        return segments

    def _sorted_partitions(self) -> Iterator[Iterator[bytes]]:
        """Yield the sorted blocks of each partition."""
        if tally := self.buffer.tally:
            keys = list(tally.counts)
            for part in self._part_and_sort(keys, keys):
                yield write_out(tally.lines(part), tally.times(part))
            return
        for blocks in self._block_partitions():
            yield iter((sort_block(self._join(blocks), self.order),) if blocks else ())

    def _part_and_sort(self, items: list[bytes], keys: list[bytes]) -> Iterator[list[bytes]]:
        """Yield the items of each partition, sorted: different keys, or safe lines of them, which have their order."""
        for part in [items] if self.job.reduces == 1 else self.partitions.distribute(items, keys):
            part.sort(reverse=self.order.reverse)
            yield part

    def _block_partitions(self) -> list[list[bytes]]:
        """Return the blocks of each partition; the buffer holds them no more."""
        if self.job.reduces == 1:
            return [list(self.buffer.take_blocks())]
        partitions: list[list[bytes]] = [[] for _ in range(self.job.reduces)]
        for block in self.buffer.take_blocks():
            for blocks, part in zip(partitions, self._distribute(block), strict=True):
                if part:
                    blocks.append(part)
        return partitions

    def _distribute(self, block: bytes) -> list[bytes]:
        """Return the lines of each partition."""
        if has_one_value(block, block.count(b"\n")):
            keys, value = split_at_value(block)
            return [SameValue(part, value).to_block() for part in self.partitions.distribute(keys, keys)]
        return list(map(block_of, self.partitions.distribute_lines(lines_of(block))))

    def _join(self, blocks: list[bytes]) -> bytes:
        """Return the blocks as one, its lines shuffled if there is a seed."""
        block = b"".join(blocks)
        if self.seed is None:
            return block
        from random import Random

        lines = lines_of(block)
        Random(self.seed).shuffle(lines)
        return block_of(lines)

    def _combine(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Return the blocks combined; the combiner is not run on nothing."""
        first = next(blocks, b"")
        if not first:
            return iter(())
        blocks = chain((first,), blocks)
        return self.combiner.run(blocks) if self.combiner else blocks

    def _merge(self, segments: Iterable[Segment]) -> Iterator[bytes]:
        """Return the segments of a partition as one, combined."""
        streams = open_streams(list(segments), self.order, self.memory)
        return self._combine(merge(streams, self.order))

    def _count(self, name: str, amount: int) -> None:
        self.output.counters[FRAMEWORK, name] += amount
