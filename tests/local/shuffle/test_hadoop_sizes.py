"""The sizes that counters tell: of records as Hadoop serializes them, and in its map output files."""

import pytest

from streamtools.formats.writables import BYTES, LONG, TEXT
from streamtools.local.shuffle.hadoop_sizes import framed_size, serialized_size

SIZES = [  # lengths of key and value, as they are serialized, and in a file
    (0, 0, 2, 4),
    (1, 1, 4, 6),
    (100, 19, 121, 123),
    (126, 0, 128, 130),
    (127, 0, 129, 132),  # 128 bytes with their length, which takes two bytes before them
    (0, 127, 129, 132),
    (128, 0, 131, 134),
    (126, 126, 254, 256),
    (127, 127, 256, 260),
    (128, 128, 260, 264),
    (253, 0, 256, 259),
    (254, 0, 257, 261),  # 256 bytes with their length
    (255, 0, 258, 262),
    (256, 0, 260, 264),
    (65535, 0, 65539, 65544),
    (65536, 0, 65541, 65546),
]


@pytest.mark.parametrize(("key", "value", "serialized", "framed"), SIZES)
def test_sizes_of_text(key, value, serialized, framed):
    lines = [b"k" * key + b"\t" + b"v" * value]
    assert serialized_size(lines[0] + b"\n", lines, TEXT, TEXT) == serialized
    assert framed_size(lines, TEXT, TEXT, None, has_escapes=False) == framed
    assert framed_size(lines, TEXT, TEXT, [3], has_escapes=False) == 3 * framed
    many = [*lines, b"a\t1"]
    assert serialized_size(b"\n".join([*many, b""]), many, TEXT, TEXT) == serialized + 4
    assert framed_size(many, TEXT, TEXT, None, has_escapes=False) == framed + 6
    assert framed_size(many, TEXT, TEXT, [2, 5], has_escapes=False) == 2 * framed + 5 * 6


def test_escaped_bytes_count_once():
    line = b"\x0b\x21\t\x0b*"  # 01 and 0A
    assert serialized_size(line + b"\n", [line], TEXT, TEXT) == 4
    assert framed_size([line], TEXT, TEXT, None, has_escapes=True) == 6


def test_sizes_of_other_classes():
    line = b"12345678\tab"
    assert serialized_size(line + b"\n", [line], LONG, TEXT) == 8 + 3
    assert framed_size([line], LONG, TEXT, None, has_escapes=False) == 8 + 3 + 2
    assert serialized_size(line + b"\n", [line], TEXT, BYTES) == 9 + 4 + 2
    assert framed_size([line], TEXT, BYTES, [2], has_escapes=False) == 2 * (9 + 4 + 2 + 2)


def test_nothing():
    assert serialized_size(b"", [], TEXT, TEXT) == framed_size([], TEXT, TEXT, None, has_escapes=False) == 0
