"""Run jobs by the real Hadoop Streaming and by st-run, and print where they differ.

python tests/hadoop/differential.py identity:17 usage          one job; all jobs of a kind (as many as --each says)
python tests/hadoop/differential.py --each 30 --from 100       every kind, seeds 100 to 129
python tests/hadoop/differential.py --show identity:17         both runs of one job, in full
python tests/hadoop/differential.py --keep wire:3 NAME         save a job as a case under tests/hadoop/cases/;
                                                               `make record-hadoop` then adds Hadoop's answer
"""

import argparse
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import generator
from compare import Result, answer_of, differences
from jobs import Job
from launchers import Pair, compare_all
from recorded import CASES, NAMES


def choose(names: list[str], first: int, each: int) -> Iterator[Job]:
    """Yield jobs by name: KIND:SEED, KIND, or a saved case; without names every case and kind."""
    for name in names or [*NAMES, "line", *generator.KINDS]:
        kind, _, seed = name.partition(":")
        if (CASES / name).is_dir():
            yield Job.load(CASES / name)
        elif kind == "line":
            yield from map(generator.line, [int(seed)] if seed else range(len(generator.LINES)))
        elif seed:
            yield generator.job(kind, int(seed))
        else:
            yield from (generator.job(kind, number) for number in range(first, first + each))


def show(job: Job, real: Result, ours: Result) -> None:
    """Print the job, both results, and their differences."""
    print(f"== {job.name}\n$ {shlex.join(job.args)}")
    for name, content in job.files.items():
        print(f"-- {name}\n{content[:600]!r}")
    for side, outcome in (("Hadoop", real), ("st-run", ours)):
        print(f"== {side}: exit {outcome.status}")
        for name, content in (outcome.files or {}).items():
            print(f"-- out/{name}\n{content[:1000]!r}")
        lines = outcome.stderr.decode("utf-8", "replace").splitlines()
        print("\n".join(line[:300] for line in lines if " INFO " not in line and "\t" not in line)[-3000:])
    print("\n".join(differences(answer_of(job, real), answer_of(job, ours))) or "no difference")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="KIND:SEED, KIND or CASE")
    parser.add_argument("--each", type=int, default=20, help="number of jobs of each kind")
    parser.add_argument("--from", dest="first", type=int, default=0, help="first seed")
    parser.add_argument("--show", action="store_true", help="print both results in full")
    parser.add_argument("--keep", metavar="CASE", help="save the job as this case")
    options = parser.parse_args()
    jobs = list(choose(options.names, options.first, options.each))
    if options.keep:
        jobs[0].save(CASES / options.keep)
    started, differing = time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="differential-") as scratch, Pair(Path(scratch)) as pair:
        if options.show:
            for job in jobs:
                show(job, *pair.run(job))
            return 0
        for job, found in compare_all(jobs, pair):
            if found:
                differing += 1
                print(f"{job.name}: {'; '.join(found)}", flush=True)
    print(f"{len(jobs) - differing} passed, {differing} failed, in {time.monotonic() - started:.0f} s")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
