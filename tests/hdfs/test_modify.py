"""Permissions as `hadoop fs -chmod` takes them."""

import stat

import pytest

from streamtools.hdfs.modify import apply_mode


@pytest.mark.parametrize(
    ("wish", "mode", "made"),
    [
        ("600", 0o755, 0o600),
        ("1777", 0o755, 0o1777),
        ("u+x", 0o644, 0o744),
        ("go-r", 0o644, 0o600),
        ("+w", 0o444, 0o666),
        ("a=r", 0o777, 0o444),
        ("u=rw,g=r,o=", 0o777, 0o640),
        ("+X", 0o644, 0o644),
        ("+X", 0o744, 0o755),
        ("+X", 0o644 | stat.S_IFDIR, 0o755),
        ("o+t", 0o755, 0o1755),
    ],
)
def test_permissions(wish, mode, made):
    assert apply_mode(wish, mode) == made
