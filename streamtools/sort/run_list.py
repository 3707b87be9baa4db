"""The runs of a sort in the order of the input, and the choice of those to be merged."""

from __future__ import annotations

from collections.abc import Sequence

from streamtools.sort.resources import MemoryShares, SortOptions
from streamtools.sort.runs import FileRun, MemoryRun, OutOfDescriptors, Run, RunFiles


class RunList:
    """The runs of a sort: in memory as long as there is room, then in files.

    When too many runs have piled up, or descriptors have run out, `must_merge` asks for a call of `start_merge`.
    """

    def __init__(self, options: SortOptions, shares: MemoryShares) -> None:
        self.runs: list[Run] = []
        self.batch = max(2, options.batch_size)
        self._files = RunFiles(options.directories, options.compress_runs)
        self._memory = shares.runs
        self._kept = 0  # bytes of all runs that were put in memory
        self._merged = 0  # of the runs at the beginning of the list, how many have been merged or passed over
        self._lacks_descriptors = False

    def close(self) -> None:
        """Remove the runs."""
        self._files.close()
        for run in self.runs:
            run.close()

    def store(self, block: bytes, value: bytes | None) -> None:
        """Add a sorted block as a run, in memory or in a file if there is no room.

        When there are no descriptors left it stays in memory, until all chunks that workers have are done and runs
        can be merged.
        """
        if self._kept + len(block) > self._memory and not self._lacks_descriptors:
            try:
                run = self._files.new_run(value, level=0)
            except OutOfDescriptors:
                self._lacks_descriptors = True
            else:
                self.runs.append(run)
                run.write(block)
                return
        self._kept += len(block)
        self.runs.append(MemoryRun(block, value))

    @property
    def must_merge(self) -> bool:
        """Whether runs have to be merged before more are stored."""
        return self._lacks_descriptors or len(self.runs) - self._merged >= self.batch

    def first_of_newest(self) -> int:
        """Return the index of the first of the newest runs, those that were merged as often as the last one.

        At least two, and if descriptors have run out, as many as it takes to have two in files, so that one descriptor
        is won. Raises OutOfDescriptors if that is not possible.
        """
        needed = 2 if self._lacks_descriptors else 0
        first, files = len(self.runs), 0
        while first:
            is_enough = len(self.runs) - first >= 2 and files >= needed
            if is_enough and self.runs[first - 1].level > self.runs[-1].level:
                break
            first -= 1
            files += isinstance(self.runs[first], FileRun)
        if files < needed:
            raise OutOfDescriptors
        return first

    def replace(self, first: int, end: int) -> tuple[list[Run], FileRun]:
        """Replace the runs from `first` up to `end` by one new run in a file; return them and the new one.

        The caller merges the old runs into the new one and hands them to `drop`.
        """
        old = self.runs[first:end]
        new = self._files.new_run(common_value_of(old), max(run.level for run in old) + 1, use_spare=True)
        self.runs[first:end] = [new]
        return old, new

    def drop(self, runs: Sequence[Run]) -> None:
        """Close runs that are no longer in the list."""
        for run in runs:
            run.close()
        self._files.reserve()

    def mark_as_merged(self) -> None:
        """Note that enough runs have been merged for now."""
        self._merged = len(self.runs)
        self._lacks_descriptors = False


def common_value_of(runs: Sequence[Run]) -> bytes | None:
    """Return the common value of all lines of the runs, if there is one."""
    values = {run.value for run in runs}
    return values.pop() if len(values) == 1 else None
