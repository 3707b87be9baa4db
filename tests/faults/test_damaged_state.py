"""What a run has left for --resume, damaged in any way: done again where it does not hold, never believed blindly."""

import os
import pickle
import shutil

import pytest
from damage import damage_file
from invariants import ENDS_WELL, check
from job_trials import make_job, read_counters, read_parts, run_undisturbed, write_script
from trials import Trial

STAGES = ["-mapper", "cat", "-reducer", "sometimes.sh"]
WORKS = "#!/bin/sh\nexec cat\n"
FAILS = '#!/bin/sh\n[ "$mapreduce_task_partition" = 2 ] && exit 3\nexec cat\n'


def make_state(trial: Trial) -> tuple[list[str], dict[str, bytes], list[str]]:
    """Run a job whose last reducer fails; return it with its parts and counters when that is mended."""
    write_script(trial, "sometimes.sh", WORKS)
    job = make_job(trial, STAGES)
    parts, counters = run_undisturbed(trial, job)
    before = os.stat(trial.here / "sometimes.sh")
    write_script(trial, "sometimes.sh", FAILS.ljust(len(WORKS)))
    assert trial.run(job).status == 1
    write_script(trial, "sometimes.sh", WORKS)
    os.utime(trial.here / "sometimes.sh", ns=(before.st_atime_ns, before.st_mtime_ns))
    return [*job, "--resume"], parts, counters


def go_on(trial: Trial, job: list[str], parts: dict[str, bytes], counters: list[str]) -> None:
    """Go on with a job and check that its result is the undisturbed one."""
    ran = trial.run(job)
    check(trial, ran, ENDS_WELL, read_parts(trial.here / "out"), [parts])
    assert read_counters(ran) == counters


@pytest.mark.cases(8)
@pytest.mark.parametrize("kind", ["*.done", "map-??????", "any"])
def test_a_damaged_file(trial, case, kind):
    job, parts, counters = make_state(trial)
    state = next(trial.tmp.glob("st-run-*"))
    pattern = "*" if kind == "any" else kind
    files = [path for path in sorted(state.glob(pattern)) if path.is_file() and path.name != "lock"]
    for path in trial.rng.sample(files, trial.rng.randrange(1, 1 + min(3, len(files)))):
        trial.log.append(f"{damage_file(path, trial.rng)} {path}")
    go_on(trial, job, parts, counters)


class Evil:
    """An object that, unpickled, makes a folder."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self.path,)


@pytest.mark.cases(2)
def test_nothing_is_unpickled_that_was_not_written_by_a_run(trial):
    job, parts, counters = make_state(trial)
    made = trial.root / "unpickled"
    record = trial.rng.choice(sorted(trial.tmp.glob("st-run-*/*.done")))
    before = record.read_bytes()
    evil = pickle.dumps(Evil(str(made)))
    record.write_bytes(trial.rng.choice([evil, evil + before, before.replace(pickle.PROTO + b"\x04", evil, 1)]))
    go_on(trial, job, parts, counters)
    assert not made.exists()


@pytest.mark.cases(3)
def test_an_input_that_has_changed_with_its_size_and_time_kept(trial):
    job, _, _ = make_state(trial)
    path = trial.here / "in"
    before, content = path.stat(), path.read_bytes()
    path.write_bytes(content.replace(b"k", b"q"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    ran = trial.run(job)
    assert ran.status == 0, ran.told
    shutil.move(trial.here / "out", trial.here / "went-on")
    parts, counters = run_undisturbed(trial, job[:-1])
    assert read_parts(trial.here / "went-on") == parts
    assert read_counters(ran) == counters
