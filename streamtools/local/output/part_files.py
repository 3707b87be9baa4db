"""Part files: their form, their codec, and how a task's output becomes the job's at once.

out/_temporary/0/_temporary/ATTEMPT/part-00000  --task commit: rename-->  out/part-00000  --job commit-->  _SUCCESS
"""

import os
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Protocol

from streamtools.errors import DataError
from streamtools.files import files_below
from streamtools.formats.batch import Batch, Pairs, add_separators, join_lines, to_pairs
from streamtools.formats.hadoop_codecs import make_compressor
from streamtools.formats.sequence_file import SequenceWriter
from streamtools.formats.writables import Writable
from streamtools.java import class_names
from streamtools.job import STDOUT, Job, launch_refused
from streamtools.job.classes import find_codec_suffix
from streamtools.local.counters import FILE_OUTPUT, Counters
from streamtools.records import write_all

TEMPORARY = os.path.join("_temporary", "0", "_temporary")
CHECKED = 512  # bytes per checksum of the side files that a local Hadoop writes, and counts


class Format(Protocol):
    """Turns batches into the bytes of a part file."""

    def head(self) -> bytes: ...

    def add(self, batch: Batch) -> bytes: ...

    def close(self) -> bytes: ...


class TextFormat:
    """key, separator, value, LF; of NullWritable nothing is written, nor the separator beside it."""

    def __init__(self, key: Writable, value: Writable, separator: bytes) -> None:
        self.key, self.value, self.separator = key, value, separator

    def head(self) -> bytes:
        return b""

    def add(self, batch: Batch) -> bytes:
        if isinstance(batch, bytes) and self.separator == b"\t":
            return add_separators(batch)
        keys, values = to_pairs(batch)
        shown = [self._shown(kind, items) for kind, items in ((self.key, keys), (self.value, values))]
        if self.key.is_null or self.value.is_null:
            both = self.key.is_null and self.value.is_null
            return b"" if both else b"".join([item + b"\n" for item in shown[self.key.is_null]])
        return join_lines(Pairs(*shown), self.separator)

    def close(self) -> bytes:
        return b""

    def _shown(self, kind: Writable, items: list[bytes]) -> list[bytes]:
        return items if kind.is_text else list(map(kind.to_string, items))


class SequenceFormat:
    """A sequence file whose header has the job's output class_names."""

    def __init__(self, job: Job, key: Writable, value: Writable) -> None:
        for kind, expected, part in zip((key, value), job.output_classes, ("key", "value"), strict=True):
            if kind.class_name != expected:
                raise DataError(
                    "SequenceFileOutputFormat",
                    f"wrong {part} class: {kind.class_name} is not class {expected}",
                    f"set -D mapreduce.job.output.{part}.class={kind.class_name}",
                )
        output = job.properties.output
        codec = output.codec if output.is_compressed else ""
        self.writer = SequenceWriter(key, value, codec, output.is_compressed_by_block)

    def head(self) -> bytes:
        return self.writer.head()

    def add(self, batch: Batch) -> bytes:
        return self.writer.add(to_pairs(batch))

    def close(self) -> bytes:
        return self.writer.close()


def suffix_of_parts(job: Job) -> str:
    """The suffix of the part files; raises Refused for a codec that is not there."""
    if job.output_format != class_names.TEXT_OUTPUT or not job.properties.output.is_compressed:
        return ""
    return find_codec_suffix(job.properties.output.codec)


class PartFile:
    """The output of a task, growing in its attempt's folder; a lazy one is made with its first record."""

    def __init__(self, job: Job, key: Writable, value: Writable, folder: str, number: int, counters: Counters) -> None:
        self.suffix = suffix_of_parts(job)
        self.path = os.path.join(folder, f"part-{number:05d}{self.suffix}")
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
        """Write the rest."""
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


class OutputFolder:
    """The output directory of a job, which must not exist before; to stdout, a folder that goes away again."""

    def __init__(self, job: Job, scratch: str, absolute: Callable[[str], str]) -> None:
        self.to_stdout = job.output == STDOUT
        self.path = os.path.join(scratch, "out") if self.to_stdout else absolute(job.output)
        self.marks_success = job.properties.output.marks_success
        self.lazy = job.is_lazy
        self.keeps_of_failed = job.properties.output.committer_version != 1
        self.committed: list[str] = []

    def is_empty(self) -> bool:
        """Whether it exists and holds nothing, so that nothing can be lost there."""
        return os.path.isdir(self.path) and not os.listdir(self.path)

    def check(self, goes_on: bool = False) -> None:
        """Raise Refused when it exists, unless this run goes on from where an earlier one has ended."""
        if os.path.lexists(self.path) and not self.to_stdout and not goes_on:
            remedy = "name another, or remove it; --resume goes on with what a killed st-run has left"
            raise launch_refused(f"Output directory file:{self.path} already exists", remedy)

    def create(self) -> None:
        """Make the directory with its parents; raises Refused when that cannot be."""
        try:
            self._remove_temporary()
            os.makedirs(os.path.join(self.path, TEMPORARY))
        except OSError as error:
            raise launch_refused(f"Mkdirs failed to create file:{self.path}: {error.strerror}") from None

    def attempt(self, name: str) -> str:
        """The folder of an attempt, made new."""
        folder = os.path.join(self.path, TEMPORARY, name)
        os.makedirs(folder, exist_ok=True)
        return folder

    def commit_task(self, name: str) -> list[str]:
        """Move what an attempt wrote, side files too, to where it belongs; returns the files there, not directories."""
        moved = _moved(os.path.join(self.path, TEMPORARY, name), self.path)
        self.committed += moved
        return moved

    def remove_parts_but(self, files: Collection[str]) -> None:
        """Remove the part files of an earlier run that no record tells of: it was killed before, or had more tasks."""
        for path in self.parts():
            if path not in files:
                os.unlink(path)

    def abort_task(self, name: str) -> None:
        """Forget what an attempt wrote."""
        from shutil import rmtree

        rmtree(os.path.join(self.path, TEMPORARY, name), ignore_errors=True)

    def end(self, succeeded: bool) -> None:
        """Remove what is temporary, and mark success.

        Of a job that failed, what its tasks have committed stays, but for version 1 of Hadoop's committer.
        """
        self._remove_temporary()
        if not (succeeded or self.keeps_of_failed):
            for path in self.committed:
                with suppress(OSError):  # a task has removed it
                    os.unlink(path)
        if succeeded and self.marks_success and not self.to_stdout:
            with open(os.path.join(self.path, "_SUCCESS"), "wb"):
                pass

    def _remove_temporary(self) -> None:
        from shutil import rmtree

        rmtree(os.path.join(self.path, "_temporary"), ignore_errors=True)

    def parts(self) -> list[str]:
        """The part files in order."""
        return sorted(os.path.join(self.path, name) for name in os.listdir(self.path) if name.startswith("part-"))


def _moved(folder: str, target: str) -> list[str]:
    """Move all in a folder, which goes away, into another one, directories into those of the same name.

    Returns the files there: directories are shared by tasks, so that none of them is the work of one.
    """
    moved = []
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        place = os.path.join(target, entry.name)
        is_folder = entry.is_dir(follow_symlinks=False)
        if is_folder and os.path.isdir(place):
            moved += _moved(entry.path, place)
            continue
        os.replace(entry.path, place)
        moved += files_below(place) if is_folder else [place]
    os.rmdir(folder)
    return moved
