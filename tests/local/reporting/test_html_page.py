"""The report of a run: what it tells, and that a browser shows it."""

import os
import re
import shutil
import struct
import subprocess
import zlib
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from streamtools.local.counters import FRAMEWORK
from streamtools.local.reporting import page_style
from streamtools.local.reporting.history import (
    Amount,
    AttemptRecord,
    History,
    InputFile,
    Problem,
    RunFacts,
    skew,
    slowest,
)
from streamtools.local.reporting.html_page import render_page
from streamtools.local.reporting.page_parts import MOST_LANES, make_timeline
from streamtools.local.reporting.progress import JobProgress, Phase
from streamtools.units import format_seconds, format_size

NOTHING_IS_MADE_IN_PROC = "permission denied" if os.geteuid() else "no such file or directory"
COMMAND = "st-run -input 'a<b>' -output out"
HISTORY = History(
    attempts=[
        AttemptRecord("map task 0", True, 0, "a<b>.tsv:0+100", 0.0, 2.0, Amount(10, 100), Amount(10, 50)),
        AttemptRecord(
            "map task 1", True, 0, "c.tsv:0+90", 0.0, 1.0, problem=Problem("exit status 1", ["Traceback <x>"])
        ),
        AttemptRecord("map task 1", True, 1, "c.tsv:0+90", 1.0, 2.5, Amount(9, 90), Amount(9, 45)),
        AttemptRecord("reduce task 0", False, 0, "partition 0", 2.5, 4.0, Amount(16, 80), Amount(2, 8)),
        AttemptRecord("reduce task 1", False, 0, "partition 1", 2.5, 3.0, Amount(3, 20), Amount(1, 2)),
    ],
    counters=Counter({("G", "<name>"): 5}),
    seconds=4.0,
    succeeded=True,
)


FACTS = RunFacts(COMMAND, 1_800_000_000.0, "a-host", "/a/directory", "1.2")


def page(histories=(("", HISTORY),), state: str = "succeeded", facts: RunFacts = FACTS) -> str:
    return render_page(list(histories), facts, state).decode()


