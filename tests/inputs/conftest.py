"""Inputs of every format, made by the real tools where they are there."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

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


@pytest.fixture(scope="session")
def sevenzz(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """sevenzz(name, files, *options) makes an archive by Debian's 7zip; without it tests skip, but fail in CI."""
    program = shutil.which("7zz")
    if program is None:
        message = "needs 7zz: apt-get install 7zip"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)

    def make(name: str, files: dict[str, bytes], *options: str) -> Path:
        directory = tmp_path_factory.mktemp("sevenzz")
        for file, data in files.items():
            (directory / file).parent.mkdir(parents=True, exist_ok=True)
            (directory / file).write_bytes(data)
        done = subprocess.run([program, "a", "-mx=1", *options, name, *files], cwd=directory, capture_output=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return directory / name

    return make


@pytest.fixture
def st_cat() -> Callable[..., "subprocess.CompletedProcess[bytes]"]:
    """st_cat(*arguments, **run) runs bin/st-cat."""
    program = Path(__file__).parents[2] / "bin" / "st-cat"

    def run(*arguments: object, **options: object) -> "subprocess.CompletedProcess[bytes]":
        options = {"capture_output": True, "timeout": 60, **options}
        return subprocess.run([str(program), *map(str, arguments)], **options)  # type: ignore[call-overload,no-any-return]

    return run
