"""streamtools.local.tasks.workers: work in forked processes, its outcome however it ends."""

import os
import select
import signal
import sys
import time

import pytest

from streamtools.errors import DataError
from streamtools.local.counters import Counters
from streamtools.local.stages.descendants import adopt_orphans
from streamtools.local.tasks.outcome import Done, Failed
from streamtools.local.tasks.workers import Workers


def done(records=0):
    return Done(Counters({("group", "name"): 1}), None, records, 0)


def outcomes(*works, jobs=2):
    workers = Workers(jobs)
    for number, work in enumerate(works):
        workers.submit(number, work)
    return {answer.number: answer.outcome for answer in workers.answers()}


def test_outcomes_come_from_other_processes():
    found = outcomes(lambda: done(os.getpid()), lambda: done(os.getpid()))
    assert len({outcome.records for outcome in found.values()} | {os.getpid()}) == 3
    assert found[0].counters["group", "name"] == 1


def raise_error(error):
    raise error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DataError("in", "is damaged", "fetch it again"), "in: is damaged; fetch it again"),
        (FileNotFoundError(2, "No such file or directory", "in"), "in: no such file or directory"),
        (MemoryError(), "out of memory; lower --memory or --jobs, or raise the limit of the process (ulimit -v)"),
    ],
)
def test_an_expected_error_is_a_failure(error, reason):
    failed = outcomes(lambda: raise_error(error))[0]
    assert isinstance(failed, Failed) and failed.reason == reason


def test_a_killed_process_is_a_failure_of_its_own():
    failed = outcomes(lambda: os.kill(os.getpid(), signal.SIGKILL))[0]
    assert (failed.error, failed.signal) == (None, signal.SIGKILL)
    assert "was killed by SIGKILL" in failed.reason


def test_a_mistake_of_ours_is_shown_in_full(capfd):
    failed = outcomes(lambda: raise_error(ZeroDivisionError("a mistake")))[0]
    assert "its process ended without an answer" in failed.reason
    assert "Traceback" in capfd.readouterr().err


def test_a_large_outcome_passes_through_the_pipe():
    large = Done(Counters({("group", str(number)): number for number in range(20_000)}), None, 0, 0)
    assert outcomes(lambda: large)[0] == large


LEAVES_ONE_IN_ITS_OWN_SESSION = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    os.write(int(sys.argv[1]), b"x")
    time.sleep(600)
os.read(int(sys.argv[2]), 1)
"""


def has_ended_everywhere(reading):
    ready, _, _ = select.select([reading], [], [], 20)
    return bool(ready) and os.read(reading, 1) == b""


@pytest.mark.parametrize("end", ["of the work", "by a kill of the worker", "by a kill of the main process"])
def test_a_grandchild_in_its_own_session_ends_with_its_worker(end):
    """A pipe tells when the last process is gone that holds its other side."""
    reading, writing = os.pipe()
    gate, release = os.pipe()

    def work():
        from subprocess import Popen

        adopt_orphans()
        words = [sys.executable, "-c", LEAVES_ONE_IN_ITS_OWN_SESSION, str(writing), str(gate)]
        child = Popen(words, pass_fds=[writing, gate])
        if end == "of the work":
            child.wait()
            return done()
        while True:
            time.sleep(600)

    main = os.fork()
    if main == 0:
        try:
            workers = Workers(2)
            for number in range(2):  # the younger one inherits what belongs to the older
                workers.submit(number, work)
            answers = workers.answers()
            if end == "by a kill of the worker":
                workers.tick = lambda: os.read(gate, 1) and answers_are_to_end()
            list(answers)
        finally:
            os._exit(0)
    for pipe in (writing, gate):
        os.close(pipe)
    try:
        assert os.read(reading, 1) == os.read(reading, 1) == b"x"
        if end == "by a kill of the main process":
            os.kill(main, signal.SIGKILL)
        else:
            os.write(release, b"xxx")  # one byte for each that may read it
        assert has_ended_everywhere(reading)
    finally:
        os.kill(main, signal.SIGKILL)
        os.waitpid(main, 0)
        os.close(reading)
        os.close(release)


def answers_are_to_end():
    raise KeyboardInterrupt


def test_children_of_a_worker_end_with_it():
    reading, writing = os.pipe()

    def leave_a_child():
        from subprocess import Popen

        Popen([sys.executable, "-c", "import time; time.sleep(60)"], pass_fds=[writing])
        return done()

    try:
        outcomes(leave_a_child)
        os.close(writing)
        ready, _, _ = select.select([reading], [], [], 10)
        assert ready and os.read(reading, 1) == b""  # the end: no process holds the other side any more
    finally:
        os.close(reading)