class Checker(HTMLParser):
    """Gathers the text of a page, and what it would fetch from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.fetched: list[str] = []

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href")]
        if tag in ("link", "iframe"):
            self.fetched.append(tag)


def test_the_page_tells_everything_and_fetches_nothing():
    checker = Checker()
    checker.feed(page())
    told = "".join(checker.text)
    assert checker.fetched == []
    for fact in ("succeeded", "a<b>.tsv:0+100", "exit status 1", "Traceback <x>", "<name>", "1.60 times the mean"):
        assert fact in told
    for fact in (COMMAND, "2027-01-1", "a-host", "/a/directory", "1.2"):
        assert fact in told


def test_tasks_that_follow_each_other_share_a_lane_and_each_kind_has_its_own_scale():
    maps, reduces = re.findall(r"<div class=timeline>.*?</div></div>", page())
    assert [maps.count("<i "), maps.count("<div class=lane>"), reduces.count("<div class=lane>")] == [3, 2, 2]
    assert "<span>0.00 s</span>" in maps and "<span>2.50 s</span>" in maps
    assert "<span>2.50 s</span>" in reduces and "<span>4.00 s</span>" in reduces


def test_only_the_page_of_a_running_job_is_read_again():
    running = replace(
        HISTORY, progress=JobProgress(Phase(2, 3, 50, 100, 9, 2.0), Phase(0, 2), 1, 5), running=HISTORY.attempts[:1]
    )
    assert 'http-equiv="refresh"' in page([("", running)], "running") and "50 %, 2.00 s left" in page([("", running)])
    assert 'http-equiv="refresh"' not in page()


def test_counters_of_hadoop_that_are_0_are_left_out():
    told = page([("", replace(HISTORY, counters=Counter({(FRAMEWORK, "Spilled Records"): 0, ("Mine", "errors"): 0})))])
    assert "Spilled Records" not in told and "errors" in told


def test_failures_of_the_same_cause_are_one():
    problem = Problem("code 1", ["ValueError: x"], "kind", "in: line 3", "--skip-bad", ["st-run --replay DIR"])
    failed = [replace(HISTORY.attempts[1], name=f"map task {n}", problem=problem) for n in range(6)]
    told = page([("", History(failed))], "failed")
    assert told.count("<section class=failure>") == 1
    for fact in ("6 tasks: map task 0, attempt 1; ", "it failed on in: line 3", "--skip-bad", "st-run --replay DIR"):
        assert fact in told


def test_the_reason_of_a_job_that_did_not_start_is_told():
    told = page([], "failed", FACTS._replace(reason="Input path does not exist: <in>"))
    assert "Input path does not exist: &lt;in&gt;" in told
    assert "no interpreter" in page([("", History(reason="no interpreter"))], "failed")


def test_an_empty_history_is_a_page_too():
    assert "failed" in page([("", History())], "failed")


def test_a_page_of_several_steps_has_a_table_of_them_and_all_their_tasks():
    told = page([("step count", HISTORY), ("step <top>", History())], "failed")
    assert told.count("<h1 class=step>") == 2
    assert "<tr><td>step count<td>succeeded" in told
    assert "<tr><td>step &lt;top&gt;<td>failed" in told
    assert told.count("<h2>Maps over time</h2>") == 1


def test_the_page_of_very_many_tasks_stays_small():
    """The slowest are listed, and as many lanes are drawn as a screen holds."""
    tasks = [replace(HISTORY.attempts[0], name=f"map task {n}", end=1 + n / 1000) for n in range(5000)]
    assert len(page([("", replace(HISTORY, attempts=tasks))])) < 600_000
    timeline = make_timeline(tasks, "map")
    assert timeline.count("<div class=lane>") == MOST_LANES and timeline.count("<i ") == MOST_LANES


def test_it_is_light_or_dark_as_the_reader_wants():
    assert "color-scheme: light dark" in page_style.STYLE and "#fff" not in page_style.STYLE


def test_files_are_shown_packed_and_decoded_with_their_members():
    told = page([("", replace(HISTORY, inputs=[InputFile("x.7z", 1000, 50_000, ["a.log", "b/c.log"])]))])
    for fact in ("x.7z<small>a.log, b/c.log</small>", "1.0 kB", "50.0 kB"):
        assert fact in told


def test_slowest_and_skew():
    assert [task.name for task in slowest(HISTORY, 2)] == ["map task 0", "map task 1"]
    assert skew(HISTORY) == 1.6
    assert skew(History()) is None


@pytest.mark.parametrize(
    "amount, text",
    [(0.123, "0.12 s"), (59, "59.0 s"), (65, "1 min 05 s"), (7800, "2 h 10 min"), (172_800, "2 d 0 h")],
)
def test_seconds(amount, text):
    assert format_seconds(amount) == text


@pytest.mark.parametrize(
    "amount, text", [(0, "0 B"), (999, "999 B"), (3400, "3.4 kB"), (25e7, "250 MB"), (7e12, "7.0 TB")]
)
def test_size(amount, text):
    assert format_size(amount) == text


BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.skipif(not BROWSER and "CI" not in os.environ, reason="needs a browser: apt-get install chromium")
def test_a_browser_shows_it(tmp_path):
    browse(tmp_path, page(), 1000, f"--screenshot={tmp_path}/shot.png")
    seen = colours((tmp_path / "shot.png").read_bytes())
    for name, rgb in {"map": (0x3B, 0x7D, 0xD8), "reduce": (0x2F, 0x9E, 0x6E), "failed": (0xD6, 0x45, 0x3D)}.items():
        assert seen[rgb] > 500, f"no bar of {name}"


PROBE = """<script>
  const table = [...document.querySelectorAll('table.sorts')].pop();
  const names = () => [...table.tBodies[0].rows].map(row => row.cells[0].firstChild.textContent).join();
  const heads = [...table.tHead.rows[0].cells], seen = [innerWidth, document.documentElement.scrollWidth, names()];
  for (const title of ['records in', 'records in', 'task']) {
    heads.find(cell => cell.textContent == title).querySelector('button').click();
    seen.push(names());
  }
  const lines = cell => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return new Set([...range.getClientRects()].map(box => box.top)).size;
  };
  const wrapped = [...document.querySelectorAll('.bars span, .scale span, td[data-v]')].filter(cell => lines(cell) > 1);
  document.title = [...seen, wrapped.length].join('|');
