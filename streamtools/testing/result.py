"""What a test sees of a job's result."""

from __future__ import annotations

import os
from collections.abc import Iterable

from streamtools.api.result import PartFile
from streamtools.api.result import Result as AnyResult
from streamtools.api.types import Shape
from streamtools.formats.hadoop_codecs import read_blocks
from streamtools.local.output.part_file import part_files
from streamtools.testing.tasks import Ran


class Result(AnyResult):
    """The result of a job in a test: as of `Job.run`, with what a test wants to know besides.

    pairs: keys and values as the types that the job declares, in the order of the part files. lines: the same as text.
    counters: amounts by (group, name), 0 for what nobody has counted; those of all steps together. stderr: what the
    functions or commands have written there or printed. seed: of the order of the values of each key, None for that in
    which they came.
    """

    def __init__(self, parts: Iterable[PartFile], types: tuple[Shape, Shape], ran: Ran, seed: int | None) -> None:
        super().__init__(list(parts), types, ran.counters)
        self.stderr = ran.stderr.decode("utf-8", "backslashreplace")
        self.seed = seed

    def __repr__(self) -> str:
        return f"Result(lines={self.lines!r}, seed={self.seed})"


def read_result(directory: str, types: tuple[Shape, Shape], ran: Ran, seed: int | None) -> Result:
    """Return the result in an output directory, which need not stay. types: of keys and values."""
    return Result(map(_hold, part_files(directory)), types, ran, seed)


def _hold(path: str) -> PartFile:
    blocks = list(read_blocks(path))
    return PartFile(os.path.basename(path), lambda: blocks)
