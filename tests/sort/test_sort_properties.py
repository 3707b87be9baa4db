"""Sorting gives what `sorted` gives: whatever the bytes, their cutting, the memory, the batches and the processes."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamtools import records
from streamtools.sort.checking import DisorderError, check
from streamtools.sort.external import external_sort, merge_sorted
from streamtools.sort.merging import in_any_order, merge
from streamtools.sort.order import Order, sort_lines
from streamtools.sort.resources import SortOptions

# few different bytes, around TAB and LF, make equal keys, prefixes and bytes below TAB likely
lines = st.lists(
    st.one_of(
        st.lists(st.sampled_from([0, 1, 2, 8, 9, 9, 11, 13, 97, 98, 255]), max_size=6).map(bytes),
        st.sampled_from([b"a\t1", b"b\t1", b"ab\t1", b"a\t2"]),
    ),
    max_size=120,
)
pairs = st.lists(st.sampled_from([b"u%d\t1" % number for number in range(9)]), max_size=400)
orders = st.builds(
    Order,
    separator=st.sampled_from([b"\t", b"\t", b"\t", b"\1", b"a", b"\t\t"]),
    fields=st.sampled_from([1, 1, 2]),
    key=st.sampled_from([None, None, len, lambda key: key[:1]]),
    reverse=st.booleans(),
    unique=st.booleans(),
)


def expected(some: list[bytes], order: Order) -> list[bytes]:
    ordered = sorted(some, key=order.key_of, reverse=order.reverse)
    if not order.unique:
        return ordered
    seen: list[object] = []
    first = []
    for line in ordered:
        key = order.key_of(line)
        if not seen or seen[-1] != key:
            first.append(line)
        seen.append(key)
    return first


def cut(some: list[bytes], size: int) -> list[bytes]:
    return [records.block_of(some[start : start + size]) for start in range(0, len(some), size)]


@given(lines, orders)
def test_in_memory(some, order):
    assert sort_lines(some, order) == expected(some, order)


@given(st.one_of(lines, pairs), orders, st.integers(1, 50), st.sampled_from([1, 20_000]), st.sampled_from([2, 3, 512]))
@settings(max_examples=150)
def test_externally(some, order, size, memory, batch_size):
    blocks = external_sort(cut(some, size), order, SortOptions(memory, batch_size=batch_size))
    assert b"".join(blocks) == records.block_of(expected(some, order))


@given(st.one_of(lines, pairs), orders, st.integers(1, 50), st.sampled_from([2, 3]))
@settings(max_examples=25)
def test_by_several_processes(some, order, size, jobs):
    blocks = external_sort(cut(some, size), order, SortOptions(1, jobs=jobs))
    assert b"".join(blocks) == records.block_of(expected(some, order))


@given(lines, orders, st.lists(st.integers(0, 120), max_size=5), st.integers(1, 9), st.sampled_from([2, 512]))
def test_merge_of_sorted_parts_is_the_sort_of_the_whole(some, order, cuts, size, batch_size):
    bounds = [0, *sorted(cuts), len(some)]
    parts = [cut(expected(some[one:two], order), size) for one, two in pairwise(bounds)]
    whole = records.block_of(expected(some, order))
    assert b"".join(merge([iter(part) for part in parts], order)) == whole
    assert b"".join(merge_sorted(parts, order, SortOptions(batch_size=batch_size))) == whole


@given(lines, orders, st.integers(1, 9))
def test_check_agrees(some, order, size):
    check(cut(expected(some, order), size), order)
    if expected(some, order) != some and [order.key_of(line) for line in expected(some, order)] != list(
        map(order.key_of, some)
    ):
        with pytest.raises(DisorderError):
            check(cut(some, size), order)


@pytest.mark.parametrize("compress_runs", [None, "zst", "lz4"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_many_runs(compress_runs, jobs):
    """More data than memory, by all roads: counted lines first, then lines that differ, then values that differ."""
    counted = [b"word%d\t1" % (number * number % 97) for number in range(20_000)]
    different = [b"%09d\t1" % (number * 7919 % 1_000_003) for number in range(20_000)]
    values = [b"word%d\t%d" % (number % 50, number) for number in range(20_000)]
    odd = [b"word%d\0\t1" % (number % 97) for number in range(5_000)]  # NUL parts keys from their counts in a run
    some = counted + different + values + odd + counted
    options = SortOptions(200_000, jobs=jobs, compress_runs=compress_runs)
    for part in (counted, different, counted + different, counted + odd, some):
        ordered = b"".join(external_sort(cut(part, 1000), Order(), options))
        assert ordered == records.block_of(expected(part, Order()))


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("unique", [False, True])
def test_a_common_value_much_longer_than_the_keys(jobs, unique):
    """In a run it is left out: what a round of the merge makes is many times what it was made of."""
    values = [b"\t" + b"v" * 60, b"\t" + b"w" * 50, b""]
    some = [b"%05d%b" % (number * 7919 % 99_991, value) for value in values for number in range(20_000)]
    order = Order(unique=unique)
    for part in (some[:20_000], some):
        ordered = list(external_sort(cut(part, 1000), order, SortOptions(400_000, jobs=jobs)))
        assert b"".join(ordered) == records.block_of(expected(part, order))
        assert max(map(len, ordered)) < 200_000


def test_one_hot_key_keeps_its_values_in_order():
    some = [b"hot\t%d" % number if number % 10 else b"k%d\t0" % number for number in range(30_000)]
    assert b"".join(external_sort(cut(some, 500), Order(), SortOptions(100_000))) == records.block_of(
        expected(some, Order())
    )


@pytest.mark.parametrize("reverse", [False, True])
def test_sorted_input_is_passed_on(reverse):
    some = sorted((b"%06d\t1" % number for number in range(50_000)), reverse=reverse)
    for order in (Order(), Order(reverse=True)):
        assert b"".join(external_sort(cut(some, 999), order, SortOptions(100_000))) == records.block_of(
            expected(some, order)
        )


def test_what_fits_in_memory_touches_no_disk(tmp_path):
    some = [b"k%d\t1" % (number * 31 % 1000) for number in range(1000)]
    missing = str(tmp_path / "missing")
    assert b"".join(
        external_sort(cut(some, 10), Order(), SortOptions(1 << 20, directories=[missing]))
    ) == records.block_of(expected(some, Order()))


@given(
    st.lists(st.lists(st.sampled_from([b"a\t2", b"a\t1", b"ab\t1", b"b\t10", b"\x0b!\t7"])), max_size=4), st.booleans()
)
def test_merge_in_any_order_of_the_records_of_a_key(streams, reverse):
    order = Order(reverse=reverse)
    blocks = [[records.block_of(sort_lines(stream, order))] for stream in streams if stream]
    merged = records.lines_of(b"".join(merge([iter(each) for each in blocks], order, in_any_order)))
    assert sorted(merged) == sorted(line for stream in streams for line in stream)
    assert list(order.keys_of(merged)) == sorted(order.keys_of(merged), reverse=reverse)
