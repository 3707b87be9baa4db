"""Settings recommended for a job on a cluster: -D options from the figures of a sample, with the arithmetic."""

from dataclasses import dataclass
from math import ceil

M, G = 1 << 20, 1 << 30
USABLE = 0.8  # share of a node's memory; the rest is for the system, the DataNode and the NodeManager
LEAST_SPLIT = 32 * M  # below, starting a JVM takes longer than the work
MOST_SPLIT = 1 * G  # above, a retry loses much work
REDUCER_SHARE = 1 * G  # of the shuffle: what a reducer merges in one or two rounds
BLOCK = 128 * M  # of HDFS; a split is larger only if it must be
STEP = 256 * M  # containers come in multiples of it


@dataclass(frozen=True)
class Sample:
    """What a run over a sample of the input measured, in bytes.

    seconds: of one core. skew: the largest reducer's share divided by the mean, if there is more than one reducer.
    Without reducers nothing is sorted or shuffled: `mapped` and `combined` are 0.
    """

    read: int
    mapped: int
    combined: int
    seconds: float
    skew: float | None = None
    has_reducers: bool = True


@dataclass(frozen=True)
class Cluster:
    """The number of nodes, and the cores and bytes of memory of each."""

    nodes: int
    cores: int
    memory: int


@dataclass(frozen=True)
class Recommendation:
    """Settings for a job. lines: the arithmetic in words; options: for -D, in order."""

    lines: tuple[str, ...]
    options: tuple[tuple[str, str], ...]


def recommend(sample: Sample, total: int, cluster: Cluster) -> Recommendation:
    """Recommend settings for an input of `total` decoded bytes, of which `sample` is a part."""
    slots = max(1, cluster.nodes * cluster.cores - 1)
    container = max(STEP, int(cluster.memory * USABLE / cluster.cores) // STEP * STEP)
    waves = max(1, ceil(total / slots / (256 * M)))
    split = min(MOST_SPLIT, max(LEAST_SPLIT, ceil(total / slots / waves / M) * M))
    maps = max(1, ceil(total / split))
    seconds = sample.seconds / sample.read * total
    memory = str(container // M)
    if sample.has_reducers:
        tasks = _with_reducers(sample, total, split, slots, container)
    else:
        tasks = _without_reducers(container)
    lines = [
        f"slots: {cluster.nodes} nodes x {cluster.cores} cores - 1 for the application master = {slots}",
        f"memory of a task: {_size(cluster.memory)} x {USABLE:.0%} / {cluster.cores} cores = {_size(container)}",
        f"maps: {_size(total)} / {_size(split)} a split = {maps}, in {ceil(maps / slots)} wave(s) of {slots}",
        *tasks.lines,
        f"time: {seconds:,.0f} s of one core / {slots} slots = about {max(1, round(seconds / slots)):,} s",
    ]
    if sample.skew and sample.skew > 1.5:
        lines.append(f"skew: the largest reducer gets {sample.skew:.1f} times the mean; more reducers do not change it")
    options = {
        "mapreduce.job.reduces": str(tasks.reduces),
        # streaming's formats are of the old API, which knows no largest split, but a number of maps to aim at
        "mapreduce.job.maps": str(maps),
        "mapreduce.input.fileinputformat.split.minsize": str(split if split > BLOCK else 1),
        "mapreduce.map.memory.mb": memory,
        **({"mapreduce.reduce.memory.mb": memory} if tasks.reduces else {}),
        **tasks.options,
    }
    return Recommendation(tuple(lines), tuple(options.items()))


@dataclass(frozen=True)
class _Tasks:
    """The part of a recommendation that depends on whether there are reducers."""

    lines: list[str]
    reduces: int
    options: dict[str, str]


def _with_reducers(sample: Sample, total: int, split: int, slots: int, container: int) -> _Tasks:
    growth, kept = sample.mapped / sample.read, sample.combined / sample.mapped if sample.mapped else 1.0
    output = int(split * growth)
    sort = max(16, min(ceil(output * 1.1 / M), container // (2 * M), 2047))
    shuffle = int(total * growth * kept)
    reduces = max(1, min(max(1, int(slots * 0.95)), ceil(shuffle / REDUCER_SHARE)))
    lines = [
        f"map output: {growth:.2f} bytes for each of the input, {_size(output)} a task, {_size(total * growth)} in all",
        f"combiner: leaves {kept:.0%} of it in the sample, {_size(shuffle)} to shuffle; less with larger splits",
        f"sort memory: {_size(output)} x 1.1 = {sort} MB" + (", bounded: spills" if output * 1.1 > sort * M else ""),
        f"reduces: {_size(shuffle)} / {_size(REDUCER_SHARE)} each, at most 95% of {slots} slots = {reduces}",
        f"Java's heap: {sort} MB of sort memory + 256 MB; the rest of {_size(container)} is for the command",
    ]
    options = {
        "mapreduce.task.io.sort.mb": str(sort),
        "mapreduce.map.java.opts": f"-Xmx{sort + 256}m",
        "mapreduce.reduce.java.opts": f"-Xmx{max(256, container // (2 * M))}m",
    }
    return _Tasks(lines, reduces, options)


def _without_reducers(container: int) -> _Tasks:
    lines = [
        "reduces: none; the maps write the result, nothing is sorted or shuffled",
        f"Java's heap: 256 MB; the rest of {_size(container)} is for the command",
    ]
    return _Tasks(lines, 0, {"mapreduce.map.java.opts": "-Xmx256m"})


def _size(amount: float) -> str:
    """Format a number of bytes in powers of two, as Hadoop counts: 12.3 GB."""
    for unit, bytes_ in (("TB", 1 << 40), ("GB", G), ("MB", M), ("KB", 1 << 10)):
        if amount >= bytes_:
            return f"{amount / bytes_:.4g} {unit}"
    return f"{amount:.0f} bytes"
