"""st-run --clean: what ended runs have left is listed and removed, and what is in use is not."""

import os
import re

import pytest

from streamtools.launch.cleaning import clean, find_left
from streamtools.scratch.directories import place_of, scratch_directory
from streamtools.scratch.locking import take


@pytest.fixture
def work(tmp_path):
    return str(tmp_path / "work")


def leave(work: str, name: str, *names: str, size: int = 1000, age: float = 7200) -> str:
    """Leave a directory as a run does that failed or was killed."""
    path = place_of(name, work)
    lock = take(path)
    for inner in names:
        os.makedirs(os.path.dirname(os.path.join(path, inner)), exist_ok=True)
        with open(os.path.join(path, inner), "wb") as file:
            file.write(bytes(size))
    os.close(lock)
    stamp = os.stat(path).st_mtime - age
    os.utime(os.path.join(path, "lock"), (stamp, stamp))
    return path


def yes(_text):
    return True


@pytest.mark.parametrize(("is_sure", "dry_run", "stays"), [(True, False, 0), (False, False, 2), (True, True, 2)])
def test_it_lists_and_removes(work, capfd, is_sure, dry_run, stays):
    old = leave(work, "old", "began", "map-000000.done", "map-000000", age=300_000)
    new = leave(work, "new", "replay-map-000003/stdin")
    with scratch_directory("run", work) as used:
        said = []
        asked = []
        assert clean(work, lambda text: asked.append(text) or is_sure, said.append, dry_run=dry_run) == 0
        listed = capfd.readouterr().out.split("\n")
        assert os.path.isdir(used)
    assert re.fullmatch(rf"{old}: 3\.\d kB, 3 d 11 h old, 1 finished task for --resume", listed[0])
    assert re.fullmatch(rf"{new}: 1\.\d kB, 2 h 00 min old, 1 failed task for --replay", listed[2])
    assert re.fullmatch(rf"{used}: \d+ B, 0\.\d\d s old, in use", listed[4])
    assert all(line.startswith(f"  process {os.getpid()}: ") for line in listed[1::2])
    amount = re.search(r"2 directories, \d\.\d kB", said[0])[0]
    assert said == [f"removed {amount}" if is_sure and not dry_run else f"{amount} could be removed"]
    assert asked == ([] if dry_run else [f"Remove {amount}?"])
    assert len(os.listdir(work)) == stays


def test_nothing_to_remove(work, capfd):
    said = []
    assert clean(work, yes, said.append, dry_run=False) == 0
    assert (capfd.readouterr().out, said) == ("", [f"{work}: nothing to remove"])


def test_what_is_taken_into_use_meanwhile_stays(work):
    path = leave(work, "out", "began")
    locks, said = [], []
    assert clean(work, lambda _text: locks.append(take(path)) or True, said.append, dry_run=False) == 1
    assert os.path.isdir(path) and "try again" in said[0]
    os.close(locks[0])


def test_what_goes_away_meanwhile_is_no_error(work):
    path = leave(work, "out", "began")
    said = []
    assert clean(work, lambda _text: os.rename(path, f"{work}/x") or True, said.append, dry_run=False) == 0


def test_names_and_commands_are_fit_to_show(work, capfd, monkeypatch):
    monkeypatch.setattr("sys.argv", ["st-run", "-input", "s3://key:secret@bucket/x", "\x1b[31m"])
    leave(f"{work}\x1b", "out", "began")
    clean(f"{work}\x1b", yes, print, dry_run=True)
    told = capfd.readouterr().out
    assert "\x1b" not in told and "secret" not in told and "s3://***@bucket/x" in told


def test_another_place(work, monkeypatch):
    monkeypatch.setenv("TMPDIR", work)
    path = leave(work, "out", "began")
    assert [found.path for found in find_left(work)[0]] == [path]
    assert clean(None, yes, print, dry_run=False) == 0 and os.listdir(work) == []


def test_the_command(shell, work):
    """A job that fails leaves its failed task; --clean says whose it is."""
    shell("printf 'a\\n' > in")
    failed = shell(f"st-run --work-dir {work} -input in -output out -mapper false -reducer NONE")
    assert failed.returncode == 1
    listed = shell(f"st-run --clean --work-dir {work} --dry-run")
    assert b"1 failed task for --replay\n" in listed.stdout
    assert f"st-run --work-dir {work} -input in -output out -mapper false".encode() in listed.stdout
    assert listed.stderr.startswith(b"st-run: 1 directory, ") and len(os.listdir(work)) == 1
    removed = shell(f"st-run --clean --work-dir {work}")
    assert (removed.returncode, removed.stdout) == (0, listed.stdout) or removed.stdout.count(b"\n") == 2
    assert removed.stderr.startswith(b"st-run: removed 1 directory, ") and os.listdir(work) == []
    misused = shell(f"st-run --clean --work-dir {work} -input in")
    assert misused.returncode == os.EX_USAGE and b"--clean: stands alone" in misused.stderr
