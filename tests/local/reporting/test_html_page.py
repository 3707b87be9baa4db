"""The report of a run: what it tells, and that a browser shows it."""

import os
import re
import shutil
import struct
import subprocess
import zlib
from collections import Counter
from html.parser import HTMLParser

import pytest

from streamtools.local.reporting.history import Amount, AttemptRecord, History, Problem, skew, slowest
from streamtools.local.reporting.html_page import render_page
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
        if tag in ("script", "link", "iframe"):
            self.fetched.append(tag)


def test_the_page_tells_everything_and_fetches_nothing():
    checker = Checker()
    checker.feed(render_page([("", HISTORY)], COMMAND, True).decode())
    told = "".join(checker.text)
    assert checker.fetched == []
    for fact in ("succeeded", "a<b>.tsv:0+100", "exit status 1", "Traceback <x>", "<name>", "1.60 times the mean"):
        assert fact in told


def test_the_timeline_packs_tasks_that_follow_each_other_into_a_row():
    tops = [float(top) for top in re.findall(rb"<rect [^>]*? y='([^']*)'", render_page([("", HISTORY)], COMMAND, True))]
    assert len(tops) == 5
    assert len(set(tops)) == 4  # two rows of maps, two of reduces


def test_an_empty_history_is_a_page_too():
    assert b"failed" in render_page([("", History())], "st-run", False)


def test_a_page_of_several_steps_has_a_table_of_them_and_all_their_tasks():
    page = render_page([("step count", HISTORY), ("step <top>", History())], COMMAND, False).decode()
    assert page.count("<h1 class=step>") == 2
    assert "<tr><td>step count<td>succeeded" in page
    assert "<tr><td>step &lt;top&gt;<td>failed" in page
    assert page.count("<h2>Timeline</h2>") == 2


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


@pytest.mark.skipif(not BROWSER and "CI" not in os.environ, reason="needs Debian's chromium")
def test_a_browser_shows_it(tmp_path):
    assert BROWSER, "chromium is not installed"
    (tmp_path / "report.html").write_bytes(render_page([("", HISTORY)], COMMAND, True))
    shot = tmp_path / "shot.png"
    subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", f"--user-data-dir={tmp_path}/profile",
         "--force-color-profile=srgb", "--window-size=1000,1200", f"--screenshot={shot}", f"file://{tmp_path}/report.html"],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    seen = colours(shot.read_bytes())
    for name, rgb in {"map": (0x3B, 0x7D, 0xD8), "reduce": (0x2F, 0x9E, 0x6E), "failed": (0xD6, 0x45, 0x3D)}.items():
        assert seen[rgb] > 500, f"no bar of {name}"


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
