"""What two runs of one job must have in common, read from what they leave behind."""

import bz2
import gzip
import itertools
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from hadoop_home import Ended
from jobs import Job, Order, all_files

# groups of the framework whose figures depend on time, memory or paths
MACHINE = {"File System Counters", "Shuffle Errors", "Job Counters", "Job Counters "}
MACHINE_COUNTERS = {
    "GC time elapsed (ms)",
    "CPU time spent (ms)",
    "Physical memory (bytes) snapshot",
    "Virtual memory (bytes) snapshot",
    "Total committed heap usage (bytes)",
    "Input split bytes",  # has the length of the paths
    "Bytes Read",  # with what the buffers of each split read beyond its end
    "Failed Shuffles",
    "Merged Map outputs",
}


Counters = dict[str, dict[str, int]]  # group -> name -> value


class Result(NamedTuple):
    """How a job ended: status, output files with their content decompressed (None: no output directory), counters."""

    status: int
    files: dict[str, bytes] | None
    counters: Counters
    stderr: bytes


def result(ended: Ended, folder: Path) -> Result:
    """Read the result of a job that ran in `folder` with `-output out`."""
    out = folder / "out"
    files = (
        {str(path.relative_to(out)): content(path) for path in all_files(out) if shown(path)} if out.is_dir() else None
    )
    return Result(ended.status, files, printed_counters(ended.stderr), ended.stderr)


def shown(path: Path) -> bool:
    return not path.name.startswith(".")


def content(path: Path) -> bytes:
    data = path.read_bytes()
    match path.suffix:
        case ".gz":
            return gzip.decompress(data)
        case ".bz2":
            return bz2.decompress(data)
        case ".deflate":
            return zlib.decompress(data)
        case ".lz4":
            import lz4.block

            return unblocked(data, lambda block, size: lz4.block.decompress(block, uncompressed_size=size))
        case ".snappy":
            from streamtools.formats.snappy import decompress

            return unblocked(data, lambda block, _size: decompress(block))
    return data


def unblocked(data: bytes, decompress: Callable[[bytes, int], bytes]) -> bytes:
    """The content of Hadoop's own frame: blocks of plain length and chunks, each a compressed length and its bytes."""
    plain, at = b"", 0
    while at < len(data):
        length, at = int.from_bytes(data[at : at + 4], "big"), at + 4
        end = len(plain) + length
        while len(plain) < end:
            size, at = int.from_bytes(data[at : at + 4], "big"), at + 4
            plain += decompress(data[at : at + size], length)
            at += size
    return plain


def printed_counters(stderr: bytes) -> Counters:
    """The last block of counters on stderr: a TAB before a group, two before NAME=VALUE."""
    groups: Counters = {}
    group: dict[str, int] = {}
    for line in stderr.decode("utf-8", "replace").split("\n"):
        if re.search(r"Counters: \d+$", line):
            groups = {}
        elif line.startswith("\t\t") and re.search(r"=-?\d+$", line):
            name, value = line[2:].rsplit("=", 1)
            group[name] = int(value)
        elif line.startswith("\t") and not line.startswith("\t\t"):
            group = groups.setdefault(line[1:], {})
    return groups


def differences(job: Job, real: Result, ours: Result) -> list[str]:
    """What a reader of the two results would notice, one line each; empty where they agree."""
    if real.status != ours.status:
        return [f"exit status {ours.status}, Hadoop's {real.status}"]
    found = list(different_files(job.order, real.files, ours.files))
    return found + list(different_counters(job, real.counters, ours.counters))


def different_files(order: Order | None, real: dict[str, bytes] | None, ours: dict[str, bytes] | None) -> Iterator[str]:
    if real is None or ours is None:
        if real is not ours:
            yield f"output directory: {ours and sorted(ours)}, Hadoop's {real and sorted(real)}"
    elif set(real) != set(ours):
        yield f"output files {sorted(ours)}, Hadoop's {sorted(real)}"
    else:
        for name in real:
            if in_place(real[name], order) != in_place(ours[name], order):
                yield f"{name}: {first_difference(in_place(real[name], order), in_place(ours[name], order))}"


def in_place(data: bytes, order: Order | None) -> list[bytes]:
    """The lines, sorted where their order is open."""
    lines = data.split(b"\n")
    if order is None:
        return sorted(lines)
    return [line for _, run in itertools.groupby(lines, key=order.place) for line in sorted(run)]


def first_difference(real: list[bytes], ours: list[bytes]) -> str:
    number, pair = next(
        (number, pair) for number, pair in enumerate(itertools.zip_longest(real, ours), 1) if pair[0] != pair[1]
    )
    return f"line {number} of {len(ours)} is {short(pair[1])}, Hadoop's of {len(real)} {short(pair[0])}"


def short(line: bytes | None) -> str:
    text = repr(line)
    return text if len(text) < 120 else f"{text[:100]}... ({len(line or b'')} bytes)"


def different_counters(job: Job, real: Counters, ours: Counters) -> Iterator[str]:
    compressed = any(".compress" in word for word in job.args)
    for group in sorted((real.keys() | ours.keys()) - MACHINE):
        mine, theirs = ours.get(group, {}), real.get(group, {})
        for name in sorted((mine.keys() | theirs.keys()) - MACHINE_COUNTERS):
            if name in job.open or (compressed and re.search("[Bb]ytes", name)):
                continue
            if mine.get(name, 0) != theirs.get(name, 0):
                yield f"counter {group} / {name}: {mine.get(name)}, Hadoop's {theirs.get(name)}"
