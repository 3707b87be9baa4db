"""Speed of st-sort against `LC_ALL=C sort -s -t TAB -k1,1`: same memory, same number of threads, output compared.

    .venv/bin/python tests/bench/bench_sort.py [--quick] [--huge] [--only TEXT] [--repeats N]

--quick uses a tenth of the data and memory. --huge adds a row of 5 GB, which needs a quarter of an hour and 16 GB of
disk. The data are generated from a seed into a temporary directory.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path

from measure import MIB, Contest, Result, bare_interpreter, cores, report

ST_SORT = Path(__file__).resolve().parents[2] / "bin" / "st-sort"
BATCH = 500_000  # lines made at once
HUGE = 5_000_000_000


def skewed_users(count: int, seed: int = 1) -> Iterator[bytes]:
    """Yield pairs of a user and 1; few users have most of them."""
    chance = random.Random(seed).random
    for size in _batches(count):
        yield b"".join([b"u%08d\t1\n" % (3_000_000 * chance() ** 4) for _ in range(size)])


def random_keys(count: int, seed: int = 2) -> Iterator[bytes]:
    """Yield pairs of a unique key and 1: numbers up to 2**36, mixed by a one-to-one function."""
    mask, start = (1 << 36) - 1, random.Random(seed).getrandbits(30)
    for size in _batches(count):
        numbers = range(start, start + size)
        start += size
        mixed = [(number * 0x9E3779B97F4A7C15) & mask for number in numbers]
        yield b"".join([b"%09x\t1\n" % (((m ^ m >> 19) * 0xD6E8FEB86659FD93) & mask) for m in mixed])


def words(count: int, seed: int = 3) -> Iterator[bytes]:
    """Yield pairs of a word and 1 as a word count does; the frequencies follow Zipf's law."""
    chance = random.Random(seed)
    letters = "etaoinshrdlcumwfgypbvk"
    vocabulary = sorted({"".join(chance.choices(letters, k=chance.randint(1, 10))) for _ in range(200_000)})
    chance.shuffle(vocabulary)
    pairs = [b"%s\t1\n" % word.encode() for word in vocabulary]
    weights = list(accumulate(1 / rank for rank in range(1, len(pairs) + 1)))
    for size in _batches(count):
        yield b"".join(chance.choices(pairs, cum_weights=weights, k=size))


