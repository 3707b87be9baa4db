"""Sizes as `hadoop fs -h` prints them."""

import pytest

from streamtools.hdfs.sizes import format_size


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0"),
        (1023, "1023"),
        (1024, "1 K"),
        (1280, "1.3 K"),  # Java rounds a half up
        (1536, "1.5 K"),
        (1_048_575, "1.0 M"),
        (3 << 30, "3 G"),
        ((3 << 40) + 1, "3.0 T"),
    ],
)
def test_sizes_for_people(size, text):
    assert format_size(size) == text
