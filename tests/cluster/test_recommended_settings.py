"""Settings recommended for a cluster: the arithmetic."""

import re

import pytest

from streamtools.cluster.recommended_settings import Cluster, Sample, recommend

M, G = 1 << 20, 1 << 30


PLAIN = Sample(read=10 * M, mapped=5 * M, combined=1 * M, seconds=1.0)


SIZES = [  # sample, input, cluster; options
    (PLAIN, 10 * M, Cluster(1, 1, 4 * G), {"job.reduces": "1", "job.maps": "1", "task.io.sort.mb": "18"}),
    (PLAIN, 100 * G, Cluster(10, 8, 32 * G), {"job.reduces": "10", "job.maps": "472", "map.memory.mb": "3072"}),
    (PLAIN, 10 << 40, Cluster(2, 2, 2 * G), {"job.reduces": "2", "map.memory.mb": "768"}),
    (Sample(M, 0, 0, 1.0), 10 * G, Cluster(4, 4, 16 * G), {"job.reduces": "1", "task.io.sort.mb": "16"}),
    (Sample(M, 50 * M, 50 * M, 1.0), 10 * G, Cluster(4, 4, 16 * G), {"job.reduces": "14", "task.io.sort.mb": "1536"}),
]  # fmt: skip


@pytest.mark.parametrize("sample, total, cluster, options", SIZES)
def test_options(sample, total, cluster, options):
    found = {name.removeprefix("mapreduce."): value for name, value in recommend(sample, total, cluster).options}
    assert {name: found[name] for name in options} == options
    heap = int(found["map.java.opts"][4:-1])
    assert int(found["task.io.sort.mb"]) < heap


def test_the_arithmetic_adds_up():
    lines = recommend(PLAIN, 100 * G, Cluster(10, 8, 32 * G)).lines
    line = next(line for line in lines if line.startswith("slots"))
    nodes, cores, slots = map(int, re.fullmatch(r".* (\d+) nodes x (\d+) cores - 1 .* = (\d+)", line).groups())
    assert nodes * cores - 1 == slots
    assert "0.50 bytes for each of the input" in "\n".join(lines) and "leaves 20% of it" in "\n".join(lines)
    assert not any("skew" in line for line in lines)
    assert "4.0 times" in recommend(Sample(1, 1, 1, 1.0, 4.0), G, Cluster(1, 1, G)).lines[-1]
