"""Speed of st-cat against the tool of each format: the same file, the output compared byte for byte.

    .venv/bin/python tests/bench/bench_inputs.py [--size MB] [--only TEXT] [--repeats N]

The data are log lines generated from a seed into a temporary directory and packed there by the tools. Rows whose tool
is not installed are left out and named below the table. Where one core does the work, the target is a ratio of CPU
seconds, also below the table.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench_sort import log_lines
from measure import Contest, Result, report

ST_CAT = str(Path(__file__).resolve().parents[2] / "bin" / "st-cat")
MEMBERS = 10  # of the archive with several folders
BLOCKS = ["xz", "-1", "-T2", "--block-size=8MiB"]
SMALL = 5_000_000  # bytes of each member of the many small archives


def write_log(directory: Path, size: int) -> Path:
    """Write a log of about `size` bytes."""
    log = directory / "log.tsv"
    with log.open("wb") as file:
        for block in log_lines(size // 100):
            file.write(block)
            if file.tell() >= size:
                break
    return log


def pack_log(log: Path, command: list[str], name: str) -> str:
    """Pack the log by a filter."""
    path = log.parent / name
    with log.open("rb") as source, path.open("wb") as target:
        subprocess.run(command, stdin=source, stdout=target, check=True)
    return str(path)


def archive_files(log: Path, name: str, pieces: list[Path], *options: str) -> str:
    """Pack files into the .7z archive `name` beside the log."""
    path = log.parent / name
    command: list[str | Path] = ["7zz", "a", "-mx=1", *options, path, *pieces]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return str(path)


def cut(log: Path, directory: str, size: int) -> list[Path]:
    """Cut the log at line ends into files of about `size` bytes."""
    folder = log.with_name(directory)
    folder.mkdir()
    made: list[Path] = []
    with log.open("rb") as file:
        while lines := file.readlines(size):
            made.append(folder / f"{len(made):04}.tsv")
            made[-1].write_bytes(b"".join(lines))
    return made


def contests(log: Path) -> Iterator[tuple[str, set[str], Callable[[], Contest], float | None]]:
    """Yield (name, programs needed, a function that makes the contest, target of the CPU ratio or None)."""
    size = log.stat().st_size

    def plain() -> Contest:
        return Contest("plain", {"cat": ["cat", str(log)], "st-cat": [ST_CAT, str(log)]}, target=1.3)

    def stream(name: str, pack: list[str], unpack: list[str], target: float | None, *options: str) -> Contest:
        path = str(log.with_name(name))
        if not Path(path).exists():
            pack_log(log, pack, name)
        ours = [ST_CAT, *options, path]
        return Contest(" ".join([name, *options]), {" ".join(unpack): [*unpack, path], "st-cat": ours}, target=target)

    def one_member(jobs: int, target: float | None) -> Contest:
        path = str(log.with_name("one.7z"))
        if not Path(path).exists():
            archive_files(log, "one.7z", [log], "-mmt=2")
        return archive(f"one member, {jobs} threads", path, jobs, target)

    def folders() -> Contest:
        path = archive_files(log, "folders.7z", cut(log, "tenths", size // MEMBERS), "-ms=off", "-mmt=1")
        return archive("several folders, 2 threads", path, 2, 1.1)

    def archive(name: str, path: str, jobs: int, target: float | None) -> Contest:
        theirs = ["7zz", "x", "-so", f"-mmt={jobs}", path]
        return Contest(name, {f"7zz -mmt={jobs}": theirs, "st-cat": [ST_CAT, "-j", str(jobs), path]}, target=target)

    def small() -> Contest:
        files = cut(log, "small", SMALL)
        paths = [archive_files(log, f"small/{file.stem}.7z", [file], "-mmt=1") for file in files]
        loop = 'for archive; do 7zz x -so "$archive"; done'
        theirs, ours = ["sh", "-c", loop, "sh", *paths], [ST_CAT, "-j", "2", *paths]
        return Contest(f"{len(paths)} small .7z, 2 threads", {"7zz in a loop": theirs, "st-cat": ours}, target=0.6)

    yield "plain", set(), plain, None
    yield "gz", {"gzip"}, lambda: stream("log.gz", ["gzip", "-1"], ["gzip", "-dc"], None), 0.5
    yield "bz2", {"bzip2"}, lambda: stream("log.bz2", ["bzip2"], ["bzip2", "-dc"], None), None
    yield "bz2, 2 threads", {"bzip2"}, lambda: stream("log.bz2", ["bzip2"], ["bzip2", "-dc"], 0.7, "-j", "2"), None
    yield "xz", {"xz"}, lambda: stream("log.xz", BLOCKS, ["xz", "-dc", "-T1"], None), None
    yield "xz, 2 threads", {"xz"}, lambda: stream("log.xz", BLOCKS, ["xz", "-dc", "-T2"], 1.1, "-j", "2"), None
    yield "zst", {"zstd"}, lambda: stream("log.zst", ["zstd", "-q"], ["zstd", "-dcq"], None), None
    yield "7z, one core", {"7zz"}, lambda: one_member(1, None), 1.15
    yield "7z, segments", {"7zz"}, lambda: one_member(2, 1.1), None
    yield "7z, folders", {"7zz"}, folders, None
    yield "7z, small", {"7zz"}, small, None


def run(log: Path, only: str, repeats: int) -> tuple[list[Result], list[str]]:
    """Run the contests; return results and the notes below the table."""
    results, notes = [], []
    for name, programs, make, target in contests(log):
        missing = {program for program in programs if not shutil.which(program)}
        if only not in name:
            continue
        if missing:
            notes.append(f"left out: {name}; {', '.join(sorted(missing))} is not installed")
            continue
        print(f"{name} ...", file=sys.stderr)
        results.append(make().run(repeats, log.parent))
        if target is not None:
            theirs, *_, ours = results[-1].figures.values()
            ratio = ours.median_cpu / theirs.median_cpu
            verdict = "reached" if ratio <= target else "MISSED"
            notes.append(f"{name}: CPU ratio {ratio:.2f}, target {target:.2f}: {verdict}")
    return results, notes


def main() -> None:
    """Run the contests and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", type=int, default=1000, metavar="MB", help="size of the unpacked log (default: 1000)")
    parser.add_argument("--only", default="", metavar="TEXT", help="run only the rows whose name contains TEXT")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each command (default: 3)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-inputs-") as directory:
        log = write_log(Path(directory), options.size * 1_000_000)
        results, notes = run(log, options.only, options.repeats)
        print(report("st-cat against the tool of each format", results, [f"data: {log.stat().st_size:,} bytes of log"]))
        print("\n".join(notes))


if __name__ == "__main__":
    main()
