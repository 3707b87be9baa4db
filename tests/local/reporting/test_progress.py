"""Progress: bars on a terminal that are gone at the end, nothing elsewhere; events for those who show it otherwise."""

import os
import pty
import re
import select
import subprocess
import time

import pytest
from encoded_files import COMPRESS
from places import BIN

from streamtools.job import build_job, parse
from streamtools.local import Console, Settings, run
from streamtools.local.reporting.progress import JobProgress, Phase

PHASES = [  # progress of a phase, its fraction
    (Phase(), 0.0),
    (Phase(total=2), 0.0),
    (Phase(1, 4, 25, 100), 0.25),
    (Phase(1, 4), 0.25),  # by tasks, where no sizes are known
    (Phase(4, 4, 10, 100), 1.0),
]


@pytest.mark.parametrize(("phase", "fraction"), PHASES)
def test_the_fraction_of_a_phase(phase, fraction):
    assert phase.fraction == fraction


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
    screen: list[bytearray] = [bytearray()]
    row = column = 0
    for control, text in re.findall(rb"(\r\x1b\[J|\x1b\[\d*A|\r|\n)|([^\r\n\x1b]+|\x1b\[[\d;]*m)", told):
        if control == b"\n":
            row += 1
            screen += [bytearray()] * (row + 1 - len(screen))
        elif control.endswith(b"A"):
            row -= int(control[2:-1])
        elif control.endswith(b"J"):
            column, screen[row:] = 0, [bytearray()]
        elif control:
            column = 0
        elif not text.startswith(b"\x1b"):
            screen[row] = screen[row][:column].ljust(column) + text + screen[row][column + len(text) :]
            column += len(text)
    return [bytes(line).rstrip() for line in screen]


SLOW = "sh -c 'cat; echo a word >&2; sleep 2'"
QUICK = "sh -c 'cat; echo a word >&2'"


def test_on_a_terminal_bars_are_shown_and_cleared(folder):
    (folder / "in").write_text("b\na\n")
    status, told = on_terminal("-input", "in", "-output", "out", "-mapper", SLOW, "-reducer", "cat")
    assert status == 0
    plain = re.sub(rb"\x1b\[[\d;]*m", b"", told)
    assert re.search(
        rb"\r\x1b\[Jmap +\S+ +\d+%.*4/4 bytes.*\r\n"
        rb" +1 running, 0 of 1 maps and 0 of 1 reduces done, .*\x1b\[1A\r",
        plain,
    )
    assert shown(told)[0] == b"a word"
    assert not any(b"%" in line for line in shown(told))


def test_quiet_is_quiet(folder):
    (folder / "in").write_text("b\na\n")
    assert on_terminal("-input", "in", "-output", "out", "-mapper", SLOW, "--quiet") == (0, b"a word\r\n")


def test_a_short_run_shows_no_bars(folder):
    (folder / "in").write_text("b\na\n")
    _, told = on_terminal("-input", "in", "-output", "out", "-mapper", QUICK)
    assert b"running" not in told and b"a word\r\n" in told


def test_events(folder):
    """Tasks as they end, and what running ones have read."""
    lines = b"".join(b"%07d\n" % n for n in range(300_000))
    (folder / "in").write_bytes(lines)
    told: list[JobProgress] = []
    words = ["-D", "fs.local.block.size=800000", "-D", "mapreduce.job.reduces=2", "-input", "in", "-output", "out"]
    job = build_job(parse([*words, "-mapper", "cat", "-reducer", "cat"]))
    assert run(job, Settings(jobs=1, console=Console(progress=told.append)), lambda paths: None).succeeded
    maps, reduces = told[-1].maps, told[-1].reduces
    assert (maps.done, maps.total, maps.given, maps.size) == (3, 3, len(lines), len(lines))
    assert (reduces.done, reduces.total) == (2, 2)
    assert reduces.given == reduces.size > len(lines)
    assert abs(maps.records - 300_000) < 3000 and abs(reduces.records - 300_000) < 3000
    fractions = [each.maps.fraction for each in told]
    assert fractions == sorted(fractions)
    assert {each.maps.done for each in told} >= {0, 3}


@pytest.mark.parametrize("format", ["gz", "bz2", "xz", "zst"])
def test_progress_of_a_packed_input_moves_before_its_task_is_done(folder, format):
    (folder / f"in.{format}").write_bytes(COMPRESS[format](b"".join(b"%07d\n" % n for n in range(100_000))))
    told: list[JobProgress] = []

    def show(progress: JobProgress) -> None:
        told.append(progress)
        if progress.maps.given:
            (folder / "go").touch()

    waits = "sh -c 'while [ ! -e go ]; do sleep 0.01; done; cat'"
    job = build_job(parse(["-input", f"in.{format}", "-output", "out", "-mapper", waits]))
    assert run(job, Settings(jobs=1, console=Console(progress=show)), lambda paths: None).succeeded
    assert any(0 < each.maps.given <= each.maps.size and not each.maps.done and each.running for each in told)


def test_failures_are_told_as_data(folder):
    (folder / "in").write_text("b\n")
    failures = []
    settings = Settings(console=Console(failed=failures.append, say=lambda text: None), job_id="7_0001")
    words = ["-D", "mapreduce.map.maxattempts=2", "-input", "in", "-output", "out", "-mapper", "sh -c 'exit 3'"]
    assert not run(build_job(parse(words)), settings, lambda paths: None).succeeded
    assert [failure.attempt for failure in failures] == [f"attempt_7_0001_m_000000_{tried}" for tried in (0, 1)]
    assert "subprocess failed with code 3" in failures[1].summary
    assert [len(failure.commands) for failure in failures] == [1, 2]  # kept for a replay when it is for good