</script>"""
SLOWEST = "map task 0,map task 1, attempt 2,reduce task 0,map task 1,reduce task 1"
MOST_RECORDS = "reduce task 0,map task 0,map task 1, attempt 2,reduce task 1,map task 1"
LONG = replace(
    HISTORY.attempts[0],
    source=f"/{'a-long-name-of-a-directory/' * 8}file.7z:0+123456789",
    written=Amount(10**9, 10**12),
)


@pytest.mark.skipif(not BROWSER and "CI" not in os.environ, reason="needs a browser: apt-get install chromium")
@pytest.mark.parametrize("width", [500, 1000])
def test_it_fits_the_screen_and_its_tables_sort_by_a_click(tmp_path, width):
    history = replace(HISTORY, attempts=[LONG, *HISTORY.attempts[1:]], inputs=[InputFile("x.7z", 10, 99, ["m"] * 50)])
    dom = browse(tmp_path, page([("", history)]).replace("</html>", PROBE + "</html>"), width, "--dump-dom")
    title = re.search(r"<title>(.*?)</title>", dom)
    assert title
    inner, scroll, *orders, wrapped = title[1].split("|")
    assert int(inner) == width and int(scroll) <= width and wrapped == "0"
    assert orders[:2] == [SLOWEST, MOST_RECORDS]
    assert orders[2].split(",")[0] == "map task 1" and orders[3].split(",")[0] == "reduce task 1"


def browse(folder: Path, html: str, width: int, *options: str) -> str:
    """Show a page in a browser without a screen; return what it prints."""
    assert BROWSER, "chromium is not installed"
    (folder / "report.html").write_text(html)
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", f"--user-data-dir={folder}/profile",
         "--force-color-profile=srgb", f"--window-size={width},1800", "--hide-scrollbars", *options,
         f"file://{folder}/report.html"],
        check=True, capture_output=True, timeout=60, text=True,
    )  # fmt: skip
    return done.stdout


def colours(png: bytes) -> Counter[tuple[int, ...]]:
    """How many pixels of each colour a PNG of 8-bit RGB or RGBA has."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert depth == 8 and kind in (2, 6)
    channels = {2: 3, 6: 4}[kind]
    packed, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            packed += png[at + 8 : at + 8 + length]
        at += 12 + length
    raw, stride = zlib.decompress(packed), width * channels
    above, found = bytearray(stride), Counter[tuple[int, ...]]()
    for row in range(height):
        start = row * (stride + 1)
        above = unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), above, channels)
        found.update(zip(above[0::channels], above[1::channels], above[2::channels]))
    return found


def unfiltered(kind: int, line: bytearray, above: bytearray, channels: int) -> bytearray:
    """A row of a PNG without its filter (PNG specification, 9.2)."""
    for at in range(len(line)) if kind else ():
        left = line[at - channels] if at >= channels else 0
        corner = above[at - channels] if at >= channels else 0
        if kind == 4:
            estimate = left + above[at] - corner
            nearest = min((left, above[at], corner), key=lambda value: abs(estimate - value))
        else:
            nearest = (0, left, above[at], (left + above[at]) // 2)[kind]
        line[at] = (line[at] + nearest) & 0xFF
    return line


@pytest.mark.parametrize("place, status, told", [
    ("/proc/x", 73, f"--report /proc/x: {NOTHING_IS_MADE_IN_PROC}; name another place"),
    ("/dev/full", 74, "--report /dev/full: not written: no space left on device"),
])  # fmt: skip
def test_a_page_that_cannot_be_written(shell, place, status, told):
    ended = shell(
        f"echo a > in; st-run --report {place} -input in -output out -mapper cat -reducer cat; s=$?; ls; exit $s"
    )
    assert (ended.returncode, told in ended.stderr.decode()) == (status, True), ended.stderr
    assert (b"out" in ended.stdout) == (status == 74)  # what can be known is told before the job runs


def test_a_page_takes_the_place_of_another_only_when_the_job_has_run(shell):
    ended = shell("echo old > page; st-run --report page -input none -output out -mapper cat; cat page")
    assert ended.stdout == b"old\n"
