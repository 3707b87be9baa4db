"""The same job by the real Hadoop Streaming and by st-run: status, output and counters agree.

Wants the Hadoop that `make hadoop` fetches; without it these tests are skipped, or fail where it is required
(STREAMTOOLS_REQUIRE_HADOOP=1). STREAMTOOLS_JOBS=N makes N jobs of each kind instead of the usual number.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import generator
import pytest
from compare import answer_of, differences
from hadoop_home import hadoop_home
from jobs import Job
from jobs_of_functions import INPUTS, JOBS, TEXT, load
from launchers import Pair, compare_all, run_here
from recorded import CASES, NAMES, abridge, load_answer, save_answer

from streamtools.api.job_file import load_file
from streamtools.testing import assert_same_as_hadoop, run

EACH = int(os.environ.get("STREAMTOOLS_JOBS", "14"))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    if not (hadoop_home() / "classes/built").exists():
        message = f"no Hadoop in {hadoop_home()}; run: make hadoop"
        if os.environ.get("STREAMTOOLS_REQUIRE_HADOOP"):
            pytest.fail(message)
        pytest.skip(message)
    with Pair(tmp_path_factory.mktemp("differential")) as both:
        yield both


@pytest.mark.parametrize("name", NAMES)
def test_case_found_before(name: str, pair: Pair, request: pytest.FixtureRequest) -> None:
    """Each saved job; Hadoop's answer is the recorded one, which `make test` replays without it."""
    real, ours = pair.answers(Job.load(CASES / name))
    if request.config.getoption("--record"):
        save_answer(name, abridge(real))
    assert load_answer(name) == abridge(real), (
        "the recorded answer is stale: run make record-hadoop, then read git diff"
    )
    assert differences(real, ours) == []


@pytest.mark.parametrize("number", range(len(generator.LINES)), ids=lambda number: generator.LINES[number])
def test_command_line(number: int, pair: Pair) -> None:
    assert differences(*pair.answers(generator.line(number))) == []


@pytest.mark.parametrize("kind", generator.KINDS)
def test_generated_jobs(kind: str, pair: Pair) -> None:
    """Failing? `python tests/hadoop/differential.py --show KIND:SEED` shows both runs in full."""
    jobs = [generator.job(kind, seed) for seed in range(EACH)]
    assert {job.name: found for job, found in compare_all(jobs, pair) if found} == {}


@pytest.mark.parametrize("name", INPUTS)
def test_jobs_of_functions(name: str, pair: Pair) -> None:
    """By Hadoop, by st-run inside its tasks and through pipes, and by streamtools.testing."""
    job, least = load(name), 1 if name == "unique_users" else 2
    half = sum(map(len, INPUTS[name].values())) // 2  # the local runner takes no number of map tasks
    options = ["-D", f"mapreduce.job.reduces={least}", "-D", f"fs.local.block.size={half}"]
    words = [*job.command_line(options), "-input", *INPUTS[name], "-output", "out"]
    made = Job(name, words, INPUTS[name])
    real, ours = pair.answers(made)
    assert differences(real, ours) == []
    piped = replace(made, args=["--no-in-process", *words])
    assert differences(real, answer_of(piped, run_here(piped, pair.scratch))) == []
    tested = run(job, INPUTS[name], reduces=least).lines
    lines = [line for part in sorted(real.files or {}) if part != "_SUCCESS" for line in (real.files or {})[part]]
    assert sorted(map(os.fsencode, tested)) == sorted(filter(None, lines))


def test_steps_of_functions(pair: Pair, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "core-site.xml").write_text("<configuration/>")
    shutil.copy(hadoop_home() / "etc/hadoop/log4j.properties", tmp_path)
    monkeypatch.setenv("HADOOP_CONF_DIR", str(tmp_path))
    monkeypatch.setenv("STREAMTOOLS_HADOOP_HOME", str(hadoop_home()))
    result = assert_same_as_hadoop(load_file(str(JOBS / "most_used.py")), TEXT, options={"most": 3})
    assert result.pairs == [("be", 2), ("to", 2), ("is", 1)]


def test_a_difference_is_seen(pair: Pair, tmp_path: Path) -> None:
    """Of two jobs that are not the same, each side runs one."""
    real, ours = generator.job("word-count", 0), generator.job("identity", 0)
    assert differences(pair.answers(real)[0], pair.answers(ours)[1])
