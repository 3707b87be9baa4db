"""What is seen of the processes of running tasks: memory, silence, and those that take more than they may."""

import os
import subprocess
import sys

import pytest
from places import BIN

from streamtools.job import build_job, parse
from streamtools.local import Console, Settings, run
from streamtools.local.stages.process_tree import read_tree
from streamtools.local.tasks import observer
from streamtools.local.tasks.observer import Observer, Running
from streamtools.local.tasks.task import Task

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="/proc tells what processes take")

HUNGRY = """import sys
held = bytearray(b"x") * 150_000_000
for line in sys.stdin:
    print(line, end="")
import time
time.sleep(60)
"""
WAITS = "import sys\nopen('go').read()\nsys.stdout.writelines(sys.stdin)\n"


def run_watched(say, script: str, **settings: int) -> bool:
    with open("m.py", "w") as file:
        file.write(script)
    with open("in", "w") as file:
        file.write("a\nb\n")
    job = build_job(parse(["-input", "in", "-output", "out", "-mapper", f"{sys.executable} m.py"]))
    return run(job, Settings(console=Console(say=say), **settings), lambda paths: None).succeeded


def test_a_task_that_hangs_is_told_once(folder, monkeypatch):
    monkeypatch.setattr(observer, "INTERVAL", 0.05)
    monkeypatch.setattr(observer, "SILENCE", (0.3, 600.0))
    said: list[str] = []

    def say(text: str) -> None:
        if text.startswith("no record"):  # not of what the script reads
            said.append(text)
            (folder / "go").write_text("go on")

    os.mkfifo("go")
    assert run_watched(say, WAITS)
    (told,) = said
    assert told.startswith("no record for 0 s in map task 0 (") and "m.py, pid " in told
    assert told.endswith("): it waits for something")


def test_a_task_that_takes_too_much_memory_is_ended_and_kept(folder):
    said: list[str] = []
    assert not run_watched(said.append, HUNGRY, task_memory=100_000_000)
    first, *rest = said
    assert first.startswith(f"map task 0 on {folder}/in, bytes 0 to 4 failed: its processes took ")
    assert "MB, more than --task-memory 100 MB; raise it, or let the task keep less in memory" in first
    assert any("st-run --replay" in line for line in rest)


def test_a_program_that_takes_more_than_the_memory_of_all_is_told(folder):
    """By a process of its own: the peak of a program counts only above that of the process that has started it."""
    (folder / "m.py").write_text(HUNGRY.replace("import time\ntime.sleep(60)\n", ""))
    (folder / "in").write_text("a\nb\n")
    words = ["--memory", "64000000", "-input", "in", "-output", "out", "-mapper", f"{sys.executable} m.py"]
    done = subprocess.run([sys.executable, BIN / "st-run", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (told,) = [line for line in done.stderr.splitlines() if " took " in line]
    assert "m.py took " in told and "; --memory 64.0 MB bounds st-run's own work and not your programs; " in told


def test_the_time_between_two_remarks_grows(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(observer.time, "monotonic", lambda: clock[0])
    said: list[str] = []
    watching = Observer(said.append, lambda task: "m.py")
    running = [Running(Task(True, 3, ""), 0, os.getpid())]
    state = read_tree(os.getpid())[0]._replace(moved=5, cpu=7)
    monkeypatch.setattr(observer, "read_tree", lambda process: [state])
    for clock[0] in range(10, 10_000, 10):
        watching.look(running)
    assert [line.split(" in ")[0] for line in said] == [
        f"no record for {seconds} s" for seconds in (30, 600, 3600, 7200)
    ]
    state = state._replace(moved=6)
    clock[0] = 10_001.0
    watching.look(running)
    assert len(said) == 4 and watching.memory == state.memory == watching.peak(Task(True, 3, ""), 0)


@pytest.mark.parametrize("share, said", [(0.01, "it waits for something"), (0.5, "it uses the CPU")])
def test_a_remark_says_whether_the_command_works(monkeypatch, share, said):
    clock = [0.0]
    monkeypatch.setattr(observer.time, "monotonic", lambda: clock[0])
    remarks: list[str] = []
    watching = Observer(remarks.append, lambda task: "m.py")
    state = read_tree(os.getpid())[0]
    monkeypatch.setattr(
        observer, "read_tree", lambda process: [state._replace(moved=5, cpu=int(clock[0] * share * observer.TICKS))]
    )
    for clock[0] in (10.0, 50.0):
        watching.look([Running(Task(True, 3, ""), 0, os.getpid())])
    assert [remark.partition("): ")[2] for remark in remarks] == [said]


def test_the_tree_of_a_process_holds_its_children():
    with subprocess.Popen(["sh", "-c", "sleep 60 & echo; wait"], stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline() == b"\n"
        tree = read_tree(process.pid)
        subprocess.run(["kill", *(str(state.process) for state in tree)], check=True)
    assert tree[0].process == process.pid and len(tree) == 2
    assert tree[0].memory > 100_000 and tree[0].moved
    assert read_tree(process.pid) == []
