"""Orders, the memory they need, and checks whether lines are in order."""

import pytest

from streamtools.errors import UsageError
from streamtools.sort.checking import DisorderError, check
from streamtools.sort.order import Order, build_order, sort_lines
from streamtools.sort.resources import LineMemory, MemoryShares, SortOptions

LINES = [b"b,2,x", b"a", b"b,1", b"", b"a,9,y", b"b,1,z"]


@pytest.mark.parametrize("fields", [1, 2, 3])
@pytest.mark.parametrize("key", [None, lambda key: key[::-1]], ids=["bytes", "reversed"])
def test_all_ways_to_a_key_agree(fields, key):
    order = Order(b",", fields, key)
    text = [line.decode("latin-1") for line in LINES]
    expected = [b",".join(line.split(b",")[:fields]) for line in LINES]
    expected = [each[::-1] for each in expected] if key else expected
    assert [order.key_of(line) for line in LINES] == expected
    assert list(order.keys_of(LINES)) == expected
    assert [order.key_function(is_text=False)(line) for line in LINES] == expected
    shown = expected if key else [each.decode("latin-1") for each in expected]
    assert list(order.keys_of(text)) == shown
    assert [order.key_function(is_text=True)(line) for line in text] == shown


def test_keys_of_nothing():
    assert list(Order().keys_of([])) == []
    assert sort_lines([], Order()) == sort_lines([], Order(unique=True)) == []


@pytest.mark.parametrize(
    ("order", "compares"),
    [(Order(), True), (Order(fields=2), False), (Order(key=len), False), (Order(reverse=True), True)],
)
def test_compares_bytes(order, compares):
    assert order.compares_bytes is compares


@pytest.mark.parametrize(
    ("options", "fields", "before", "after"),
    [
        ({}, 1, b"a\t2", b"b\t1"),
        ({"fields": 2}, 2, b"a\t1", b"a\t2"),
        ({"reverse": True}, 1, b"b", b"a"),
        ({"numeric": True}, 1, b"9", b"10"),
        ({"numeric": True, "reverse": True, "fields": 3}, 3, b"10", b"9"),
        ({"key_options": "-k2,2"}, 2, b"b\t1", b"a\t2"),
        ({"key_options": "-k1,3"}, 3, b"a\tb\t1", b"a\tb\t2"),
        ({"key_options": "-k3"}, 3, b"x\ty\t1", b"a\tb\t2"),
        ({"key_options": "-k2,2", "fields": 4}, 4, b"b\t1", b"a\t2"),
        ({"key_options": "-k2,2", "numeric": True}, 2, b"x\t9", b"x\t10"),
        ({"key_options": "-k2,2n -k1,1r", "reverse": True}, 2, b"b\t1", b"a\t1"),
        ({"key_options": "-k1,1", "reverse": True}, 1, b"b", b"a"),
        ({"key_options": "  "}, 1, b"a", b"b"),
    ],
)
def test_orders_for_options(options, fields, before, after):
    order = build_order("\t", **options)
    assert (order.separator, order.fields, order.unique) == (b"\t", fields, False)
    assert sort_lines([after, before], order) == sort_lines([before, after], order) == [before, after]


@pytest.mark.parametrize("options", [{}, {"numeric": True}, {"key_options": "-k1,1"}])
def test_unique_is_kept(options):
    assert build_order(",", unique=True, **options).unique
    assert build_order(",", **options).separator == b","


def test_orders_that_are_invalid():
    with pytest.raises(UsageError, match="cannot be empty"):
        build_order("")
    with pytest.raises(UsageError, match="unknown key option"):
        build_order("\t", key_options="-k1,1 -x")


@pytest.mark.parametrize("key", [None, bytes.lower, lambda key: [key]])  # what is compared need not be hashable
@pytest.mark.parametrize("reverse", [False, True])
def test_the_first_of_each_key_in_the_order_of_the_input(key, reverse):
    order = Order(key=key, reverse=reverse, unique=True)
    found = sort_lines([b"b\t1", b"a\t1", b"b\t2", b"a\t0", b"c"], order)
    assert found == ([b"c", b"b\t1", b"a\t1"] if reverse else [b"a\t1", b"b\t1", b"c"])


