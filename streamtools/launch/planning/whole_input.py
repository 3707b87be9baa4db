"""The whole input of a job: how many bytes and map tasks, and what only one core can decode."""

import os
from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from itertools import groupby
from typing import cast

from streamtools.errors import StreamtoolsError, UsageError
from streamtools.formats.hadoop_codecs import find_suffix, read_decoded
from streamtools.inputs.locations import is_remote
from streamtools.launch.planning.measured import Work
from streamtools.local.input.split import Split

PREFIX = 1 << 20  # encoded bytes whose decoding tells how much a file holds
ENOUGH = 64 << 20  # decoded bytes after which it has told enough


class Growths:
    """How many decoded bytes an encoded byte stands for, by file and, where only decoding tells, by suffix.

    directory: for the beginning of a file, copied. is_size_known: only proportions matter.
    """

    def __init__(self, directory: str, *, is_size_known: bool) -> None:
        self.directory, self.is_size_known = directory, is_size_known
        self.known: dict[str, float] = {}

    def of(self, path: str, packed: int) -> float:
        """Return it for a file of `packed` bytes. Raises UsageError for an encoded file on another machine."""
        suffix = find_suffix(path)
        if not suffix:
            return 1.0
        if is_remote(path):
            if self.is_size_known:
                return 1.0
            raise UsageError("--plan", f"the decoded size of {path} is unknown", "give it with --input-size")
        name = path if suffix == ".7z" else suffix
        if name not in self.known:
            copy = os.path.join(self.directory, f"beginning{suffix}")
            self.known[name] = _size_of_archive(path) / max(packed, 1) if name == path else _try(path, copy)
        return self.known[name]


def _size_of_archive(path: str) -> int:
    from streamtools.inputs import list_inputs

    return sum(entry.size or 0 for entry in list_inputs([path]))


def _try(path: str, copy: str) -> float:
    """Decode the beginning of a file, from a copy that ends too early; return how many bytes a byte of it became."""
    with open(path, "rb") as source, open(copy, "wb") as file:
        packed = file.write(source.read(PREFIX))
    decoded = 0
    with (
        suppress(StreamtoolsError, EOFError),
        closing(cast(Generator[bytes, None, None], read_decoded(copy))) as chunks,
    ):
        for chunk in chunks:
            decoded += len(chunk)
            if decoded > ENOUGH:
                break
    os.unlink(copy)
    return decoded / packed if decoded and packed else 1.0


def describe(splits: Sequence[Split], growths: Growths) -> Work:
    """Return the work that these splits are."""
    size = tasks = largest = encoded = stream = 0
    for path, group in groupby(sorted(splits, key=lambda split: split.path), key=lambda split: split.path):
        of_file = list(group)
        packed = sum(split.packed for split in of_file)
        is_shared = bool(of_file[0].share)  # by several tasks, for which it is decoded once
        growth = 1.0 if is_shared else growths.of(path, packed)
        decoded = round(growth * sum(split.length for split in of_file))
        size += decoded
        tasks += len(of_file)
        largest = max(largest, round(growth * max(split.length for split in of_file)))
        encoded += decoded if find_suffix(path) else 0
        stream = max(stream, decoded if is_shared else 0)
    return Work(size, max(tasks, 1), largest, encoded, stream)
