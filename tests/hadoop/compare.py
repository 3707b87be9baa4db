"""The parts of a job's result that Hadoop determines, and how two results differ in them."""

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
Files = dict[str, list[bytes]]  # name -> lines, sorted where their order is open


class Result(NamedTuple):
    """How a job ended: status, output files with their content decompressed (None: no output directory), counters."""

    status: int
    files: dict[str, bytes] | None
    counters: Counters
    stderr: bytes


class Answer(NamedTuple):
    """The part of a result that Hadoop determines: what the other launcher must give, too."""

    status: int
    files: Files | None
    counters: Counters  # without those that are zero


def read_result(ended: Ended, folder: Path) -> Result:
    """Read the result of a job that ran in `folder` with `-output out`."""
    out = folder / "out"
    files = None
    if out.is_dir():
        files = {str(path.relative_to(out)): read_content(path) for path in all_files(out) if path.name[0] != "."}
    return Result(ended.status, files, parse_counters(ended.stderr), ended.stderr)


def read_content(path: Path) -> bytes:
    """Read a file, decompressed as its suffix says."""
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

            return decompress_blocks(data, lambda block, size: lz4.block.decompress(block, uncompressed_size=size))
        case ".snappy":
            from streamtools.formats.snappy import decompress

            return decompress_blocks(data, lambda block, _size: decompress(block))
    return data


def decompress_blocks(data: bytes, decompress: Callable[[bytes, int], bytes]) -> bytes:
    """Decompress Hadoop's block format: each block is its plain length, then chunks with their compressed lengths."""
    plain, at = b"", 0
    while at < len(data):
        length, at = int.from_bytes(data[at : at + 4], "big"), at + 4
        end = len(plain) + length
        while len(plain) < end:
            size, at = int.from_bytes(data[at : at + 4], "big"), at + 4
            plain += decompress(data[at : at + size], length)
            at += size
    return plain


def parse_counters(stderr: bytes) -> Counters:
    """Read the last block of counters on stderr: a TAB before a group, two before NAME=VALUE."""
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


def answer_of(job: Job, result: Result) -> Answer:
    """Reduce a result to what Hadoop determines of it."""
    files = None
    if result.files is not None:
        files = {name: sort_open(data, job.order) for name, data in result.files.items()}
    return Answer(result.status, files, determined_counters(job, result.counters))


def sort_open(data: bytes, order: Order | None) -> list[bytes]:
    """Split into lines, and sort those whose order is open."""
    lines = data.split(b"\n")
    if order is None:
        return sorted(lines)
    return [line for _, run in itertools.groupby(lines, key=order.place) for line in sorted(run)]


def determined_counters(job: Job, counters: Counters) -> Counters:
    """Select the counters that do not depend on the machine or on chance."""
    is_compressed = any(".compress" in word for word in job.args)
    kept: Counters = {}
    for group in sorted(counters.keys() - MACHINE):
        for name, value in sorted(counters[group].items()):
            is_size = is_compressed and re.search("[Bb]ytes", name)
            if value and not is_size and name not in MACHINE_COUNTERS and name not in job.open:
                kept.setdefault(group, {})[name] = value
    return kept


def differences(real: Answer, ours: Answer) -> list[str]:
    """List what a reader of the two answers would notice, one line each; empty where they agree."""
    if real.status != ours.status:
        return [f"exit status {ours.status}, Hadoop's {real.status}"]
    return [*different_files(real.files, ours.files), *different_counters(real.counters, ours.counters)]


def different_files(real: Files | None, ours: Files | None) -> Iterator[str]:
    if real is None or ours is None:
        if real is not ours:
            yield f"output directory: {list_names(ours)}, Hadoop's {list_names(real)}"
    elif set(real) != set(ours):
        yield f"output files {list_names(ours)}, Hadoop's {list_names(real)}"
    else:
        for name in real:
            if real[name] != ours[name]:
                yield f"{name}: {first_difference(real[name], ours[name])}"


def list_names(files: Files | None) -> str:
    return "none" if files is None else str(sorted(files))


def first_difference(real: list[bytes], ours: list[bytes]) -> str:
    number, pair = next(
        (number, pair) for number, pair in enumerate(itertools.zip_longest(real, ours), 1) if pair[0] != pair[1]
    )
    return f"line {number} of {len(ours)} is {shorten(pair[1])}, Hadoop's of {len(real)} {shorten(pair[0])}"


def shorten(line: bytes | None) -> str:
    text = repr(line)
    return text if len(text) < 120 else f"{text[:100]}... ({len(line or b'')} bytes)"


def different_counters(real: Counters, ours: Counters) -> Iterator[str]:
    for group in sorted(real.keys() | ours.keys()):
        mine, theirs = ours.get(group, {}), real.get(group, {})
        for name in sorted(mine.keys() | theirs.keys()):
            if mine.get(name, 0) != theirs.get(name, 0):
                yield f"counter {group} / {name}: {mine.get(name)}, Hadoop's {theirs.get(name)}"