@pytest.mark.parametrize(
    ("memory", "jobs", "shares"),
    [
        (100 << 20, 1, MemoryShares(47185920, 18874368, 3774873, 26214400)),
        (100 << 20, 4, MemoryShares(11796480, 11796480, 2359296, 26214400)),
        (1, 1, MemoryShares(4096, 4096, 819, 0)),
    ],
)
def test_shares_of_memory(memory, jobs, shares):
    assert MemoryShares.of(SortOptions(memory, jobs=jobs)) == shares


def test_the_defaults_of_a_sort():
    assert SortOptions() == (268435456, ("/tmp",), 128, 1, None, None)


def test_memory_for_lines():
    """A line of 10 bytes takes 5 times its length and 84 bytes, with a key of its own 84 more."""
    lines = LineMemory(Order(), 18000)
    assert lines.needed(1000, 100) == 5 * 1000 + 84 * 100
    assert lines.room() == 18000 * 16 // (5 * 16 + 84)  # nothing is known: lines of 16 bytes
    lines.add(500, 50)
    lines.add(1500, 50)
    assert lines.room() == 18000 * 2000 // (5 * 2000 + 84 * 100)
    assert lines.room(b"\t123456789\n") == 18000 * 1000 // (5 * 1000 + 84 * 100)  # without 10 bytes each
    assert lines.room(b"\n") == lines.room()
    assert lines.room(b"x" * 90) == 18000 * 100 // (5 * 100 + 84 * 100)  # at least a byte each
    lines.are_bare = False
    assert lines.needed(1000, 100) == 5 * 1000 + 168 * 100


@pytest.mark.parametrize(("order", "are_bare"), [(Order(), True), (Order(fields=2), False), (Order(key=len), False)])
def test_lines_are_bare_keys_only_if_keys_compare_as_bytes(order, are_bare):
    assert LineMemory(order, 1).are_bare is are_bare


@pytest.mark.parametrize(
    ("order", "blocks", "number"),
    [
        (Order(), [b"a\nb\n", b"b\nc\n"], None),
        (Order(), [b"b\na\n"], 2),
        (Order(), [b"a\nc\n", b"b\n"], 3),
        (Order(), [b"a\n", b"b\nc\na\nb\n"], 4),
        (Order(), [b"b\n", b"a\n"], 2),
        (Order(), [b"b\n", b"a\nc\n"], 2),
        (Order(), [b"a\nd\n", b"c\n"], 3),
        (Order(unique=True), [b"a\nb\n", b"b\n"], 3),
        (Order(unique=True), [b"a\na\n"], 2),
        (Order(unique=True), [b"a\nb\n", b"c\n"], None),
        (Order(reverse=True), [b"b\nb\na\n"], None),
        (Order(reverse=True), [b"a\nb\n"], 2),
        (Order(reverse=True, unique=True), [b"b\n", b"b\n"], 2),
        (Order(reverse=True, unique=True), [b"b\n", b"a\n"], None),
        (Order(key=len), [b"bb\n", b"a\n"], 2),
        (Order(), [], None),
    ],
)
def test_the_first_line_out_of_order_is_named(order, blocks, number):
    if number is None:
        check(blocks, order, "in")
        return
    line = b"".join(blocks).split(b"\n")[number - 1].decode()
    with pytest.raises(DisorderError) as error:
        check(blocks, order, "in")
    assert str(error.value) == f"in:{number}: disorder: {line}; sort it first"
    assert error.value.exit_code == 1


def test_a_long_line_is_named_by_its_beginning():
    with pytest.raises(DisorderError) as error:
        check([b"b\n" + b"a" * 100 + b"\n"], Order())
    assert str(error.value) == f"-:2: disorder: {'a' * 60}; sort it first"
