"""Speed of the small tools against what a user would take instead; `make bench` prints the table.

    .venv/bin/python tests/bench/bench_tools.py [--quick]

Input comes from a file that is in the page cache. A naive script is a first draft in Python.
"""

import argparse
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Contest, report

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = ROOT / "bin"
PYTHON = sys.executable

NAIVE_MAP = r"""
import sys
for line in sys.stdin:
    print(line.rstrip("\n").split("\t")[1] + "\t1")
"""
NAIVE_REDUCE = r"""
import itertools, sys
records = (line.rstrip("\n").split("\t") for line in sys.stdin)
for key, group in itertools.groupby(records, key=lambda record: record[0]):
    print(key + "\t" + str(sum(int(value) for _, value in group)))
"""
MAWK_SUM = r'$1 != key { if (NR > 1) print key "\t" sum; key = $1; sum = 0 } { sum += $2 } END { print key "\t" sum }'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="use a fifth of the data and three runs")
    quick = parser.parse_args().quick
    rows, repeats = (400_000, 3) if quick else (2_000_000, 5)
    with tempfile.TemporaryDirectory(prefix="st-bench-") as name:
        scratch = Path(name)
        log, pairs = generate(scratch, rows)
        contests = [*mapping(log), *reducing(pairs), *decoding(log, scratch), *starting()]
        results = [contest.run(repeats if contest.stdin else 4 * repeats, scratch) for contest in contests]
    lines = f"data: {rows:,} lines of sample_data/generate.py, and {5 * rows:,} sorted pairs `user TAB 1`"
    print(report("The small tools", results, [lines, "ratio: wall time of the last command to the first"]))


def generate(scratch: Path, rows: int) -> tuple[Path, Path]:
    """Generate the log, and sorted pairs of it."""
    log, pairs = scratch / "log.tsv", scratch / "pairs"
    command = [PYTHON, str(ROOT / "sample_data/generate.py"), "--users", str(rows)]
    subprocess.run([*command, "--rows", str(rows), "-o", str(log)], check=True)
    more = f"{shlex.join([*command, '--rows', str(5 * rows)])} | cut -f2 | sed 's/$/\t1/' | LC_ALL=C sort > {pairs}"
    subprocess.run(["bash", "-c", more], check=True)
    return log, pairs


def tool(name: str, *options: str) -> list[str]:
    return [PYTHON, str(BIN / name), *options]


def mapping(log: Path) -> list[Contest]:
    ours = {"st-map": tool("st-map")}
    latin = {"PYTHONIOENCODING": "latin-1"}  # without it the naive script ends at the first byte that is not UTF-8
    return [
        Contest("pick field 2", {"naive script": [PYTHON, "-c", NAIVE_MAP], **ours}, 0.33, latin, log),
        Contest("pick field 2", {"mawk": ["mawk", "-F\t", '{ print $2 "\\t1" }'], **ours}, 2.0, stdin=log),
        Contest("pick field 2", {"cut": ["cut", "-f2"], **ours}, stdin=log, same_output=False),
        Contest(
            "grep", {"grep": ["grep", "-a", "Firefox"], "st-map grep": tool("st-map", "grep", "Firefox")}, stdin=log
        ),
    ]


def reducing(pairs: Path) -> list[Contest]:
    ours = {"st-reduce": tool("st-reduce")}
    return [
        Contest("sum by key", {"naive groupby": [PYTHON, "-c", NAIVE_REDUCE], **ours}, 0.33, stdin=pairs),
        Contest("sum by key", {"mawk": ["mawk", "-F\t", MAWK_SUM], **ours}, 2.0, stdin=pairs),
        Contest("count by key", {"uniq -c": ["uniq", "-c"], "st-reduce count": tool("st-reduce", "count")},
                stdin=pairs, same_output=False),
    ]  # fmt: skip


def decoding(log: Path, scratch: Path) -> list[Contest]:
    """Compare st-cat with the tool of each format that is installed."""
    contests = [Contest("plain", {"cat": ["cat", str(log)], "st-cat": tool("st-cat", str(log))}, stdin=log)]
    for suffix, packer, unpacker in [
        ("gz", ["gzip", "-1c"], ["gzip", "-dc"]),
        ("bz2", ["bzip2", "-1c"], ["bzip2", "-dc"]),
        ("xz", ["xz", "-0c", "-T1"], ["xz", "-dc"]),
        ("zst", ["zstd", "-qc"], ["zstd", "-qdc"]),
    ]:
        packed = scratch / f"log.{suffix}"
        if shutil.which(packer[0]):
            with open(log, "rb") as source, open(packed, "wb") as sink:
                subprocess.run(packer, stdin=source, stdout=sink, check=True)
            commands = {unpacker[0]: [*unpacker, str(packed)], "st-cat": tool("st-cat", str(packed))}
            contests.append(Contest(suffix, commands, stdin=log))
    if shutil.which("7zz"):
        packed = scratch / "log.7z"
        subprocess.run(["7zz", "a", "-bso0", "-bsp0", "-mx=1", packed, log], check=True)
        commands = {"7zz": ["7zz", "x", "-so", "-mmt=1", str(packed)], "st-cat": tool("st-cat", str(packed))}
        contests.append(Contest("7z", commands, 1.15, stdin=log))
    return contests


def starting() -> list[Contest]:
    """Compare start-up on empty input with the import of click, which every tool needs."""
    return [
        Contest("start-up", {"import click": [PYTHON, "-c", "import click"], name: tool(name)}, 1.3)
        for name in ("st-cat", "st-map", "st-combine", "st-sort", "st-reduce")
    ]


if __name__ == "__main__":
    main()
