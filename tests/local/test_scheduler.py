"""streamtools.local.scheduler: tasks are tried again until they succeed or have failed often enough."""

import os
import time
from itertools import pairwise
from pathlib import Path

import pytest

from streamtools.errors import DataError
from streamtools.local.counters import Counters
from streamtools.local.scheduler import run_tasks
from streamtools.local.tasks.outcome import Done, Failed
from streamtools.local.tasks.task import Task

TASKS = [Task(is_map=True, number=number, fingerprint="") for number in range(3)]
DONE = Done(Counters(), None, 0, 0)


def fail_at_first(trial):
    """Fail the first attempt at task 0, and all attempts at task 1."""
    if trial.task.number == 1 or (trial.task.number == 0 and trial.number == 0):
        return Failed(DataError("place", "a problem", ""))
    return DONE


def test_a_failed_task_is_tried_again():
    ended = list(run_tasks(TASKS, fail_at_first, tries=3, jobs=2, tick=None))
    attempts = sorted((e.trial.task.number, e.trial.number, isinstance(e.outcome, Done)) for e in ended)
    assert attempts == [(0, 0, False), (0, 1, True), (1, 0, False), (1, 1, False), (1, 2, False), (2, 0, True)]
    assert [e.trial.number for e in ended if e.trial.is_last] == [2]
    assert all(e.start <= e.end for e in ended)


def test_no_more_than_so_many_run_at_a_time():
    ended = list(run_tasks(TASKS, lambda trial: time.sleep(0.05) or DONE, tries=1, jobs=1, tick=None))
    assert [e.trial.task.number for e in ended] == [0, 1, 2]
    assert all(before.end <= after.start for before, after in pairwise(ended))


def test_what_still_runs_is_killed_when_nobody_waits_any_more(tmp_path: Path):
    def run(trial):
        if trial.task.number:
            (tmp_path / "pid").write_text(str(os.getpid()))
            time.sleep(60)
        while not (tmp_path / "pid").exists():
            time.sleep(0.01)
        return DONE

    attempts = run_tasks(TASKS[:2], run, tries=1, jobs=2, tick=None)
    assert next(attempts).trial.task.number == 0
    attempts.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
