"""Progress: a line on a terminal that is gone at the end, nothing elsewhere; events for those who show it otherwise."""

import os
import pty
import re
import select
import subprocess
import time

import pytest
from places import BIN

from streamtools.cli.live import line
from streamtools.job import build_job, parse
from streamtools.local import Settings, run
from streamtools.local.reporting.progress import Progress, Side

LINES = [  # progress, what is shown
    (Progress(Side(total=2), Side(total=1)), "map   0% (0/2)  reduce   0% (0/1)"),
    (Progress(Side(total=2), Side()), "map   0% (0/2)"),
    (
        Progress(Side(1, 4, 25_000_000, 100_000_000, 3_000, 2.0), Side(total=1)),
        "map  25% (1/4)  reduce   0% (0/1)  maps end in 6.00 s  25.0 MB  1,500 records/s",
    ),
    (
        Progress(Side(4, 4, 10, 10), Side(0, 1, 50, 100, 4, 1.0)),
        "map 100% (4/4)  reduce  50% (0/1)  reduces end in 1.00 s  50 B  4 records/s",
    ),
    (Progress(Side(), Side(total=1)), "map   0% (0/0)  reduce   0% (0/1)"),
]


@pytest.mark.parametrize(("progress", "shown"), LINES)
def test_the_line(progress, shown):
    assert line(progress) == shown


def on_terminal(*words: str) -> tuple[int, bytes]:
    """The status of st-run, and what a terminal gets that is its stderr."""
    ours, its = pty.openpty()
    process = subprocess.Popen([str(BIN / "st-run"), *words], stdout=subprocess.DEVNULL, stderr=its)
    os.close(its)
    told = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and select.select([ours], [], [], 60)[0]:
        try:
            piece = os.read(ours, 1 << 16)
        except OSError:  # what Linux gives at the end of a terminal
            break
        if not piece:
            break
        told += piece
    os.close(ours)
    return process.wait(timeout=60), told


def shown(told: bytes) -> list[bytes]:
    """The lines that a terminal shows in the end."""
    return [re.split(rb"\r\x1b\[K", line)[-1] for line in told.replace(b"\r\n", b"\n").split(b"\n")]


SLOW = "sh -c 'cat; echo a word >&2; sleep 0.5'"


def test_on_a_terminal_it_is_shown_and_wiped(folder):
    (folder / "in").write_text("b\na\n")
    status, told = on_terminal("-input", "in", "-output", "out", "-mapper", SLOW, "-reducer", "cat")
    assert status == 0
    assert re.search(rb"\r\x1b\[Kmap +\d+% \(0/1\)  reduce +0% \(0/1\)", told)
    assert re.search(rb"map 100% \(1/1\)  reduce 100% \(1/1\)", told)
    assert shown(told)[0] == b"a word"
    assert not any(b"%" in line for line in shown(told))


def test_quiet_is_quiet(folder):
    (folder / "in").write_text("b\na\n")
    assert on_terminal("-input", "in", "-output", "out", "-mapper", SLOW, "--quiet") == (0, b"a word\r\n")


def test_events(folder):
    """Tasks as they end, and what running ones have read."""
    lines = b"".join(b"%07d\n" % n for n in range(300_000))
    (folder / "in").write_bytes(lines)
    told: list[Progress] = []
    words = ["-D", "fs.local.block.size=800000", "-D", "mapreduce.job.reduces=2", "-input", "in", "-output", "out"]
    job = build_job(parse([*words, "-mapper", "cat", "-reducer", "cat"]))
    assert run(job, Settings(jobs=1, progress=told.append), lambda paths: None).succeeded
    maps, reduces = told[-1]
    assert (maps.done, maps.total, maps.given, maps.size) == (3, 3, len(lines), len(lines))
    assert (reduces.done, reduces.total) == (2, 2)
    assert reduces.given == reduces.size > len(lines)
    assert abs(maps.records - 300_000) < 3000 and abs(reduces.records - 300_000) < 3000
    fractions = [each.maps.fraction for each in told]
    assert fractions == sorted(fractions)
    assert {each.maps.done for each in told} >= {0, 3}


def test_failures_are_told_as_data(folder):
    (folder / "in").write_text("b\n")
    failures = []
    settings = Settings(failed=failures.append, say=lambda text: None, job_id="7_0001")
    words = ["-D", "mapreduce.map.maxattempts=2", "-input", "in", "-output", "out", "-mapper", "sh -c 'exit 3'"]
    assert not run(build_job(parse(words)), settings, lambda paths: None).succeeded
    assert [failure.attempt for failure in failures] == [f"attempt_7_0001_m_000000_{tried}" for tried in (0, 1)]
    assert "subprocess failed with code 3" in failures[1].told
    assert [len(failure.commands) for failure in failures] == [1, 2]  # kept for a replay when it is for good
