"""What plain Python allows: the work of the founding job, and nothing else, in two processes.

    python limit.py LOG OUT

Splits of 32 MiB; in each, the lines of every user are counted, parted by a hash, sorted and written; then each half is
put together and summed. No counters, no bound on memory, no errors, no other job.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

SPLIT, BLOCK, REDUCES = 32 << 20, 1 << 18, 2


def in_two_processes(works: list[Callable[[], None]]) -> None:
    """Do all work in forked processes, two at a time."""
    running = 0
    for work in works:
        if running == 2:
            os.wait()
            running -= 1
        if os.fork() == 0:
            work()
            os._exit(0)
        running += 1
    for _ in range(running):
        os.wait()


def read_blocks(path: str, start: int, end: int) -> Iterator[bytes]:
    """Yield the lines that begin in a range of a file, in blocks."""
    end = min(end, os.path.getsize(path))
    with open(path, "rb") as file:
        if start:
            file.seek(start - 1)
            file.readline()
        while file.tell() < end:
            yield file.read(min(BLOCK, end - file.tell())) + file.readline()


def map_split(path: str, number: int, out: str) -> None:
    """Count the users of a split; write one sorted file for each reducer."""
    counts: Counter[bytes] = Counter()
    for block in read_blocks(path, number * SPLIT, (number + 1) * SPLIT):
        lines = block.split(b"\n")
        lines.pop()
        counts.update([line.split(b"\t", 2)[1] for line in lines])
    parts: list[list[bytes]] = [[] for _ in range(REDUCES)]
    for key in counts:
        parts[sum(key) % REDUCES].append(key)
    for part, keys in enumerate(parts):
        keys.sort()
        with open(f"{out}/map-{number}-{part}", "wb") as file:
            file.write(b"".join([b"%b\t%d\n" % (key, counts[key]) for key in keys]))


def reduce_part(maps: int, part: int, out: str) -> None:
    """Sum the counts of each user in the files of all splits."""
    lines: list[bytes] = []
    for number in range(maps):
        with open(f"{out}/map-{number}-{part}", "rb") as file:
            lines += file.read().split(b"\n")[:-1]
        os.unlink(f"{out}/map-{number}-{part}")
    lines.sort()
    sums: dict[bytes, int] = {}
    for line in lines:
        key, count = line.split(b"\t")
        sums[key] = sums.get(key, 0) + int(count)
    with open(f"{out}/part-{part:05d}", "wb") as file:
        file.write(b"".join([b"%b\t%d\n" % pair for pair in sums.items()]))


def main() -> None:
    path, out = sys.argv[1:]
    os.mkdir(out)
    maps = -(-os.path.getsize(path) // SPLIT)
    in_two_processes([partial(map_split, path, number, out) for number in range(maps)])
    in_two_processes([partial(reduce_part, maps, part, out) for part in range(REDUCES)])


if __name__ == "__main__":
    main()
