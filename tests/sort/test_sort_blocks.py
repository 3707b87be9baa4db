"""Blocks sorted in memory: common values, bare keys, counted keys, and how much memory they may take."""

import pytest

from streamtools.records import block_of, lines_of
from streamtools.sort import blocks as sort_blocks
from streamtools.sort.blocks import ChunkSorter, common_value, cut_text, sort_bare, sort_by_keys, sort_keys, write_lines
from streamtools.sort.counting import ENTRY, KeyCounter, expand_counts
from streamtools.sort.order import Order
from streamtools.sort.requests import CHUNK, FLUSH, MERGE, WRITE, SortWork
from streamtools.sort.resources import MemoryShares

ONE = b"\t1\n"


@pytest.mark.parametrize(
    ("block", "order", "value"),
    [
        (b"a\t1\nb\t1\n", Order(), b"\t1\n"),
        (b"a\t1\nb\t2\n", Order(), None),
        (b"a\t1\nb\t1\nc\n", Order(), None),
        (b"a\nb\n", Order(), b"\n"),
        (b"a\nb\tx\n", Order(), None),
        (b"a\tx\nb\n", Order(), None),
        (b"a\t1\t1\nb\t1\t1\n", Order(), b"\t1\t1\n"),
        (b"a\t1\t1\nb\t1\n", Order(), None),
        (b"a\t1\nb\t1\t1\n", Order(), None),
        (b"a\t1\nb1\n", Order(), None),
        (b"a\t1\nbb\n\t1\nd\t1\n", Order(), None),
        (b"a\0\t1\n", Order(), None),  # NUL parts keys from counts
        (b"a\t1\n", Order(fields=2), None),
        (b"a\t1\n", Order(key=len), None),
        (b"a,,1\n", Order(b",,"), None),
        (b"a,1\nb,1\n", Order(b","), b",1\n"),
        (b"\t\n\t\n", Order(), b"\t\n"),
        (b"k\t" + b"v" * 62 + b"\n", Order(), b"\t" + b"v" * 62 + b"\n"),
        (b"k\t" + b"v" * 63 + b"\n", Order(), None),
    ],
)
def test_common_value(block, order, value):
    assert common_value(block, block.count(b"\n"), order) == value


def test_text_is_cut_at_lines():
    assert list(cut_text("", 2)) == []
    assert list(cut_text("a\nb\nc\n", 1)) == ["a\n", "b\n", "c\n"]
    assert list(cut_text("a\nb\nc\n", 2)) == ["a\nb\n", "c\n"]
    assert list(cut_text("abc\nd\n", 2)) == ["abc\n", "d\n"]
    assert list(cut_text("ab\n", 5)) == ["ab\n"]


