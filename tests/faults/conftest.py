"""The seed, the number of cases, and what is told of both.

A test takes `trial`, and is run as often as its mark says: `@pytest.mark.cases(20)`. What fails prints how to run just
that case again, and its files are kept.
"""

import os
import random
import shlex
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from trials import Trial

HERE = Path(__file__).parent
tried: Counter[str] = Counter()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", default="1", help="seed of all random choices; `random` takes a new one")
    parser.addoption("--times", type=float, default=1, help="how many times the usual number of cases to try")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "cases(number): how many random cases to try")
    if config.getoption("--seed") == "random":
        config.option.seed = str(random.SystemRandom().randrange(10**6))


def pytest_report_header(config: pytest.Config) -> str:
    return f"faults: seed {config.getoption('--seed')}, {config.getoption('--times'):g} times the usual cases"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not os.path.exists("/proc/self/environ"):
        for item in items:
            item.add_marker(pytest.mark.skip(reason="looks for processes in /proc"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marker = metafunc.definition.get_closest_marker("cases")
    if marker:
        number = max(1, round(marker.args[0] * metafunc.config.getoption("--times")))
        metafunc.parametrize("case", range(number), ids=lambda case: f"case{case}")


@pytest.fixture
def case() -> int:
    """The number of the case, for tests that try each of their own only once."""
    return 0


@pytest.fixture
def trial(case: int, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Trial]:
    """Make the folders and the random numbers of a case."""
    made = Trial(tmp_path / "trial", random.Random(f"{request.config.getoption('--seed')} {request.node.name}"))
    request.node.trial = made
    try:
        yield made
    finally:
        made.end()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: "pytest.CallInfo[None]"
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    trial: Trial | None = getattr(item, "trial", None)
    if call.when == "call" and not report.skipped:
        tried[item.path.stem.removeprefix("test_")] += 1
        if report.failed and trial:
            seed, test = item.config.getoption("--seed"), shlex.quote(item.nodeid)
            again = f".venv/bin/python -m pytest --seed {seed} {test}\nin {trial.here} (kept):\n"
            report.sections.append(("to try it again", again + "\n".join(trial.log)))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    kinds = ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in sorted(tried.items()))
    terminalreporter.write_line(f"faults: seed {config.getoption('--seed')}; cases tried: {kinds}")
