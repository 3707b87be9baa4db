"""What all tests share: the executables, run as a user runs them."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from places import BIN, SAMPLE

pytest_plugins = ["running"]

# The same examples every time: a change is judged by what it changed. `--hypothesis-profile=explore` looks further.
settings.register_profile("suite", deadline=None, max_examples=60, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="write what the cases give now as what they should give")


@pytest.fixture(scope="session", autouse=True)
def environment() -> None:
    """Tests see the checkout's executables first on PATH, and no task's environment."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite run in the background came to ignore it
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    for name in ("mapreduce_task_attempt_id", "mapred_task_id", "mapreduce_map_input_file", "map_input_file"):
        os.environ.pop(name, None)


@pytest.fixture
def shell(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Runs a command line of bash in an empty directory, with `pipefail`, and gives what it wrote and its status."""

    def run(command: str, input: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            input=input,
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, "SAMPLE": str(SAMPLE), **environment},
            timeout=120,
        )

    return run
