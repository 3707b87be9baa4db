"""The collector: when it spills, how often it combines, and what it counts."""

import os
from collections.abc import Callable, Iterator

import pytest

from streamtools.formats.batch import Pairs, SameValue
from streamtools.formats.writables import TEXT
from streamtools.job import build_job, parse
from streamtools.local.counters import FRAMEWORK, Counters
from streamtools.local.shuffle.collector import Collector, Combiner
from streamtools.local.shuffle.map_output_file import MapOutputFile
from streamtools.local.shuffle.ordering import order_of
from streamtools.local.shuffle.segments import MapOutput, read_segment

PLENTY = 1 << 20


class Collecting:
    """A collector with its counters, and what it leaves as bytes."""

    def __init__(self, path: str, options: str, memory: int, combiner: Combiner | None, seed: int | None) -> None:
        self.job = build_job(parse(f"{options} -input in -output out -mapper cat".split()))
        self.counters = Counters()
        self.output = MapOutputFile(path, TEXT, TEXT, order_of(self.job), self.counters)
        self.collector = Collector(self.job, self.output, memory, combiner, seed)
        self.left: MapOutput | None = None

    def add(self, *blocks: bytes) -> list[int]:
        """Add blocks; return the number of spills after each."""
        spills = []
        for block in blocks:
            self.collector.add(block)
            spills.append(len(self.collector.spills))
        return spills

    def close(self) -> list[list[bytes]]:
        """Return the bytes of all segments of each partition."""
        self.left = self.collector.close()
        return [[b"".join(read_segment(each, 9)) for each in segments] for segments in self.left.partitions]

    def counted(self, name: str) -> int:
        return self.counters[FRAMEWORK, name]


@pytest.fixture
def collecting(tmp_path) -> Callable[..., Collecting]:
    def make(options: str = "", memory: int = PLENTY, combiner=None, seed=None) -> Collecting:
        return Collecting(str(tmp_path / "out"), options, memory, combiner, seed)

    return make


