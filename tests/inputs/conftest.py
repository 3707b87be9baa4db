"""Contents of inputs, and st-cat as a user runs it."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from encoded_files import sevenzz  # noqa: F401

LOG = b"".join(
    b"a%d\tu%d\tsite%d\thttp://example.com/%d\tAgent\t%d\n" % (n, n % 97, n % 11, n * n, n) for n in range(900)
)
OTHER = b"".join(b"other line %d\n" % n for n in range(300))


@pytest.fixture(scope="session")
def log() -> bytes:
    """Some 40 KB of log lines."""
    return LOG


@pytest.fixture(scope="session")
def other() -> bytes:
    return OTHER


@pytest.fixture
def st_cat() -> Callable[..., "subprocess.CompletedProcess[bytes]"]:
    """st_cat(*arguments, **run) runs bin/st-cat."""
    program = Path(__file__).parents[2] / "bin" / "st-cat"

    def run(*arguments: object, **options: object) -> "subprocess.CompletedProcess[bytes]":
        options = {"capture_output": True, "timeout": 60, **options}
        return subprocess.run([str(program), *map(str, arguments)], **options)  # type: ignore[call-overload,no-any-return]

    return run
