"""Run jobs by the real Hadoop Streaming and by st-run, and tell where they differ.

python tests/hadoop/differential.py identity:17 usage          one job; all jobs of a kind (as many as --each says)
python tests/hadoop/differential.py --each 30 --from 100       every kind, seeds 100 to 129
python tests/hadoop/differential.py --show identity:17         both runs of one job, in full
python tests/hadoop/differential.py --keep wire:3 NAME         save a job as a case under tests/hadoop/cases/
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import generator
from compare import Result, differences, result
from hadoop_home import HERE, Ended, WarmHadoop, hadoop_home
from jobs import Job

ROOT = HERE.parent.parent
CASES = HERE / "cases"
SECONDS = 60  # for one job


class Pair:
    """Both launchers over a scratch directory; `run` gives both results of one job."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.environment = os.environ | {
            "LC_ALL": "C.UTF-8",
            "TMPDIR": str(scratch),  # where st-run keeps what --resume of a failed job would need
            "PYTHONDONTWRITEBYTECODE": "1",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        }
        self.hadoop = WarmHadoop(hadoop_home(), scratch / "warm" / "work", self.environment)
        self.hadoop_side = ThreadPoolExecutor(1)  # it has one directory for all its jobs

    def __enter__(self) -> "Pair":
        return self

    def __exit__(self, *exc: object) -> None:
        self.hadoop_side.shutdown()
        self.hadoop.__exit__()

    def run(self, job: Job) -> tuple[Result, Result]:
        """The real result and ours."""
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            theirs, ours = Path(folder, "hadoop"), Path(folder, "st-run")
            job.write(theirs)
            job.write(ours)
            real = self.hadoop_side.submit(self.hadoop.run, theirs, job.args)
            mine = self.st_run(ours, job.args)
            return result(real.result(timeout=10 * SECONDS), theirs), result(mine, ours)

    def st_run(self, folder: Path, args: list[str]) -> Ended:
        command, nothing = [ROOT / "bin/st-run", *args], subprocess.DEVNULL
        done = subprocess.run(
            command, cwd=folder, env=self.environment, stdin=nothing, capture_output=True, timeout=SECONDS
        )
        return Ended(done.returncode, done.stdout, done.stderr)


def chosen(names: list[str], first: int, each: int) -> Iterator[Job]:
    """Jobs by name: KIND:SEED, KIND, or a saved case; without names every case and kind."""
    for name in names or [*sorted(path.name for path in CASES.iterdir()), "line", *generator.KINDS]:
        kind, _, seed = name.partition(":")
        if (CASES / name).is_dir():
            yield Job.load(CASES / name)
        elif kind == "line":
            yield from map(generator.line, [int(seed)] if seed else range(len(generator.LINES)))
        elif seed:
            yield generator.job(kind, int(seed))
        else:
            yield from (generator.job(kind, number) for number in range(first, first + each))


def in_parallel(jobs: Iterable[Job], pair: Pair, workers: int = 2) -> Iterator[tuple[Job, list[str]]]:
    """Each job with its differences, in the order given."""
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(lambda job: (job, differences(job, *pair.run(job))), jobs)


def show(job: Job, real: Result, ours: Result) -> None:
    print(f"== {job.name}\n$ {shlex.join(job.args)}")
    for name, content in job.files.items():
        print(f"-- {name}\n{content[:600]!r}")
    for side, outcome in (("Hadoop", real), ("st-run", ours)):
        print(f"== {side}: exit {outcome.status}")
        for name, content in (outcome.files or {}).items():
            print(f"-- out/{name}\n{content[:1000]!r}")
        lines = outcome.stderr.decode("utf-8", "replace").splitlines()
        print("\n".join(line[:300] for line in lines if " INFO " not in line and "\t" not in line)[-3000:])
    print("\n".join(differences(job, real, ours)) or "no difference")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="KIND:SEED, KIND or CASE")
    parser.add_argument("--each", type=int, default=20, help="how many of each kind")
    parser.add_argument("--from", dest="first", type=int, default=0, help="first seed")
    parser.add_argument("--show", action="store_true", help="all of both results")
    parser.add_argument("--keep", metavar="CASE", help="save the job as this case")
    options = parser.parse_args()
    jobs = list(chosen(options.names, options.first, options.each))
    if options.keep:
        jobs[0].save(CASES / options.keep)
    started, differing = time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="differential-") as scratch, Pair(Path(scratch)) as pair:
        if options.show:
            for job in jobs:
                show(job, *pair.run(job))
            return 0
        for job, found in in_parallel(jobs, pair):
            if found:
                differing += 1
                print(f"{job.name}: {'; '.join(found)}", flush=True)
    print(f"{len(jobs) - differing} passed, {differing} failed, in {time.monotonic() - started:.0f} s")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
