"""--dry-run of a job on this machine: the tasks that would run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from streamtools.errors import StreamtoolsError
from streamtools.formats.hadoop_codecs import find_format
from streamtools.inputs.codecs import SEVENZIP
from streamtools.inputs.locations import is_remote
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
    kind = "decoded bytes" if split.share else "bytes"
    names = [_name_part(*part) for part in _find_parts(split)]
    members = f" ({', '.join(names)})" if names else ""
    return f"{kind} {split.start:,} to {split.end:,}{members}"


def _find_parts(split: Split) -> Iterator[tuple[Content, int, int]]:
    """Yield the members of an archive of which a split has bytes, with the first and the last of these."""
    if find_format(split.path) != SEVENZIP or is_remote(split.path):
        return
    for member in _find_contents(split.path, split.member):
        if split.encoded:
            found = [each for each in split.encoded.folder_ranges if each.folder == member.folder]
            within = [(each.offset - member.offset, each.offset + each.size - member.offset) for each in found]
        else:
            within = [(split.start - member.start, split.end - member.start)] if split.share else [(0, member.size)]
        for start, end in within:
            if start < member.size and end > 0:
                yield member, max(start, 0), min(end, member.size)


def _name_part(member: Content, start: int, end: int) -> str:
    """Return the name of a member, with the bytes of it that lie between two of its bytes if these are not all."""
    return member.name if end - start == member.size else f"{member.name} from {start:,} to {end:,}"


@lru_cache(maxsize=1)
def _find_contents(path: str, member: str | None) -> list[Content]:
    from streamtools.inputs.cuts import find_contents

    try:
        return find_contents(path, SEVENZIP, member)
    except StreamtoolsError:  # its task will tell
        return []
