"""streamtools.local.recovery.state: records of finished tasks, believed only while they hold."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import time

import pytest

from streamtools.job import Refused
from streamtools.local.counters import Counters
from streamtools.local.recovery.state import forget, open_state
from streamtools.local.tasks.outcome import Done
from streamtools.local.tasks.task import Task

COMMAND = os.path.basename(sys.argv[0])
DONE = Done(Counters({("G", "n"): 3}), None, 5, 7)


def task(number=0, fingerprint="print", is_map=True):
    return Task(is_map, number, fingerprint)


@pytest.fixture
def said():
    return []


@pytest.fixture
def opened(tmp_path, said):
    return lambda: open_state("out", str(tmp_path / "work"), said.append)


@pytest.fixture
def kept(opened, tmp_path):
    """A run that has finished map task 0 with a file of three bytes."""
    (tmp_path / "file").write_bytes(b"abc")
    with opened() as state:
        state.keep(task(), DONE, [str(tmp_path / "file")])
    return tmp_path / "file"


def test_a_finished_task_is_found_again(opened, kept, said):
    with opened() as state:
        assert state.done([task(), task(1)]) == [DONE, None]
        assert state.files == {str(kept)}
    assert "1 finished tasks kept" in said[0]


@pytest.mark.parametrize("change", ["fingerprint", "size", "gone", "damaged"])
def test_a_record_that_does_not_hold_is_removed_with_its_files(opened, kept, change):
    if change == "size":
        kept.write_bytes(b"abcd")
    elif change == "gone":
        kept.unlink()
    with opened() as state:
        record = os.path.join(state.directory, "map-000000.done")
        if change == "damaged":
            with open(record, "wb") as file:
                file.write(b"damaged")
        assert state.done([task(fingerprint="other" if change == "fingerprint" else "print")]) == [None]
        assert not os.path.exists(record)
        assert kept.exists() == (change == "damaged")


def test_a_record_copied_over_that_of_another_task_is_dropped_and_removes_nothing(opened, kept):
    """Believed it was not before either, but the file of the task that it is of went away with it."""
    with opened() as state:
        first, second = (os.path.join(state.directory, f"map-00000{number}.done") for number in (0, 1))
        shutil.copy(first, second)
        assert state.done([task(), task(1)]) == [DONE, None]
        assert kept.exists() and not os.path.exists(second)


def test_a_finished_task_shows_as_well_that_the_output_directory_is_ours(opened, kept):
    with opened() as state:
        assert not os.path.exists(os.path.join(state.directory, "began"))
        assert state.began
        os.unlink(os.path.join(state.directory, "map-000000.done"))
        assert not state.began


def test_maps_and_reduces_are_kept_apart(opened, kept):
    with opened() as state:
        assert state.done([task(is_map=False)]) == [None]
        assert state.done([task()]) == [DONE]


def test_a_run_that_is_refused_removes_nothing(opened, kept):
    with pytest.raises(Refused), opened():
        raise Refused("the output directory exists")
    with opened() as state:
        assert state.done([task()]) == [DONE]
        os.unlink(os.path.join(state.directory, "map-000000.done"))
        state.begin()
    with opened() as state:
        assert state.began  # killed before its first task had ended


def test_without_resume_all_is_removed_and_said(opened, kept, said):
    with opened() as state:
        state.prepare(resume=False, say=said.append)
        assert state.count() == 0 and state.done([task()]) == [None]
    assert "removed 1 finished tasks of an earlier run; --resume would keep them" in said[1]


def test_a_second_run_is_refused_while_the_first_goes_on(opened):
    with opened(), pytest.raises(Refused, match="another st-run is still writing it"), opened():
        pass


def test_the_refusal_names_the_process_that_holds_the_lock(opened):
    with opened(), pytest.raises(Refused, match=rf"\(process {os.getpid()}: {re.escape(COMMAND)}"), opened():
        pass


def test_the_processes_of_a_killed_run_are_waited_for(opened, monkeypatch):
    """The lock is held by another descriptor, as by a worker, and recorded for a process that has ended."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    with opened() as state:
        directory = state.directory
    os.mkdir(directory)
    holder = os.open(os.path.join(directory, "lock"), os.O_RDWR | os.O_CREAT)
    os.write(holder, b"%d" % ended.pid)
    fcntl.flock(holder, fcntl.LOCK_EX)
    tried = []

    def let_go(seconds):
        tried.append(seconds)
        os.close(holder)

    monkeypatch.setattr(time, "sleep", let_go)
    with opened():
        assert len(tried) == 1


def test_nothing_is_left_of_a_job_that_succeeded(opened, tmp_path):
    with opened() as state:
        state.begin()
        assert state.began
        forget(state)
    assert os.listdir(tmp_path / "work") == []


def test_other_outputs_have_other_directories(tmp_path, said):
    work = str(tmp_path)
    with open_state("out", work, said.append) as one, open_state("out2", work, said.append) as two:
        assert one.directory != two.directory
