"""How big the parts of a job should be on a cluster: from a sample's figures to -D options, with the arithmetic."""

from dataclasses import dataclass
from math import ceil

M, G = 1 << 20, 1 << 30
USABLE = 0.8  # of a node's memory; the rest is for the system, the DataNode and the NodeManager
LEAST, MOST = 32 * M, 1 * G  # of a split: below, starting a JVM takes longer than the work; above, a retry loses much
SHARE = 1 * G  # of the shuffle for a reducer: what it merges in a pass or two
BLOCK = 128 * M  # of HDFS; a split is no bigger unless it must be
STEP = 256 * M  # containers come in multiples of it


@dataclass(frozen=True)
class Sample:
    """What a sample of the input made, in bytes; skew: the fullest reducer's share over the mean, if there are more.

    Without reducers nothing is sorted or shuffled: `mapped` and `combined` are 0.
    """

    read: int
    mapped: int
    combined: int
    seconds: float  # of one core
    skew: float | None = None
    has_reducers: bool = True


@dataclass(frozen=True)
class Cluster:
    """Nodes, cores of each, bytes of memory of each."""

    nodes: int
    cores: int
    memory: int


@dataclass(frozen=True)
class Sizing:
    """lines: the arithmetic, to be read; options: for -D, in order."""

    lines: tuple[str, ...]
    options: tuple[tuple[str, str], ...]


def sizing(sample: Sample, total: int, cluster: Cluster) -> Sizing:
    """The settings for an input of `total` bytes, decoded, of which `sample` is a part."""
    slots = max(1, cluster.nodes * cluster.cores - 1)
    container = max(STEP, int(cluster.memory * USABLE / cluster.cores) // STEP * STEP)
    waves = max(1, ceil(total / slots / (256 * M)))
    split = min(MOST, max(LEAST, ceil(total / slots / waves / M) * M))
    maps = max(1, ceil(total / split))
    seconds = sample.seconds / sample.read * total
    memory = str(container // M)
    if sample.has_reducers:
        lines, reduces, of_map, of_reduce = _with_reducers(sample, total, split, slots, container)
    else:
        lines, reduces, of_map, of_reduce = _without_reducers(container)
    told = [
        f"slots: {cluster.nodes} nodes x {cluster.cores} cores - 1 for the application master = {slots}",
        f"memory of a task: {_size(cluster.memory)} x {USABLE:.0%} / {cluster.cores} cores = {_size(container)}",
        f"maps: {_size(total)} / {_size(split)} a split = {maps}, in {ceil(maps / slots)} wave(s) of {slots}",
        *lines,
        f"time: {seconds:,.0f} s of one core / {slots} slots = about {max(1, round(seconds / slots)):,} s",
    ]
    if sample.skew and sample.skew > 1.5:
        told.append(f"skew: the fullest reducer gets {sample.skew:.1f} times the mean; more reducers do not help it")
    options = {
        "mapreduce.job.reduces": str(reduces),
        # streaming's formats are of the old API: they know no largest split, but a number of maps to aim at
        "mapreduce.job.maps": str(maps),
        "mapreduce.input.fileinputformat.split.minsize": str(split if split > BLOCK else 1),
        "mapreduce.map.memory.mb": memory,
        **({"mapreduce.reduce.memory.mb": memory} if reduces else {}),
        **of_map,
        **of_reduce,
    }
    return Sizing(tuple(told), tuple(options.items()))


EncodedRange = tuple[list[str], int, dict[str, str], dict[str, str]]  # lines, reduces, options of maps and of reduces


def _with_reducers(sample: Sample, total: int, split: int, slots: int, container: int) -> EncodedRange:
    growth, kept = sample.mapped / sample.read, sample.combined / sample.mapped if sample.mapped else 1.0
    output = int(split * growth)
    sort = max(16, min(ceil(output * 1.1 / M), container // (2 * M), 2047))
    shuffle = int(total * growth * kept)
    reduces = max(1, min(max(1, int(slots * 0.95)), ceil(shuffle / SHARE)))
    heap = sort + 256
    lines = [
        f"map output: {growth:.2f} bytes for each of the input, {_size(output)} a task, {_size(total * growth)} in all",
        f"combiner: leaves {kept:.0%} of it in the sample, {_size(shuffle)} to shuffle; less where splits are bigger",
        f"sort memory: {_size(output)} x 1.1 = {sort} MB" + (", bounded: spills" if output * 1.1 > sort * M else ""),
        f"reduces: {_size(shuffle)} / {_size(SHARE)} each, at most 95% of {slots} slots = {reduces}",
        f"Java's heap: {sort} MB of sort memory + 256 MB; the rest of {_size(container)} is for the command",
    ]
    of_map = {"mapreduce.task.io.sort.mb": str(sort), "mapreduce.map.java.opts": f"-Xmx{heap}m"}
    return lines, reduces, of_map, {"mapreduce.reduce.java.opts": f"-Xmx{max(256, container // (2 * M))}m"}


def _without_reducers(container: int) -> EncodedRange:
    lines = [
        "reduces: none; what the maps write is the result, nothing is sorted or shuffled",
        f"Java's heap: 256 MB; the rest of {_size(container)} is for the command",
    ]
    return lines, 0, {"mapreduce.map.java.opts": "-Xmx256m"}, {}


def _size(amount: float) -> str:
    """12.3 GB, in powers of two, as Hadoop counts."""
    for unit, bytes_ in (("TB", 1 << 40), ("GB", G), ("MB", M), ("KB", 1 << 10)):
        if amount >= bytes_:
            return f"{amount / bytes_:.4g} {unit}"
    return f"{amount:.0f} bytes"
