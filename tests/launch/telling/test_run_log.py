"""launch/telling/run_log.py and run_list.py: the runs of this user in a file that stays small; st-run --history."""

import os
from multiprocessing.pool import ThreadPool

import pytest

from streamtools.launch.telling import run_log
from streamtools.launch.telling.run_list import describe_runs, read_runs
from streamtools.launch.telling.run_log import RunLog, log_path


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("TZ", "UTC")


def test_runs_are_listed_with_state_and_report(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    RunLog("st-run -input a").end("succeeded", 3_000_000)
    RunLog("st-run -input b", "page.html").end("failed", 0)
    RunLog("st-run -input c")
    runs = read_runs()
    assert [(run.state, run.size, run.report) for run in runs] == [
        ("succeeded", 3_000_000, ""),
        ("failed", 0, f"{tmp_path}/page.html"),
        ("running", 0, ""),
    ]
    first, second, page, third = describe_runs(runs)
    assert "  succeeded  " in first and "  3.0 MB  st-run -input a" in first
    assert "  failed  " in second and page.split() == ["report:", f"{tmp_path}/page.html"]
    assert "  running  " in third


def test_a_run_whose_process_is_gone_was_stopped(monkeypatch):
    monkeypatch.setattr(run_log.os, "getpid", lambda: 1 << 22)  # above the largest number of a process
    RunLog("st-run")
    assert [run.state for run in read_runs()] == ["stopped"]


def test_no_secret_is_kept():
    RunLog("st-run -input https://ann:SECRET@host/x?sig=SECRET")
    with open(log_path(), "rb") as file:
        assert b"SECRET" not in file.read()
    assert os.stat(log_path()).st_mode & 0o077 == 0


def test_the_file_stays_small(monkeypatch):
    monkeypatch.setattr(run_log, "MOST_BYTES", 5_000)
    for number in range(100):
        RunLog(f"st-run {number}").end("succeeded", number)
    runs = read_runs()
    assert os.path.getsize(log_path()) < 5_500
    assert runs[-1].command == "st-run 99" and 10 < len(runs) < 60
    assert [run.size for run in runs] == list(range(100 - len(runs), 100))


def test_runs_at_once_lose_no_line():
    with ThreadPool(4) as pool:
        pool.map(lambda number: RunLog(f"st-run {number}"), range(40))
    assert sorted(run.command for run in read_runs()) == sorted(f"st-run {number}" for number in range(40))


def test_what_is_damaged_is_passed_over():
    RunLog("st-run one")
    with open(log_path(), "ab") as file:
        file.write(b"('started', \nnonsense\n(1,)\n\xff\n")
    RunLog("st-run two")
    assert [run.command for run in read_runs()] == ["st-run one", "st-run two"]


def test_a_state_directory_that_cannot_be_written_does_not_matter(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    RunLog("st-run").end("failed", 0)
    assert read_runs() == []


def test_a_job_is_in_the_history(shell, tmp_path):
    ended = shell(
        "echo a > in; st-run -input in -output out -mapper cat --quiet --report p.html; st-run -input in -output out "
        "-mapper cat; st-run --history",
        XDG_STATE_HOME=str(tmp_path / "s"),
    )
    assert ended.returncode == 0
    done, page, refused = ended.stdout.decode().splitlines()
    assert "  succeeded  " in done and "  2 B  st-run -input in -output out -mapper cat --quiet" in done
    assert page.endswith(f"report: {tmp_path}/p.html") and "  failed  " in refused
