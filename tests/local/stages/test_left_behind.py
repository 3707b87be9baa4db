"""streamtools.local.stages.left_behind and streamtools.local.stages.pump: children that outlive their command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streamtools.local.stages.left_behind import Holders
from streamtools.local.stages.process import CommandFailed, Rules, run
from streamtools.local.stages.program import find_program

pytestmark = pytest.mark.skipif(not os.path.exists("/proc/self/fdinfo"), reason="finds processes in /proc")

STUCK = "exec sleep 1000"
WRITES_LATE = "sleep 0.3; echo late"
WORKS = f"{sys.executable} -c 'import time; start = time.process_time()\nwhile time.process_time() < start + 1.5: pass'"


def run_leaving(child: str, rules: Rules = Rules(), stdin=()):  # noqa: B008  a tuple
    """Run a command that echoes its input and leaves a child behind; return what it printed and what was told."""
    told = []
    program = find_program("bash leaving.sh", os.environ["PATH"])
    Path("leaving.sh").write_text(f"({child}) &\ncat\n")
    return b"".join(run("mapper", program, os.environ, stdin, told.extend, rules)), b"\n".join(told)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("child", "printed"),
    [(STUCK, b""), (f"{STUCK} 2>log", b""), (f"{STUCK} >log", b""), (f"echo early; {STUCK}", b"early\n")],
)
def test_an_idle_child_is_ended_and_named(child, printed):
    found, told = run_leaving(child)
    assert found == printed
    assert told.startswith(b"ended `sleep 1000`, which the mapper had left behind; let it wait")


@pytest.mark.parametrize("child", [WRITES_LATE, pytest.param(f"{WORKS}; echo late", marks=pytest.mark.slow)])
def test_a_child_that_works_is_waited_for(child):
    assert run_leaving(child) == (b"late\n", b"")


@pytest.mark.slow
def test_a_child_whose_helper_works_is_waited_for():
    """Only `cat` holds our pipe, and does nothing: what it waits for works."""
    assert run_leaving(f"{WORKS} 2>log | cat 2>log") == (b"", b"")


@pytest.mark.slow
def test_a_child_that_works_for_too_long_is_a_task_that_times_out():
    with pytest.raises(CommandFailed, match=r"no sign of life for 0\.5 seconds"):
        run_leaving(f"{WORKS}; {WORKS}", Rules(timeout=0.5))


@pytest.mark.parametrize(("delay", "found"), [(0.05, b""), (20, b"late\n")])
def test_the_join_delay_of_the_job_decides(delay, found):
    assert run_leaving(WRITES_LATE, Rules(join_delay=delay))[0] == found


def test_all_input_is_fed_while_the_command_runs():
    blocks = [b"line\n" * 50_000] * 3
    assert run_leaving("sleep 0.1", stdin=blocks) == (b"".join(blocks), b"")


@pytest.mark.slow
def test_a_command_that_runs_on_with_its_pipes_closed_times_out():
    program = find_program("bash -c 'exec <&- >&- 2>&-; exec sleep 1000'", os.environ["PATH"])
    with pytest.raises(CommandFailed, match=r"no sign of life for 0\.2 seconds"):
        list(run("mapper", program, os.environ, (), print, Rules(timeout=0.2)))


def test_who_holds_a_pipe():
    ours, theirs = os.pipe()
    with subprocess.Popen(["sleep", "1000"], stdout=theirs) as process:
        holders = Holders([ours])
        assert holders.find() == sorted([os.getpid(), process.pid])
        os.close(theirs)
        assert holders.find() == [process.pid]  # our own end is one to read from
        assert holders.kill() == ["sleep 1000"]
    os.close(ours)
