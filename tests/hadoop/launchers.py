"""The two launchers of a job: st-run, and the real Hadoop Streaming in a warm JVM."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from compare import Answer, Result, answer_of, differences, read_result
from hadoop_home import HERE, Ended, WarmHadoop, hadoop_home
from jobs import Job

ST_RUN = HERE.parent.parent / "bin" / "st-run"
SECONDS = 60  # for one job


def environment_in(scratch: Path) -> dict[str, str]:
    """Return the environment of both launchers; what they keep goes into `scratch`."""
    return os.environ | {
        "LC_ALL": "C.UTF-8",
        "TMPDIR": str(scratch),  # where st-run keeps what --resume of a failed job would need
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }


def run_here(job: Job, scratch: Path) -> Result:
    """Run a job by st-run in a new directory in `scratch`."""
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        folder = Path(name)
        job.write(folder)
        done = subprocess.run(
            [ST_RUN, *job.args],
            cwd=folder,
            env=environment_in(scratch),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
        )
        return read_result(Ended(done.returncode, done.stdout, done.stderr), folder)


class Pair:
    """Both launchers over a scratch directory."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.hadoop = WarmHadoop(hadoop_home(), scratch / "warm" / "work", environment_in(scratch))
        self.hadoop_side = ThreadPoolExecutor(1)  # it has one directory for all its jobs

    def __enter__(self) -> "Pair":
        return self

    def __exit__(self, *exc: object) -> None:
        self.hadoop_side.shutdown()
        self.hadoop.__exit__()

    def run(self, job: Job) -> tuple[Result, Result]:
        """Run a job by both; return Hadoop's result and ours."""
        real = self.hadoop_side.submit(self.run_by_hadoop, job)
        ours = run_here(job, self.scratch)
        return real.result(timeout=10 * SECONDS), ours

    def answers(self, job: Job) -> tuple[Answer, Answer]:
        """Run a job by both; return Hadoop's answer and ours."""
        real, ours = self.run(job)
        return answer_of(job, real), answer_of(job, ours)

    def run_by_hadoop(self, job: Job) -> Result:
        with tempfile.TemporaryDirectory(dir=self.scratch) as name:
            folder = Path(name)
            job.write(folder)
            return read_result(self.hadoop.run(folder, job.args), folder)


def compare_all(jobs: Iterable[Job], pair: Pair, workers: int = 2) -> Iterator[tuple[Job, list[str]]]:
    """Yield each job with its differences, in the order given."""
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(lambda job: (job, differences(*pair.answers(job))), jobs)
