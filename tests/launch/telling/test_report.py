"""The report of a run: there while the job runs, whole at any time, and at the end it tells how the run has ended."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from places import BIN

from streamtools.launch.telling import report
from streamtools.launch.telling.report import ReportPage
from streamtools.local.reporting.history import History

WAITS = "#!/bin/sh\ncat\nwhile [ ! -e go ]; do sleep 0.01; done\n"


@pytest.fixture
def running(folder):
    """Starts a job whose mapper waits; gives it when its page is there."""
    (folder / "in").write_text("a\nb\n")
    (folder / "m.sh").write_text(WAITS)
    words = ["-input", "in", "-output", "out", "-mapper", "sh m.sh", "-reducer", "cat", "--report", "page.html"]
    with subprocess.Popen([BIN / "st-run", *words], stderr=subprocess.PIPE, text=True) as process:
        while not os.path.exists("page.html"):
            assert process.poll() is None
            time.sleep(0.005)
        yield process
        process.kill()


def test_the_page_is_there_while_the_job_runs(running):
    told = Path("page.html").read_text()
    assert "<span class=running>running</span>" in told and told.endswith("</html>\n")
    assert "map task 0" in told and 'http-equiv="refresh"' in told
    Path("go").touch()
    _, said = running.communicate(timeout=60)
    assert running.returncode == 0, said
    told = Path("page.html").read_text()
    assert "<span class=succeeded>succeeded</span>" in told and "reduce task 0" in told and "http-equiv" not in told
    assert sorted(os.listdir()) == ["go", "in", "m.sh", "out", "page.html"]


def test_the_page_of_a_run_that_a_signal_ends_says_so(running):
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    assert running.returncode == 130
    assert "<span class=failed>stopped</span>" in Path("page.html").read_text()


def test_it_is_written_again_after_a_while_and_never_when_it_is_expensive(folder, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(report.time, "monotonic", lambda: clock[0])
    page = ReportPage("page.html", "st-run")
    page.show(History())
    os.unlink("page.html")
    for clock[0], is_there in ((101.9, False), (102.1, True)):
        page.show(History())
        assert os.path.exists("page.html") == is_there


def test_a_job_that_is_refused_leaves_a_page_with_the_reason(shell, tmp_path):
    ended = shell("st-run --report page.html -input none -output out -mapper cat")
    assert ended.returncode == 5
    assert f"Input path does not exist: file:{tmp_path}/none" in (tmp_path / "page.html").read_text()