def joined(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """A combiner that keeps one record of each key, with the number of records it was given as value."""
    keys: dict[bytes, int] = {}
    for block in blocks:
        for line in block.splitlines():
            key, _, value = line.partition(b"\t")
            keys[key] = keys.get(key, 0) + int(value)
    yield b"".join(b"%b\t%d\n" % item for item in keys.items())


def different(number: int) -> bytes:
    """A record of 10 bytes whose value no other one has."""
    return b"k\t%07d\n" % number


def test_spills_when_memory_is_full(collecting):
    """A record of 10 bytes takes 110: three times its length to be sorted, and 80."""
    made = collecting(memory=330)
    assert made.add(*map(different, range(7))) == [0, 0, 1, 1, 1, 2, 2]
    assert made.close() == [[b"".join(map(different, some)) for some in (range(3), range(3, 6), range(6, 7))]]
    assert collecting(memory=331).add(*map(different, range(4))) == [0, 0, 0, 1]


def test_counted_records_take_memory_once(collecting):
    """Different lines take 220 bytes and their mean length."""
    made = collecting(memory=2 * (220 + 4))
    assert made.add(b"a\t1\n", b"a\t1\na\t1\n", b"b\t1\n", b"b\t1\n", b"c\t1\n") == [0, 0, 1, 1, 2]
    assert collecting(memory=2 * (220 + 4) + 1).add(b"a\t1\n", b"b\t1\n", b"c\t1\n") == [0, 0, 1]


def test_spills_when_the_buffer_of_hadoop_would(collecting):
    """Of 1 MiB a hundredth: 10,485 bytes are 404 records of 10 bytes, each with 16 bytes beside."""
    options = "-D mapreduce.task.io.sort.mb=1 -D mapreduce.map.sort.spill.percent=0.01"
    spills = collecting(options).add(*map(different, range(404)))
    assert spills[402:] == [0, 1] and 403 * 26 < 10_485 <= 404 * 26
    exactly = "-D mapreduce.task.io.sort.mb=1 -D mapreduce.map.sort.spill.percent=0.00002480"  # 26 bytes
    assert collecting(exactly).add(different(0), different(1)) == [1, 2]


def test_counters_of_a_single_spill(collecting):
    made = collecting()
    made.add(b"b\t1\na\t1\nb\t1\n", b"a\t1\n")
    assert made.close() == [[b"a\t1\x0b=2\nb\t1\x0b=2\n"]]
    assert made.counted("Map output records") == made.counted("Spilled Records") == 4
    assert made.counted("Map output bytes") == 16
    assert made.counted("Map output materialized bytes") == 4 * 6 + 6
    assert made.counted("Combine input records") == 0


def test_long_records_count_with_the_length_of_their_lengths(collecting):
    made = collecting()
    made.add(b"k" * 200 + b"\t" + b"v" * 300 + b"\n", b"a\t1\n")
    made.close()
    assert made.counted("Map output bytes") == (200 + 2 + 300 + 3) + 4
    assert made.counted("Map output materialized bytes") == (2 + 3 + 202 + 303) + 6 + 6


def test_several_spills_are_written_twice(collecting):
    """Hadoop makes one file of them."""
    made = collecting(memory=110)
    made.add(*map(different, range(3)))
    assert len(made.close()[0]) == 3
    assert made.counted("Spilled Records") == 6 and made.counted("Map output records") == 3
    assert made.counted("Map output materialized bytes") == 3 * 12 + 6


def test_nothing_leaves_no_segments(collecting):
    made = collecting("-D mapreduce.job.reduces=2")
    assert made.close() == [[], []]
    assert made.counted("Map output materialized bytes") == 12
    assert made.counted("Spilled Records") == 0


@pytest.mark.parametrize("minspills", [None, 2, 3, 4, 1])
def test_spills_are_combined_once_more_if_there_are_enough(collecting, minspills):
    """Three spills of a record of `a` each; the combiner adds up."""
    options = "" if minspills is None else f"-D mapreduce.map.combine.minspills={minspills}"
    made = collecting(options, memory=110, combiner=Combiner(joined))
    made.add(*(b"aaaaa\t%d\n" % (number + 101) for number in range(3)))
    if minspills == 4:
        assert made.close() == [[b"aaaaa\t101\n", b"aaaaa\t102\n", b"aaaaa\t103\n"]]
        assert made.counted("Spilled Records") == 6
    else:
        assert made.close() == [[b"aaaaa\t306\n"]]
        assert made.counted("Spilled Records") == 4
        assert made.counted("Map output materialized bytes") == 12 + 6


def test_two_spills_are_not_combined_again_by_default(collecting):
    made = collecting(memory=110, combiner=Combiner(joined))
    made.add(b"aaaaa\t101\n", b"aaaaa\t102\n")
    assert len(made.close()[0]) == 2
    made = collecting("-D mapreduce.map.combine.minspills=1", memory=110, combiner=Combiner(joined))
    made.add(b"aaaaa\t101\n")
    assert made.counted("Spilled Records") == 1 and len(made.close()[0]) == 1
    assert made.counted("Spilled Records") == 1  # a single spill never is


def test_a_combiner_that_sums_need_not_run(collecting):
    made = collecting(combiner=Combiner(lambda _: pytest.fail("it ran"), sums_values=True))
    made.add(b"b\t2\na\t2\nb\t2\n", b"b\t2\n")
    assert made.close() == [[b"a\t2\nb\t6\n"]]
    assert made.counted("Combine input records") == 4 and made.counted("Combine output records") == 2
    assert made.counted("Spilled Records") == 2


@pytest.mark.parametrize("combiner", [Combiner(joined), Combiner(joined, sums_values=True)])
def test_a_combiner_runs_otherwise(collecting, combiner):
    made = collecting(combiner=combiner)
    made.add(b"b\t2\na\t3\nb\t2\n")
    assert made.close() == [[b"a\t3\nb\t4\n"]]
    made = collecting(combiner=Combiner(joined))
    made.add(b"b\t2\na\t2\nb\t2\n")  # counted
    assert made.close() == [[b"a\t2\nb\t4\n"]]


def test_a_combiner_is_not_run_on_nothing(collecting):
    made = collecting("-D mapreduce.job.reduces=9", combiner=Combiner(joined))
    made.add(b"a\t1\nb\t2\n")
    assert sorted(block for blocks in made.close() for block in blocks) == [b"a\t1\n", b"b\t2\n"]


def test_segments_know_whether_they_are_in_order(collecting):
    def swap(blocks: Iterator[bytes]) -> Iterator[bytes]:
        lines = b"".join(blocks).splitlines(keepends=True)
        yield from reversed(lines)

    made = collecting(combiner=Combiner(swap))
    made.add(b"a\t1\nb\t2\n")
    assert made.close() == [[b"b\t2\na\t1\n"]] and not made.left.partitions[0][0].in_order
    made = collecting(combiner=Combiner(lambda blocks: blocks))
    made.add(b"b\t1\na\t2\n")
    made.close()
    assert made.left.partitions[0][0].in_order
    made = collecting(combiner=Combiner(swap))
    made.add(b"a\t1\na\t2\n")
    made.close()
    assert made.left.partitions[0][0].in_order  # of equal keys, any order is in order


def test_values_are_shuffled_by_a_seed(collecting):
    blocks = [b"".join(b"a\t%d\n" % number for number in range(start, start + 50)) for start in (0, 50)]
    found = []
    for seed in (None, 1, 1, 2):
        made = collecting(seed=seed)
        made.add(*blocks)
        found.append(made.close()[0][0])
    assert found[0] == b"".join(blocks) and found[1] == found[2] != found[3]
    assert sorted(found[1].splitlines()) == sorted(found[0].splitlines()) and found[1] != found[0]


def test_the_descriptor_is_closed(collecting):
    made = collecting()
    made.close()
    with pytest.raises(OSError):
        os.fstat(made.output.descriptor)


SAFE = [b"a", b"b", b"a", b"cc", b"", b"a"]
UNSAFE = [b"a", b"\x01", b"b\x0b", b"a"]


@pytest.mark.parametrize("combiner", [None, Combiner(lambda blocks: blocks)])
@pytest.mark.parametrize("reduces", [1, 2])
@pytest.mark.parametrize(
    ("keys", "value"), [(SAFE, b"1"), (SAFE, b""), (SAFE, b"\x01"), (UNSAFE, b"1"), ([b"k" * 200], b"1")]
)
def test_keys_of_one_value_give_what_their_lines_give(collecting, keys, value, reduces, combiner):
    batch = SameValue(keys, value)
    found = []
    for form in (batch, batch.to_block(), Pairs(keys, [value] * len(keys))):
        made = collecting(f"-D mapreduce.job.reduces={reduces}", combiner=combiner)
        made.collector.add(form)
        found.append((made.close(), dict(made.counters)))
    assert found[0] == found[1] == found[2]


def test_another_value_ends_the_counting_of_keys(collecting):
    made = collecting()
    made.collector.add(SameValue([b"b", b"a", b"b"], b"1"))
    made.collector.add(SameValue([b"a"], b"2"))
    assert made.close() == [[b"a\t1\na\t2\nb\t1\nb\t1\n"]]
    assert made.counted("Map output bytes") == made.counted("Map output records") * 4 == 16


def test_output_bytes_are_counted_before_the_end(collecting):
    made = collecting()
    made.collector.add(SameValue([b"b", b"a"], b"1"))
    made.collector.count_bytes()
    assert made.counted("Map output bytes") == 8
    made.close()
    assert made.counted("Map output bytes") == 8
