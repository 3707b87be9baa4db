"""Too few files, too little memory, short files, few processes: the right result, or one line that says so."""

import os
import resource
import subprocess
from pathlib import Path

import pytest
from invariants import FILTER, JOB, check
from job_trials import STAGES, make_job, read_counters, read_parts, run_undisturbed, write_lines
from trials import Trial

TOOLS = {
    "st-cat": ["st-cat", "in.gz"],
    "st-sort": ["st-sort", "-S", "1M", "in"],
    "st-sort, processes": ["st-sort", "-S", "4M", "-j", "2", "in"],
    "st-pack": ["st-pack", "-q", "-o", "packed", "--codec", "gz", "--size", "300K", "-j", "2", "in"],
    "st-map": ["st-map", "words"],
    "st-reduce": ["st-reduce", "count"],
}
RANGES = {  # of values that some runs get along with and others do not
    resource.RLIMIT_NOFILE: (6, 40),
    resource.RLIMIT_FSIZE: (1, 3_000_000),
}


@pytest.fixture(scope="module")
def least_memory(tmp_path_factory) -> int:
    """Return the address space with which our tools come as far as their first line."""
    Path(folder := tmp_path_factory.mktemp("least"), "in").write_bytes(b"")
    words = ["st-sort", "in"]
    import random

    trial = Trial(folder / "trial", random.Random(0))
    (trial.here / "in").write_bytes(b"a\n")
    for mebibytes in range(20, 400, 5):
        if trial.run(words, limits={resource.RLIMIT_AS: mebibytes << 20}).status == 0:
            return mebibytes << 20
    raise AssertionError("a sort of one line takes 400 MB")


def draw(trial: Trial, limit: int, least: int) -> dict[int, int]:
    """Choose a value of a limit."""
    if limit == resource.RLIMIT_AS:
        return {limit: least + trial.rng.randrange(10 << 20, 150 << 20)}
    return {limit: trial.rng.randrange(*RANGES[limit])}


@pytest.mark.cases(2)
@pytest.mark.parametrize("limit", [resource.RLIMIT_NOFILE, resource.RLIMIT_AS, resource.RLIMIT_FSIZE])
@pytest.mark.parametrize("tool", TOOLS)
def test_filters(trial, limit, tool, least_memory):
    content = write_lines(trial.here / "in", trial.rng, 200_000)
    subprocess.run(["gzip", "-k1", trial.here / "in"], check=True)
    words = TOOLS[tool]
    right = trial.run(words, content).stdout
    if tool == "st-pack":
        subprocess.run(["rm", "-r", trial.here / "packed"], check=True)
    ran = trial.run(words, content, draw(trial, limit, least_memory))
    check(trial, ran, FILTER, ran.stdout, [right])
    if tool == "st-pack":
        assert (trial.here / "packed/_SUCCESS").exists() == (ran.status == 0)


@pytest.mark.cases(6)
@pytest.mark.parametrize("limit", [resource.RLIMIT_NOFILE, resource.RLIMIT_AS, resource.RLIMIT_FSIZE])
def test_jobs(trial, limit, least_memory):
    job = make_job(trial, trial.rng.choice(STAGES))
    parts, counters = run_undisturbed(trial, job)
    ran = trial.run(job, limits=draw(trial, limit, least_memory))
    check(trial, ran, JOB, read_parts(trial.here / "out"), [parts])
    if ran.status:
        assert ran.told
        ran = trial.run([*job, "--resume"])
        assert (ran.status, read_parts(trial.here / "out"), read_counters(ran)) == (0, parts, counters), ran.told


@pytest.mark.parametrize("files", [16, 24, 32, 64])
def test_many_maps_and_few_open_files(trial, files):
    write_lines(trial.here / "in", trial.rng, 40_000)
    job = ["st-run", "--tasks", "40x2", "-input", "in", "-output", "out", "-mapper", "cat", "-reducer", "cat"]
    parts, _ = run_undisturbed(trial, job)
    ran = trial.run(job, limits={resource.RLIMIT_NOFILE: files})
    check(trial, ran, JOB, read_parts(trial.here / "out"), [parts])
    assert ran.status == 0 or files < 32, ran.told


@pytest.fixture
def few_processes(trial):
    """Return a function that lets a process and its children be at most so many, called in that process."""
    group = Path(
        "/sys/fs/cgroup/pids" if os.path.isdir("/sys/fs/cgroup/pids") else "/sys/fs/cgroup", f"faults-{os.getpid()}"
    )
    if os.geteuid():
        mine = sum(path.stat().st_uid == os.getuid() for path in Path("/proc").iterdir() if path.name.isdigit())
        yield lambda number: resource.setrlimit(resource.RLIMIT_NPROC, (mine + number, mine + number))
        return
    try:  # the limit of a user's processes does not hold for root
        group.mkdir()
        (group / "pids.max").write_text("100")
    except OSError:
        pytest.skip("root cannot be kept from starting processes here")

    def limit(number):
        (group / "pids.max").write_text(str(number))
        (group / "cgroup.procs").write_text("0")

    yield limit
    trial.end()
    group.rmdir()


@pytest.mark.cases(6)
def test_few_processes(trial, few_processes):
    job = make_job(trial, trial.rng.choice(STAGES), "--jobs", "4")
    parts, counters = run_undisturbed(trial, job)
    number = trial.rng.randrange(1, 8)
    ran = trial.run(job, before=lambda: few_processes(number))
    check(trial, ran, JOB, read_parts(trial.here / "out"), [parts])
    if ran.status:
        ran = trial.run([*job, "--resume"])
        assert (ran.status, read_parts(trial.here / "out"), read_counters(ran)) == (0, parts, counters), ran.told
