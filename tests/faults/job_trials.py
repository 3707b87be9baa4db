"""Jobs for the trials: their inputs and commands, and what is left of them on disk."""

import os
import random
from collections.abc import Sequence
from pathlib import Path

from trials import Ran, Trial

SCRIPTS = {
    "slow.sh": "#!/bin/sh\nsleep 0.02\nexec cat\n",
    "counting.sh": '#!/bin/sh\necho "reporter:counter:Mine,tasks,1" >&2\nexec cat\n',
}
STAGES = [  # mapper, combiner, reducer; and options before them
    ["-mapper", "slow.sh", "-reducer", "slow.sh"],
    ["-mapper", "counting.sh", "-reducer", "counting.sh"],
    ["-mapper", "st-map fields -k 1 -v 2", "-combiner", "st-combine first", "-reducer", "st-reduce first"],
    ["-mapper", "slow.sh", "-combiner", "cat", "-reducer", "uniq -c"],
    ["-mapper", "slow.sh", "-reducer", "NONE"],
]


def write_lines(path: Path, rng: random.Random, number: int) -> bytes:
    """Write records with few keys and return them."""
    lines = b"".join(b"k%d\t%d\n" % (rng.randrange(number // 20 + 1), at) for at in range(number))
    path.write_bytes(lines)
    return lines


def write_scripts(trial: Trial) -> None:
    """Write the commands of the jobs."""
    for name, text in SCRIPTS.items():
        write_script(trial, name, text)


def write_script(trial: Trial, name: str, text: str) -> None:
    """Write an executable script."""
    (trial.here / name).write_text(text)
    (trial.here / name).chmod(0o755)


def make_job(trial: Trial, stages: Sequence[str], *own: str) -> list[str]:
    """Make a job of some ten map tasks and three reduce tasks. own: options of st-run itself."""
    write_scripts(trial)
    lines = write_lines(trial.here / "in", trial.rng, trial.rng.randrange(3000, 30_000))
    options = ["-D", f"fs.local.block.size={len(lines) // 10 + 1}", "-D", "mapreduce.job.reduces=3"]
    return ["st-run", "--jobs", "2", *own, *options, "-input", "in", "-output", "out", *stages]


def read_parts(output: Path) -> dict[str, bytes] | None:
    """Return the part files of a job that has succeeded; None if it has not."""
    if not (output / "_SUCCESS").exists():
        return None
    return {path.name: path.read_bytes() for path in sorted(output.glob("part-*"))}


def read_counters(ran: Ran) -> list[str]:
    """Return the lines about counters that a job has told."""
    return [line for line in ran.told.split("\n") if line.startswith("\t")]


def run_undisturbed(trial: Trial, job: Sequence[str]) -> tuple[dict[str, bytes], list[str]]:
    """Run a job and remove its output again; return its part files and counters."""
    ran = trial.run(job)
    assert ran.status == 0, ran.told
    parts = read_parts(trial.here / "out")
    assert parts is not None and not os.listdir(trial.tmp)
    remove_output(trial)
    return parts, read_counters(ran)


def remove_output(trial: Trial) -> None:
    """Remove the output directory of a job."""
    for path in (trial.here / "out").iterdir():
        path.unlink()
    (trial.here / "out").rmdir()
