"""Speed of st-run against what a user would take instead; `make bench` prints the table.

    .venv/bin/python tests/bench/bench_run.py [--quick] [--only TEXT] [--repeats N]

The job counts the lines of each user in a log of 2,000,000 lines with two reducers; of a log whose users are nearly all
different, of a solid .7z of the log, and of 1,000 lines, too. `limit.py` beside this file does the work of the job with
built-in stages and nothing else: what Python allows. Programs that are not installed (see tests/peers/install.sh, `make
hadoop`) are left out and named. Each command first runs once untimed, and the counts
are compared.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench_inputs import archive_files
from measure import Contest, Result, environment, report

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "streamtools"
PEERS = CACHE / "peers/bin"

MAP = """#!/usr/bin/env python3
import sys
write = sys.stdout.buffer.write
for line in sys.stdin.buffer:
    write(line.split(b"\\t", 2)[1] + b"\\t1\\n")
"""
SLOW_MAP = """#!/usr/bin/env python3
import sys
from urllib.parse import parse_qsl
write = sys.stdout.write
for line in sys.stdin:
    fields = line.rstrip("\\n").split("\\t")
    for name, _ in parse_qsl(fields[3].partition("?")[2]):
        pass
    write(f"{fields[1]}\\t1\\n")
"""
REDUCE = """#!/usr/bin/env python3
import sys
write = sys.stdout.buffer.write
current, total = None, 0
for line in sys.stdin.buffer:
    key, value = line.split(b"\\t")
    if key != current:
        if current is not None:
            write(b"%b\\t%d\\n" % (current, total))
        current, total = key, 0
    total += int(value)
if current is not None:
    write(b"%b\\t%d\\n" % (current, total))
"""
MRJOB = """from mrjob.job import MRJob
from mrjob.protocol import RawValueProtocol

class Users(MRJob):
    OUTPUT_PROTOCOL = RawValueProtocol
    def mapper(self, _, line):
        yield line.split("\\t")[1], 1
    def reducer(self, user, counts):
        yield None, f"{user}\\t{sum(counts)}"

Users.run()
"""
DUCKDB = """import duckdb
columns = "{'a': 'VARCHAR', 'user': 'VARCHAR', 'c': 'VARCHAR', 'd': 'VARCHAR', 'e': 'VARCHAR', 'f': 'VARCHAR'}"
source = f"read_csv('log.tsv', delim='\\t', header=false, quote='', columns={columns})"
duckdb.sql(f"SELECT user, count(*) FROM {source} GROUP BY user ORDER BY user").write_csv('out', sep='\\t', header=False)
"""
JOB = """from streamtools import Job

job = Job(line={kind}, key={kind}, value=int)

@job.map
def users(line):
    yield line.split({prefix}"\\t", 2)[1], 1

@job.reduce{combine}
def total(user, counts):
    yield user, sum(counts)

if __name__ == "__main__":
    job.main()
