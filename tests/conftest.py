"""Fixtures and options of all tests."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from places import BIN, SAMPLE

pytest_plugins = ["running", "fast"]

# The same examples every time, so that a failure is the fault of the change; --hypothesis-profile=explore tries more.
settings.register_profile("suite", deadline=None, max_examples=60, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=2000)
# For `make mutants`: what fails need not be made small.
settings.register_profile("mutants", settings.get_profile("suite"), phases=[Phase.explicit, Phase.generate])
settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="record the output of the cases instead of comparing it")


@pytest.fixture(scope="session", autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Put the checkout's executables first on PATH, and remove the variables of a Hadoop task and of pytest.

    What failed jobs leave in the place for temporary files goes away with the folders of the tests.
    """
    os.environ["TMPDIR"] = tempfile.tempdir = str(tmp_path_factory.mktemp("tmp"))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job of a shell ignores it
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup has it ignored
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))  # runs of tests are not those of the user
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    for name in ("mapreduce_task_attempt_id", "mapred_task_id", "mapreduce_map_input_file", "map_input_file"):
        os.environ.pop(name, None)
    os.environ.pop("PYTEST_ADDOPTS", None)  # options of this run are not those of a test that runs pytest


@pytest.fixture(autouse=True)
def unchanged_environment() -> Iterator[None]:
    """Remove the variables of a task that a test has run in its own process, not in a worker's."""
    before = dict(os.environ)
    yield
    if os.environ != before:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture
def shell(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run a bash command line in an empty directory, with `pipefail`."""

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
