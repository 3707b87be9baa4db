"""The option --fast, for the inner loop: a test is skipped at the moment it starts a process.

So no list of tests has to be kept. What remains are the tests of functions, with fewer examples of each property, and
without those marked `slow`.
"""

import signal
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"}  # Python's audit events
settings.register_profile("fast", deadline=None, max_examples=10, derandomize=True)
is_test_running = False


def skip_at_start(event: str, _arguments: object) -> None:
    """Skip the running test if this audit event says that it starts a process."""
    if is_test_running and event in STARTS:
        pytest.skip(f"--fast: {event}")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="skip tests that start a process or are marked slow")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--fast"):
        settings.load_profile("fast")
        sys.addaudithook(skip_at_start)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--fast"):
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    global is_test_running
    is_test_running = True
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        return (yield)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)  # a process is started with signals blocked
        is_test_running = False