def log_lines(count: int, seed: int = 4) -> Iterator[bytes]:
    """Yield lines of a web server's log as TSV, of 125 bytes on average; the first field is the client."""
    chance = random.Random(seed)
    number = chance.random
    agents = [b"Mozilla/5.0 (X11; Linux x86_64)", b"curl/8.5.0", b"Googlebot/2.1 (+http://g.co/bot)"]
    second = 0
    for size in _batches(count):
        lines = []
        for _ in range(size):
            second += 1
            client = int(number() ** 3 * 500_000)
            lines.append(
                b"10.%d.%d.%d\t2026-11-%02dT%02d:%02d:%02d\tGET\t/shop/item/%012d?ref=%06x\t200\t%d\t%s\n"
                % (
                    *(client >> 16, client >> 8 & 255, client & 255),
                    *(second // 86400 % 28 + 1, second // 3600 % 24, second // 60 % 60, second % 60),
                    *(number() * 10**12, int(number() * 16**6), number() * 10**5, agents[second % 3]),
                )
            )
        yield b"".join(lines)


def values_differ(count: int, seed: int = 5) -> Iterator[bytes]:
    """Yield pairs of a skewed user and a number; the order of values has to be kept."""
    chance = random.Random(seed).random
    for size in _batches(count):
        yield b"".join([b"u%07d\t%d\n" % (3_000_000 * chance() ** 4, 100 * chance()) for _ in range(size)])


def huge_pairs(count: int, seed: int = 6) -> Iterator[bytes]:
    """Yield skewed pairs, drawn from two million: to make each anew would take too long."""
    chance = random.Random(seed)
    pool = b"".join(skewed_users(2_000_000, seed)).splitlines(keepends=True)
    for size in _batches(count):
        yield b"".join(chance.choices(pool, k=size))


def _batches(count: int) -> Iterator[int]:
    for start in range(0, count, BATCH):
        yield min(BATCH, count - start)


def write(path: Path, blocks: Iterator[bytes]) -> Path:
    with open(path, "wb") as sink:
        sink.writelines(blocks)
    return path


def write_sorted(path: Path, source: Path, reverse: bool) -> Path:
    """Write the lines of `source`, sorted, to `path`."""
    lines = source.read_bytes().splitlines(keepends=True)
    lines.sort(reverse=reverse)
    return write(path, iter(lines))


class Bench:
    """The rows of the table over one scratch directory."""

    def __init__(self, scratch: Path, scale: int, repeats: int, jobs: int) -> None:
        self.scratch, self.scale, self.repeats, self.jobs = scratch, scale, repeats, jobs

    def row(self, name: str, data: Path, memory: int, target: float | None, repeats: int = 0) -> Result:
        """Run one contest; `memory` is in MiB."""
        size = f"{max(1024, memory * 1024 // self.scale)}K"
        directory = str(self.scratch)
        gnu = [*f"sort -s -k1,1 -S {size} --parallel={self.jobs} -T {directory}".split(), "-t", "\t", str(data)]
        ours = [*f"{sys.executable} {ST_SORT} -S {size} -j {self.jobs} -T {directory}".split(), str(data)]
        name = f"{name}, {data.stat().st_size / 1e6:.0f} MB, -S {size}"
        contest = Contest(name, {"GNU sort": gnu, "st-sort": ours}, target, env={"LC_ALL": "C"})
        result = contest.run(repeats or self.repeats, self.scratch)
        print(contest.name, f"{result.ratio:.2f}", file=sys.stderr)
        return result

    def rows(self, only: str, huge: bool) -> Iterator[Result]:
        million = 1_000_000 // self.scale
        kinds: list[tuple[str, Callable[[Path], Path], int, float | None]] = [
            ("skewed pairs", lambda path: write(path, skewed_users(10 * million)), 128, 0.65),
            ("random keys", lambda path: write(path, random_keys(10 * million)), 128, 0.65),
            ("word count", lambda path: write(path, words(10 * million)), 128, 0.45),
            ("log lines", lambda path: write(path, log_lines(2 * million)), 64, 0.85),
            ("already sorted", lambda path: self._ordered(path, million, reverse=False), 128, 1.0),
            ("reverse sorted", lambda path: self._ordered(path, million, reverse=True), 128, 1.0),
            ("values differ", lambda path: write(path, values_differ(10 * million)), 128, None),
        ]
        for name, maker, memory, target in kinds:
            if only in name:
                data = maker(self.scratch / "data")
                yield self.row(name, data, memory, target)
                data.unlink()
        if only in "start-up":
            yield self.row("start-up, 1000 lines", write(self.scratch / "data", skewed_users(1000)), 128, None, 11)
        if huge and only in "huge":
            yield self.row("huge", write(self.scratch / "data", huge_pairs(HUGE // 12 // self.scale)), 256, 1.0, 1)

    def _ordered(self, path: Path, million: int, reverse: bool) -> Path:
        return write_sorted(path, write(self.scratch / "source", skewed_users(10 * million)), reverse)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="use a tenth of the data and memory")
    parser.add_argument("--huge", action="store_true", help="add a row of 5 GB")
    parser.add_argument("--only", default="", metavar="TEXT", help="run only the rows whose name contains TEXT")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each command (default: 5)")
    options = parser.parse_args()
    jobs = cores()
    with tempfile.TemporaryDirectory(prefix="bench-sort-") as scratch:
        bench = Bench(Path(scratch), 10 if options.quick else 1, options.repeats, jobs)
        results = list(bench.rows(options.only, options.huge))
    notes = [
        f"baseline: LC_ALL=C sort -s -t TAB -k1,1 --parallel={jobs}, the same -S and -T; both write to a file",
        f"bare interpreter: {bare_interpreter() / MIB:.0f} MiB; peak: sum of the PSS of all processes",
        "ratio: wall time of st-sort to GNU sort, median of the pairs of runs",
    ]
    print(report("st-sort against GNU sort", results, notes))
    sys.exit(0 if all(result.same_output is not False for result in results) else 1)


if __name__ == "__main__":
    main()
