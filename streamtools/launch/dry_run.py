"""--dry-run of a job on this machine: the tasks that would run."""

import os

from streamtools.job import Job
from streamtools.launch.here import say
from streamtools.local.input.splits import find_splits
from streamtools.records import write_all


def show_tasks(job: Job) -> int:
    """Print the tasks that would run here; return the exit status."""
    planned = find_splits(job)
    combiner = f", combined by: {job.combiner.text}" if job.combiner else ""
    lines = []
    for number, split in enumerate(planned.splits):
        where = f"{split.path}, bytes {split.start:,} to {split.end:,}"
        lines.append(f"map task {number}: {where}: {job.mapper.text}{combiner}")
    lines += [f"reduce task {number}: {job.reducer.text}" for number in range(job.reduces)]
    write_all(os.fsencode("\n".join([*lines, ""])), 1)
    for remark in planned.remarks:
        say(remark)
    return 0
