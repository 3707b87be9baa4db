"""streamtools.local.monitor: what a run that a signal ends tells, and warnings about memory."""

import os
import signal
import subprocess
import time

import pytest
from places import BIN

from streamtools.job import build_job, parse
from streamtools.local import Console, Settings
from streamtools.local.input.split import Split
from streamtools.local.monitor import Monitor
from streamtools.local.reporting.history import History
from streamtools.local.tasks.task import Task

MAPS = [Task(True, number, "", Split("in", number, 1)) for number in range(3)]


@pytest.mark.parametrize(
    ("output", "told"), [("out", ""), ("-", "; nothing is kept, as the results were to go to stdout")]
)
def test_a_stopped_run_tells_what_is_done(output, told):
    said: list[str] = []
    job = build_job(parse(["-input", "in", "-output", output, "-mapper", "cat", "-reducer", "cat"]), stdout=True)
    monitor = Monitor(job, Settings(console=Console(say=said.append)), History(), 0.0)
    monitor.tell_stopped()
    monitor.begin(MAPS)
    monitor.end(MAPS[1])
    monitor.tell_stopped()
    assert said == [f"stopped; done: nothing{told}", f"stopped; done: 1 of 3 map tasks{told}"]


WAITS = "#!/bin/sh\n[ $mapreduce_task_partition = 0 ] && exec cat\ntouch begun\nexec sleep 60\n"


def test_ctrl_c_tells_what_is_done_and_how_to_go_on(folder):
    (folder / "in").write_text("aaa\nbbb\n")
    (folder / "m.sh").write_text(WAITS)
    words = ["-D", "fs.local.block.size=4", "-input", "in", "-output", "out", "-mapper", "sh m.sh", "-reducer", "cat"]
    with subprocess.Popen([BIN / "st-run", *words, "--jobs", "1"], stderr=subprocess.PIPE, text=True) as process:
        while not os.path.exists("begun"):
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "st-run: stopped; done: 1 of 2 map tasks\n" in told
    assert "continue with the same command and --resume" in told