"""
JOBS = {  # file -> its source
    "users.py": JOB.format(kind="bytes", prefix="b", combine=""),
    "users_text.py": JOB.format(kind="str", prefix="", combine=""),
    "users_combined.py": JOB.format(kind="bytes", prefix="b", combine="(combine=True)"),
}
SCRIPTS = "-mapper map.py -reducer reduce.py"
GENERIC = "-D mapreduce.job.reduces=2"
STREAMING = "-input log.tsv -output out"


class Bench:
    """The rows of the table; log, scripts and output lie in `scratch`, where all commands run."""

    def __init__(self, scratch: Path, rows: int, repeats: int) -> None:
        self.scratch, self.repeats = scratch, repeats
        self.log = self._generate(scratch / "log.tsv", rows, rows)
        self._number_users(scratch / "different.tsv", rows // 2)
        self._generate(scratch / "tiny.tsv", 1000, 1000)
        for name, text in (
            ("map.py", MAP),
            ("slow.py", SLOW_MAP),
            ("reduce.py", REDUCE),
            ("job.py", MRJOB),
            ("query.py", DUCKDB),
        ):
            (scratch / name).write_text(text)
            (scratch / name).chmod(0o755)
        for name, text in JOBS.items():
            (scratch / name).write_text(text)
        ours = f"{ROOT / 'bin/st-run'} --quiet {GENERIC}"
        self.built_in = f"{ours} {STREAMING} -mapper st-map -combiner st-combine -reducer st-reduce"
        self.job = f"{ours.replace(' --quiet', ' --quiet --job {}')} {STREAMING}"
        self.scripted = f"{ours} -files map.py,reduce.py {STREAMING} {SCRIPTS}"

    @staticmethod
    def _generate(path: Path, rows: int, users: int) -> Path:
        """Generate a log of ASCII only, as some of the programs fail on other bytes."""
        generate = f"{sys.executable} {ROOT}/sample_data/generate.py --rows {rows} --users {users}"
        ascii_only = "LC_ALL=C tr -d '\\r\\200-\\377'"
        subprocess.run(["bash", "-o", "pipefail", "-c", f"{generate} | {ascii_only} > {path}"], check=True)
        return path

    def _number_users(self, path: Path, rows: int) -> None:
        """Write the first `rows` lines of the log with users that are all different, in an order without a pattern."""
        with self.log.open("rb") as log, path.open("wb") as out:
            for number, line in zip(range(rows), log, strict=False):
                when, _, rest = line.split(b"\t", 2)
                # An odd factor modulo a power of two gives each number another one.
                out.write(b"%b\tu%010d\t%b" % (when, number * 2654435761 % 2**32, rest))

    def rows(self) -> Iterator[tuple[str, str, str, float, int]]:
        """Yield name, baseline, our command, target and repeats of each row."""
        many, once = self.repeats, max(1, self.repeats // 3)
        pipe = "cut -f2 log.tsv"
        if shutil.which("mawk"):
            pipe = "mawk -F'\\t' '{ print $2 }' log.tsv"
        else:
            report_missing("mawk")
        yield "mawk, sort, uniq -c", f"{pipe} | LC_ALL=C sort | uniq -c > out", self.built_in, 0.9, many
        limit = f"{sys.executable} {Path(__file__).with_name('limit.py')} log.tsv out"
        yield "the limit: a bare program", limit, self.built_in, 1.15, many
        if shutil.which("7zz"):
            archive_files(self.log, "log.7z", [self.log], "-mmt=1")
            unpack = f"7zz x -so log.7z | {pipe.replace(' log.tsv', '')} | LC_ALL=C sort | uniq -c > out"
            yield "solid .7z", unpack, self.built_in.replace("log.tsv", "log.7z"), 1.0, many
            slow = self.scripted.replace("map.py", "slow.py")
            yield "a slow mapper: plain, solid .7z", slow, slow.replace("log.tsv", "log.7z"), 1.45, many
        else:
            report_missing("7zz")
        if self._imports("duckdb"):
            yield "DuckDB", f"{PEERS}/python query.py", self.built_in, 2.0, many
        plain = "./map.py < log.tsv | LC_ALL=C sort | ./reduce.py > out"
        yield "map.py, sort, reduce.py", plain, self.scripted, 0.7, many
        for name in JOBS:
            yield f"the same scripts, {name} as a Job", plain, self.job.format(name), 0.6, many
        other, ours = (command.replace("log.tsv", "different.tsv") for command in (plain, self.scripted))
        yield "the same, users all different", other, ours, 0.8, many
        if self._imports("madoop"):
            yield "madoop", f"{PEERS}/madoop -input log.tsv -output out {SCRIPTS}", self.scripted, 0.3, once
        if self._imports("mrjob"):
            mrjob = f"{PEERS}/python job.py -r local --no-conf --quiet --output-dir out log.tsv"
            yield "mrjob -r local", mrjob, self.scripted, 0.2, once
        hadoop = next(iter(sorted(CACHE.glob("hadoop-*/bin/hadoop"))), None)
        if hadoop:
            jar = next(hadoop.parent.parent.rglob("hadoop-streaming-*.jar"))
            job = f"{hadoop} jar {jar} -fs file:/// -jt local {GENERIC} -files map.py,reduce.py {STREAMING} {SCRIPTS}"
            yield "Hadoop Streaming, local runner", f"{job} 2> log.txt", self.scripted, 0.25, once
        else:
            report_missing("a real Hadoop (make hadoop)")

    def run(self, only: str) -> Iterator[Result]:
        for name, baseline, ours, target, repeats in self.rows():
            if only not in name:
                continue
            commands = {name: self._shell(baseline), "st-run": self._shell(ours)}
            counts = [self._count(command) for command in commands.values()]
            same = counts[0] == counts[1]
            contest = Contest(name, commands, target, same_output=False, before=self._clean)
            result = contest.run(repeats, self.scratch)
            result.same_output = same
            print(f"{name}: {result.ratio:.2f}{'' if same else ', RESULT DIFFERS'}", file=sys.stderr)
            yield result

    def tiny(self) -> Result:
        """Measure a job of 1,000 lines against the start of Python with click."""
        job = self._shell(self.built_in.replace("log.tsv", "tiny.tsv"))
        commands = {"python -c 'import click'": [sys.executable, "-c", "import click"], "st-run": job}
        contest = Contest("1,000 lines: start-up", commands, 3.0, same_output=False, before=self._clean)
        return contest.run(3 * self.repeats, self.scratch)

    def ten_times(self, seconds: float, rows: int) -> str:
        """Measure ten times the data; return a line on the time per record."""
        self._generate(self.log, 10 * rows, 10 * rows)
        contest = Contest("ten times", {"st-run": self._shell(self.built_in)}, same_output=False, before=self._clean)
        wall = contest.run(2, self.scratch, memory=False).figures["st-run"].median_wall
        per_record = f"{1e9 * seconds / rows:.0f} ns, with ten times the data {1e8 * wall / rows:.0f} ns"
        return f"time per record, built-in: {per_record}: {wall / seconds / 10:.2f} (target 1.2)"

    def _shell(self, command: str) -> list[str]:
        return ["bash", "-o", "pipefail", "-c", f"cd {self.scratch} && {command}"]

    def _clean(self) -> None:
        out = self.scratch / "out"
        shutil.rmtree(out) if out.is_dir() else out.unlink(missing_ok=True)

    def _count(self, command: list[str]) -> list[list[bytes]]:
        """Run a command; return its sorted pairs of user and count."""
        self._clean()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment())
        out = self.scratch / "out"
        files = sorted(out.glob("part-*")) if out.is_dir() else [out]
        return sorted(sorted(line.split()) for file in files for line in file.read_bytes().split(b"\n") if line)

    @staticmethod
    def _imports(name: str) -> bool:
        python = PEERS / "python"
        test = ["-W", "ignore", "-c", f"import {name}"]
        is_there = python.exists() and subprocess.run([python, *test]).returncode == 0
        if not is_there:
            report_missing(name)
        return is_there


def report_missing(name: str) -> None:
    print(f"bench_run: {name} is not installed; its row is left out", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="use a tenth of the data, skip the row of ten times the data"
    )
    parser.add_argument("--only", default="", metavar="TEXT", help="run only the rows whose name contains TEXT")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each command (default: 5)")
    options = parser.parse_args()
    rows = 200_000 if options.quick else 2_000_000
    with tempfile.TemporaryDirectory(prefix="st-bench-") as name:
        bench = Bench(Path(name), rows, options.repeats)
        results = list(bench.run(options.only))
        notes = [
            f"data: {rows:,} lines of sample_data/generate.py, {bench.log.stat().st_size / 1e6:.0f} MB; 2 reducers"
        ]
        if not (options.quick or options.only):
            results.append(bench.tiny())
            notes.append(bench.ten_times(results[0].figures["st-run"].median_wall, rows))
    print(report("st-run: lines per user", results, notes))
    sys.exit(0 if all(result.same_output is not False for result in results) else 1)


if __name__ == "__main__":
    main()
