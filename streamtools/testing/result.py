"""What a test sees of a job's result."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from streamtools.api.layout import Pair
from streamtools.api.result import read_pairs
from streamtools.api.types import ENCODING, Shape
from streamtools.formats.hadoop_codecs import read_decoded
from streamtools.records import whole_lines
from streamtools.testing.tasks import Ran


@dataclass(frozen=True)
class Result:
    """The result of a job.

    pairs: keys and values as the types that the job declares, in the order of the part files. lines: the same as text.
    counters: amounts by (group, name), 0 for what nobody has counted; those of all steps together. stderr: what the
    functions or commands have written there or printed. seed: of the order of the values of each key, None for that in
    which they came.
    """

    pairs: list[Pair]
    lines: list[str] = field(repr=False)
    counters: Counter[tuple[str, str]] = field(repr=False)
    stderr: str = field(repr=False)
    seed: int | None


def part_files(directory: str) -> list[str]:
    """Return the paths of the part files in a directory, in order."""
    return sorted(os.path.join(directory, name) for name in os.listdir(directory) if name.startswith("part-"))


def read_part(path: str) -> Iterator[bytes]:
    """Yield blocks of the lines of a part file."""
    return whole_lines(read_decoded(path))


def read_result(directory: str, types: tuple[Shape, Shape], ran: Ran, seed: int | None) -> Result:
    """Return the result in an output directory. types: of keys and values. Raises DataError if they do not fit."""
    blocks = [block for path in part_files(directory) for block in read_part(path)]
    lines = b"".join(blocks).decode(*ENCODING).split("\n")[:-1]
    stderr = ran.stderr.decode("utf-8", "backslashreplace")
    return Result(list(read_pairs(blocks, types)), lines, ran.counters, stderr, seed)
