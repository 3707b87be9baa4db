"""A full disk: one line, nothing half-written, and what was finished is not lost.

The disks are small file systems in memory, mounted where only the tests and what they start can see them.
"""

import ctypes
import os
import subprocess

import pytest
from invariants import FILTER, IO, JOB, check, check_manners
from job_trials import STAGES, make_job, read_counters, read_parts, write_lines

CLONE_NEWNS = 0x20000


@pytest.fixture(scope="module")
def own_mounts():
    """Leave the machine's mounts to the others: what is mounted from now on is gone when the tests have ended."""
    if os.geteuid():
        pytest.skip("mounting needs root; the limits of the size of files are tried in any case")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) or subprocess.run(["mount", "--make-rprivate", "/"], capture_output=True).returncode:
        pytest.skip("mounts are not allowed here")


@pytest.fixture
def disk(own_mounts, trial):
    """Return a function that mounts a disk of so many bytes as a folder of the trial; again, and it grows."""
    mounted = []

    def mount(folder, size, files=0):
        folder.mkdir(exist_ok=True)
        options = f"size={size},nr_inodes={files or 10_000}" + (",remount" if folder in mounted else "")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "faults", folder], capture_output=True)
        if done.returncode:
            pytest.skip(f"no disk in memory here: {done.stderr!r}")
        mounted.append(folder)

    yield mount
    trial.end()
    for folder in set(mounted):
        subprocess.run(["umount", "--lazy", folder], capture_output=True)


FILTERS = {
    "st-cat": "st-cat in",
    "st-map": "st-map fields -k 1 -v 2 < in",
    "st-sort, output": "st-sort -S 1M -o disk/result in",
    "st-sort, runs": "st-sort -S 1M -T disk in",
    "st-sort, runs, processes": "st-sort -S 4M -j 2 -T disk in",
    "st-pack": "st-pack -q -o disk/result --size 200K --codec none in",
    "st-hadoop": "st-hadoop fs -put in disk/result",
}


@pytest.mark.cases(3)
@pytest.mark.parametrize("name", FILTERS)
def test_filters(trial, disk, name):
    content = write_lines(trial.here / "in", trial.rng, 150_000)
    words = FILTERS[name].split()
    stdin = content if "<" in words else None
    words = words[: words.index("<")] if "<" in words else words
    place = trial.here / "disk"
    disk(place, trial.rng.randrange(4, len(content) * 11 // 10000) * 1000, trial.rng.choice([0, 0, 3]))
    with open(os.devnull if "disk" in FILTERS[name] else place / "stdout", "wb") as stdout:
        ran = trial.run(words, stdin, stdout=stdout.fileno())
    statuses = {1, 255} if name == "st-hadoop" else {IO, 73}
    check_manners(ran, {0, *statuses})
    check(trial, ran, FILTER if name != "st-hadoop" else JOB, None, [None])
    if ran.status:
        assert "no space left" in ran.told.lower(), ran.told
        left = {path.name for path in place.rglob("*") if path.name != "stdout"}
        assert left <= {"result", *(f"part-{n:05}" for n in range(99)), "_manifest.tsv"}, left
        assert name not in ("st-sort, output", "st-hadoop") or not (place / "result").exists()
        assert not (place / "result/_SUCCESS").exists()


@pytest.mark.cases(10)
def test_jobs_go_on_when_there_is_space_again(trial, case, disk):
    job = make_job(trial, trial.rng.choice(STAGES), "--work-dir", "disk")
    full = ["work", "output", "both"][case % 3]
    place = trial.here / "disk"
    place.mkdir()
    job = ["disk/out" if word == "out" and full == "both" else word for word in job]
    job = [word if full != "output" or word != "disk" else str(trial.tmp) for word in job]
    output = place / "out" if full == "both" else trial.here / "out"
    if full == "output":
        job[job.index("out")] = "disk/out"
        output = place / "out"
    disk(place, 100 << 20)
    undisturbed = trial.run(job)
    parts, counters = read_parts(output), read_counters(undisturbed)
    assert undisturbed.status == 0 and parts is not None
    subprocess.run(["rm", "-r", output], check=True)
    disk(place, trial.rng.randrange(4, 1000) * 1000, trial.rng.choice([0, 0, 8, 20]))
    ran = trial.run(job)
    check(trial, ran, JOB, read_parts(output), [parts])
    if ran.status:
        assert read_parts(output) is None
        assert "no space left" in ran.told.lower(), ran.told
        disk(place, 100 << 20)
        ran = trial.run([*job, "--resume"])
        assert (ran.status, read_parts(output)) == (0, parts), ran.told
        assert read_counters(ran) == counters
    assert [path.name for path in place.iterdir()] == ([] if full == "work" else ["out"])


@pytest.mark.parametrize(
    "tool",
    [
        "st-cat in",
        "st-sort in",
        "st-map words",
        "st-reduce count --unsorted",
        "st-run --stdout --quiet -input in -mapper cat",
    ],
)
def test_a_device_that_is_full(trial, tool):
    content = write_lines(trial.here / "in", trial.rng, 1000)
    with open("/dev/full", "wb") as full:
        ran = trial.run(tool.split(), content, stdout=full.fileno())
    check_manners(ran, {IO})
