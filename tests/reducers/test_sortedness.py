"""Input that nobody has sorted is noticed: in its first megabyte, and wherever keys do not rise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools.errors import DataError
from streamtools.reducers import sortedness
from streamtools.reducers.sortedness import check_grouped


def lines(*keys):
    return b"".join(b"%b\t1\n" % str(key).encode() for key in keys)


@pytest.mark.parametrize(
    "blocks",
    [
        [],
        [lines("a", "a", "b")],
        [lines("a", "b"), lines("b", "b"), lines("b", "c")],
        [lines(9, 10, 11, 100), lines(100, 101)],  # in the order of numbers
        [lines("c", "b"), lines("b", "a")],
        [b"a\nb\n", b"b\n", b"\n\n"],
    ],
)
def test_grouped_input_passes_as_it_is(blocks):
    assert list(check_grouped(blocks)) == blocks


@pytest.mark.parametrize(
    ("blocks", "key"),
    [
        ([lines("a", "b", "a")], "a"),
        ([lines("a", "b"), lines("c", "a")], "a"),
        ([b"x\ny\nx\n"], "x"),
        ([lines("b", "c"), lines("a"), lines("b")], "b"),
    ],
)
def test_a_key_that_comes_again(blocks, key):
    with pytest.raises(DataError, match=f"key '{key}': comes again after other keys; the input is not sorted"):
        list(check_grouped(blocks))


def test_one_sorted_file_after_another(monkeypatch):
    """The second one begins with keys that the first one began with."""
    monkeypatch.setattr(sortedness, "LOOK", 50)
    file = [lines(*(f"{number:03}" for number in range(start, start + 10))) for start in range(0, 900, 10)]
    assert list(check_grouped(file)) == file
    with pytest.raises(DataError, match="key '000'"):
        list(check_grouped([*file, *file]))


@given(st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1), st.integers(1, 4))
def test_all_of_a_short_input_is_seen(keys, size):
    blocks = [lines(*keys[start : start + size]) for start in range(0, len(keys), size)]
    runs = [key for number, key in enumerate(keys) if not number or keys[number - 1] != key]
    try:
        list(check_grouped(blocks))
        assert len(runs) == len(set(runs))
    except DataError:
        assert len(runs) > len(set(runs))
