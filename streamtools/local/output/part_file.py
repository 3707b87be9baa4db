"""Part files: how records become their bytes, by the job's output format and codec."""

import os
from typing import Protocol

from streamtools.errors import DataError
from streamtools.formats.batch import Batch, Pairs, SameValue, add_separators, join_lines, to_pairs
from streamtools.formats.hadoop_codecs import make_compressor
from streamtools.formats.writables import Writable
from streamtools.java import class_names
from streamtools.job import Job
from streamtools.job.classes import find_codec_suffix
from streamtools.local.counters import FILE_OUTPUT, Counters
from streamtools.records import write_all

CHECKED = 512  # bytes per checksum in the side files that a local Hadoop writes, and counts


class Format(Protocol):
    """Turns batches into the bytes of a part file."""

    def head(self) -> bytes:
        """Return the first bytes."""

    def add(self, batch: Batch) -> bytes:
        """Return the bytes of some records, or of those before them."""

    def close(self) -> bytes:
        """Return the last bytes."""


class TextFormat:
    """Key, separator, value, LF. Of a NullWritable nothing is written, nor the separator beside it."""

    def __init__(self, key: Writable, value: Writable, separator: bytes) -> None:
        self.key, self.value, self.separator = key, value, separator

    def head(self) -> bytes:
        return b""

    def add(self, batch: Batch) -> bytes:
        if self.separator == b"\t" and isinstance(batch, SameValue):
            return batch.to_block()
        if self.separator == b"\t" and isinstance(batch, bytes):
            return add_separators(batch)
        pairs = to_pairs(batch)
        keys, values = self._show(self.key, pairs.keys), self._show(self.value, pairs.values)
        if self.key.is_null and self.value.is_null:
            return b""
        if self.key.is_null:
            return b"".join([value + b"\n" for value in values])
        if self.value.is_null:
            return b"".join([key + b"\n" for key in keys])
        return join_lines(Pairs(keys, values), self.separator)

    def close(self) -> bytes:
        return b""

    def _show(self, kind: Writable, items: list[bytes]) -> list[bytes]:
        return items if kind.is_text else list(map(kind.to_string, items))


class SequenceFormat:
    """A sequence file whose header has the job's output class_names. Raises DataError if the records are of others."""

    def __init__(self, job: Job, key: Writable, value: Writable) -> None:
        for kind, expected, part in zip((key, value), job.output_classes, ("key", "value"), strict=True):
            if kind.class_name != expected:
                raise DataError(
                    "SequenceFileOutputFormat",
                    f"wrong {part} class: {kind.class_name} is not class {expected}",
                    f"set -D mapreduce.job.output.{part}.class={kind.class_name}",
                )
        from streamtools.formats.sequence_file import SequenceWriter

        output = job.properties.output
        codec = output.codec if output.is_compressed else ""
        self.writer = SequenceWriter(key, value, codec, output.is_compressed_by_block)

    def head(self) -> bytes:
        return self.writer.head()

    def add(self, batch: Batch) -> bytes:
        return self.writer.add(to_pairs(batch))

    def close(self) -> bytes:
        return self.writer.close()


def part_files(directory: str) -> list[str]:
    """Return the paths of the part files in a directory, in order."""
    return sorted(os.path.join(directory, name) for name in os.listdir(directory) if name.startswith("part-"))


def suffix_of_parts(job: Job) -> str:
    """Return the suffix of the part files; raises Refused for an unknown codec."""
    if job.output_format != class_names.TEXT_OUTPUT or not job.properties.output.is_compressed:
        return ""
    return find_codec_suffix(job.properties.output.codec)


class PartFile:
    """The part file of a task, written into its attempt's directory; a lazy one is made with its first record."""

    def __init__(
        self, job: Job, key: Writable, value: Writable, directory: str, number: int, counters: Counters
    ) -> None:
        self.suffix = suffix_of_parts(job)
        self.path = os.path.join(directory, f"part-{number:05d}{self.suffix}")
        self.counters, self.is_lazy = counters, job.is_lazy
        self.compressor = make_compressor(self.suffix) if self.suffix else None
        self.format: Format | None = self._format(job, key, value)
        self.descriptor = -1
        self.size = 0
        if self.format and not self.is_lazy:
            self._open()

    @staticmethod
    def _format(job: Job, key: Writable, value: Writable) -> Format | None:
        if job.output_format == class_names.NULL_OUTPUT:
            return None
        if job.output_format == class_names.SEQUENCE_OUTPUT:
            return SequenceFormat(job, key, value)
        return TextFormat(key, value, job.properties.output.separator)

    def add(self, batch: Batch) -> None:
        """Write some records."""
        if self.format is None or not (isinstance(batch, bytes) or batch.keys):
            return
        if self.descriptor < 0:
            self._open()
        self._write(self.format.add(batch))

    def close(self) -> None:
        """Write the rest, and count the bytes."""
        if self.descriptor < 0 or self.format is None:
            return
        self._write(self.format.close())
        if self.compressor:
            self._write_out(self.compressor.flush())
        os.close(self.descriptor)
        self.descriptor = -1
        if not self.is_lazy:  # LazyOutputFormat counts nothing
            side_file = 8 + 4 * -(-self.size // CHECKED)
            self.counters[FILE_OUTPUT, "Bytes Written"] += self.size + side_file

    def _open(self) -> None:
        assert self.format
        self.descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        self._write(self.format.head())

    def _write(self, data: bytes) -> None:
        self._write_out(self.compressor.compress(data) if self.compressor else data)

    def _write_out(self, data: bytes) -> None:
        if data:
            write_all(data, self.descriptor)
            self.size += len(data)