@pytest.mark.parametrize("size", [1, 99, 100, 3000])
@pytest.mark.parametrize("order", [Order(), Order(reverse=True), Order(unique=True), Order(key=len)])
def test_blocks_of_short_and_of_long_lines_sort_alike(size, order):
    """Short lines, a hundred in 4 KiB, are sorted as text."""
    lines = [b"k%d\t%b" % (number * 7 % 11, b"\xff" * (3000 // size)) for number in range(size)]
    ordered = sorted(lines, key=order.key_of, reverse=order.reverse)
    if order.unique:
        ordered = list({line.partition(b"\t")[0]: line for line in ordered}.values())
    assert sort_by_keys(block_of(lines), order) == block_of(ordered)


def test_bare_keys():
    assert sort_bare("b\t1\na\t1\nb\t1\n", "\t1\n", Order()) == b"a\nb\nb\n"
    assert sort_bare("b\t1\na\t1\nb\t1\n", "\t1\n", Order(reverse=True)) == b"b\nb\na\n"
    assert sort_bare("b\t1\na\t1\nb\t1\n", "\t1\n", Order(unique=True)) == b"a\nb\n"
    assert sort_keys("b\na\n", "\n", Order(), "\t1\n") == b"a\t1\nb\t1\n"


@pytest.mark.parametrize("order", [Order(), Order(reverse=True), Order(unique=True)])
def test_bare_keys_beyond_the_cache(monkeypatch, order):
    monkeypatch.setattr(sort_blocks, "IN_CACHE", 20)
    keys = [b"%03d" % (number * 37 % 100) for number in range(50)] * 2
    expected = sorted(set(keys) if order.unique else keys, reverse=order.reverse)
    assert sort_bare("".join(f"{key.decode()}\t1\n" for key in keys), "\t1\n", order) == block_of(expected)


@pytest.mark.parametrize(
    ("text", "value", "order", "limit", "expected"),
    [
        ("b\na\n", "\t1\n", Order(), 100, [b"a\t1\nb\t1\n"]),
        ("b\na\n", "\t1\n", Order(), 4, [b"a\t1\nb\t1\n"]),  # 8 bytes: not above twice the limit
        ("b\na\n", "\t1\n", Order(), 3, [b"a\t1\n", b"b\t1\n"]),
        ("b\na\n", "\n", Order(), 2, [b"a\nb\n"]),
        ("b\0003\na\n", "\t1\n", Order(), 100, [b"a\t1\nb\t1\nb\t1\nb\t1\n"]),
        ("b\0003\na\n", "\t1\n", Order(), 8, [b"a\t1\n", b"b\t1\nb\t1\n", b"b\t1\n"]),
        ("a\0002\nb\n", "\n", Order(reverse=True), 9, [b"b\na\na\n"]),
        ("b\nb\na\n", "\t1\n", Order(unique=True), 3, [b"a\t1\n", b"b\t1\n"]),
    ],
)
def test_lines_are_written_in_blocks_of_a_limited_size(text, value, order, limit, expected):
    assert list(write_lines(text, value, order, limit)) == expected


def test_the_counter_of_keys():
    counter = KeyCounter(Order(), 2 * (ENTRY + 4), 100)
    assert len(counter) == 0 and counter.pays
    assert counter.add([b"b", b"a", b"b"], 4)  # exactly as much as there is room for
    assert len(counter) == 2 and not counter.pays
    assert counter.add([b"a"], 4) and counter.pays
    assert not counter.add([b"c"], 4)
    assert not KeyCounter(Order(), 2 * (ENTRY + 4) - 1, 100).add([b"a", b"b"], 4)
    assert list(counter.flush()) == [b"a\0002\nb\0002\nc\0001\n"]
    assert len(counter) == 0 and list(counter.flush()) == []
    assert counter.pays and not (counter.add([b"x"], 4) and counter.pays)


@pytest.mark.parametrize(
    ("limit", "blocks"),
    [
        (10, [b"a\0001\nb\0001\n", b"c\0001\n"]),
        (12, [b"a\0001\nb\0001\nc\0001\n"]),
        (4, [b"a\0001\n", b"b\0001\n", b"c\0001\n"]),
        (3, [b"a\0001\n", b"b\0001\n", b"c\0001\n"]),
    ],
)
@pytest.mark.parametrize("at_once", [1, 2, 8192])
def test_counted_keys_come_in_blocks_of_a_limited_size(monkeypatch, limit, blocks, at_once):
    monkeypatch.setattr("streamtools.sort.counting.AT_ONCE", at_once)
    counter = KeyCounter(Order(), 1000, limit)
    counter.add([b"c", b"a", b"b"], 1)
    found = list(counter.flush())
    assert b"".join(found) == b"".join(blocks)
    assert all(len(block) <= max(limit, 4) for block in found)
    if at_once > 3:
        assert found == blocks


def test_counted_keys_in_reverse():
    counter = KeyCounter(Order(reverse=True), 1000, 100)
    counter.add([b"a", b"b"], 1)
    assert list(counter.flush()) == [b"b\0001\na\0001\n"]


@pytest.mark.parametrize("at_once", [1, 2, 8192])
def test_counts_are_expanded(monkeypatch, at_once):
    monkeypatch.setattr("streamtools.sort.counting.AT_ONCE", at_once)
    found = list(expand_counts(["a\0002", "b", "c\00012"], "\t\xff\n", 8))
    assert b"".join(found) == b"a\t\xff\n" * 2 + b"b\t\xff\n" + b"c\t\xff\n" * 12
    assert max(map(len, found)) == 8


class TestChunkSorter:
    """Chunks of one value: sorted, or counted where keys are repeated."""

    MANY = b"".join(b"w%d\t1\n" % (number * 7 % 10) for number in range(100))  # 10 different keys
    COUNTED = b"".join(b"w%d\00010\n" % number for number in range(10))

    def sorter(self, memory: int = 1 << 20, limit: int = 1 << 20, order: Order | None = None) -> ChunkSorter:
        return ChunkSorter(order or Order(), memory, limit)

    def test_repeated_keys_are_counted_over_chunks(self):
        sorter = self.sorter()
        assert list(sorter.sort(self.MANY, ONE)) == []
        assert list(sorter.sort(b"z\t1\ny\t1\n", ONE)) == []  # whatever comes next
        assert list(sorter.flush()) == [self.COUNTED + b"y\0001\nz\0001\n"]

    def test_different_keys_are_sorted(self):
        sorter = self.sorter()
        different = [b"%02d\t1" % (number * 37 % 100) for number in range(100)]
        assert list(sorter.sort(block_of(different), ONE)) == [b"".join(b"%02d\n" % number for number in range(100))]
        assert list(sorter.flush()) == []

    def test_half_of_the_keys_different_is_too_many(self):
        assert list(self.sorter().sort(b"b\t1\na\t1\nb\t1\na\t1\n", ONE)) == [b"a\na\nb\nb\n"]
        assert list(self.sorter().sort(b"b\t1\na\t1\nb\t1\na\t1\nb\t1\n", ONE)) == [b"a\na\nb\nb\nb\n"]
        assert list(self.sorter().sort(b"b\t1\na\t1\nb\t1\na\t1\nb\t1\na\t1\n", ONE)) == []

    def test_only_the_first_quarter_is_looked_at(self, monkeypatch):
        monkeypatch.setattr(sort_blocks, "IN_CACHE", 9)
        first = b"b\t1\na\t1\nb\t1\na\t1\nb\t1\na\t1\n"
        rest = b"".join(b"%03d\t1\n" % (number * 37 % 1000) for number in range(1000))
        assert list(self.sorter().sort(first + rest[:60], ONE)) == []
        assert list(self.sorter().sort(first + rest, ONE)) != []

    @pytest.mark.parametrize("reverse", [False, True])
    def test_what_is_sorted_already_is_not_counted(self, reverse):
        block = b"".join(sorted([b"a\t1\n", b"b\t1\n"] * 10, reverse=reverse))
        assert list(self.sorter().sort(block, ONE)) == [b"a\n" * 10 + b"b\n" * 10]

    def test_no_counting_for_unique_records_and_blocks_above_the_limit(self):
        assert next(iter(self.sorter(order=Order(unique=True)).sort(self.MANY, ONE))).startswith(b"w0\nw1\n")
        assert list(self.sorter(limit=len(self.MANY) - 1).sort(self.MANY, ONE)) != []
        assert list(self.sorter(limit=len(self.MANY)).sort(self.MANY, ONE)) == []

    def test_after_a_chunk_not_worth_it_64_are_sorted_unseen(self):
        sorter = self.sorter()
        assert list(sorter.sort(b"b\t1\nc\t1\na\t1\n", ONE)) == [b"a\nb\nc\n"]
        for _ in range(63):
            assert list(sorter.sort(self.MANY, ONE)) != []
        assert list(sorter.sort(self.MANY, ONE)) == []

    def test_memory_for_counted_keys_is_bounded(self):
        """At a mean of 5 bytes, 10 keys take 1650 bytes: with less, all come out as soon as they are counted."""
        assert list(self.sorter(memory=10 * (ENTRY + 5)).sort(self.MANY, ONE)) == []
        sorter = self.sorter(memory=10 * (ENTRY + 5) - 1)
        assert list(sorter.sort(self.MANY, ONE)) == [self.COUNTED]
        assert list(sorter.sort(self.MANY, ONE)) == [self.COUNTED]  # it paid: counting goes on at once

    def test_counting_that_does_not_pay_pauses(self, monkeypatch):
        monkeypatch.setattr(sort_blocks, "IN_CACHE", 1000)
        sorter = self.sorter(memory=100 * (ENTRY + 5))
        assert list(sorter.sort(self.MANY, ONE)) == []
        different = b"".join(b"%03d\t1\n" % (number * 37 % 1000) for number in range(1000))
        found = list(sorter.sort(different, ONE))
        assert len(found) == 6 and all(b"\0" in block for block in found)  # after each 1002 bytes
        assert list(sorter.sort(self.MANY, ONE)) != []  # sorted, not counted


class TestRequests:
    """What a worker of a sort is asked for."""

    SHARES = MemoryShares(1 << 20, 1 << 20, 100, 0)

    @pytest.mark.parametrize(
        ("block", "request_", "results"),
        [
            (b"b\t1\na\t2\n", (CHUNK, None), [b"a\t2\nb\t1\n"]),
            (b"b\t1\na\t1\n", (CHUNK, ONE), [b"a\nb\n"]),
            (b"b\na\n", (MERGE, ONE), [b"a\nb\n"]),
            (b"b\t1\na\t2\n", (MERGE, None), [b"a\t2\nb\t1\n"]),
            (b"b\na\n", (WRITE, ONE), [b"a\t1\nb\t1\n"]),
            (b"b\t1\na\t2\n", (WRITE, None), [b"a\t2\nb\t1\n"]),
            (b"b\000100\n", (WRITE, ONE), [b"b\t1\n" * 25] * 4),
            (b"", (FLUSH, ONE), []),
        ],
    )
    def test_results(self, block, request_, results):
        assert list(SortWork(Order(), self.SHARES)(block, request_)) == [(each, request_[1]) for each in results]

    def test_what_was_counted_comes_with_a_flush(self):
        work = SortWork(Order(), self.SHARES._replace(chunk=1000))
        assert list(work(b"b\t1\na\t1\n" * 5, (CHUNK, ONE))) == []
        assert list(work(b"", (FLUSH, ONE))) == [(b"a\0005\nb\0005\n", ONE)]

    def test_counted_keys_may_take_three_quarters_of_a_worker(self):
        keys = b"".join(b"w%d\t1\n" % (number * 7 % 10) for number in range(100))
        enough = 10 * (ENTRY + 5) * 4 // 3
        for worker, is_flushed in ((enough, False), (enough - 4, True)):
            work = SortWork(Order(), self.SHARES._replace(worker=worker, chunk=1000))
            assert bool(list(work(keys, (CHUNK, ONE)))) is is_flushed


def test_lines_survive():
    """Any bytes but LF may stand in a key."""
    lines = [bytes([byte]) * 2 + b"\t1" for byte in range(255, 0, -1) if byte not in (9, 10)]
    found = list(SortWork(Order(), TestRequests.SHARES)(block_of(lines), (CHUNK, ONE)))
    assert lines_of(found[0][0]) == sorted(line[:2] for line in lines)
