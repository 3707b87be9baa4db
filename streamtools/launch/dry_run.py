"""--dry-run of a job on this machine: the tasks that would run."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from streamtools.formats.hadoop_codecs import find_format
from streamtools.job import Job
from streamtools.launch.here import say
from streamtools.local.input.split import Split
from streamtools.local.input.splits import find_splits
from streamtools.terminal import show

if TYPE_CHECKING:
    from streamtools.inputs.cuts import Content


def show_tasks(job: Job) -> int:
    """Print the tasks that would run here; return the exit status."""
    planned = find_splits(job)
    combiner = f", combined by: {job.combiner.text}" if job.combiner else ""
    lines = []
    for number, split in enumerate(planned.splits):
        where = f"{split.path}, {_range_of(split)}"
        lines.append(f"map task {number}: {where}: {job.mapper.text}{combiner}")
    lines += [f"reduce task {number}: {job.reducer.text}" for number in range(job.reduces)]
    if lines:
        show("\n".join(lines))
    for remark in planned.remarks:
        say(remark)
    return 0


def _range_of(split: Split) -> str:
    if not split.share:
        return f"bytes {split.start:,} to {split.end:,}"
    inside = [each for each in _find_contents(split.path) if each.start < split.end and each.end > split.start]
    names = [_name_part(each, split) for each in inside if each.name]
    members = f" ({', '.join(names)})" if names else ""
    return f"decoded bytes {split.start:,} to {split.end:,}{members}"


def _name_part(member: Content, split: Split) -> str:
    """Return the name of a member, with the bytes of it that a split has if these are not all."""
    start, end = (
        max(split.start, member.start) - member.start,
        min(split.end, member.end) - member.start,
    )
    if end - start == member.end - member.start:
        return member.name
    return f"{member.name} from {start:,} to {end:,}"


@lru_cache(maxsize=1)
def _find_contents(path: str) -> list[Content]:
    from streamtools.inputs.cuts import find_contents

    return find_contents(path, find_format(path))
