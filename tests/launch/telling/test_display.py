"""launch/telling/display.py: progress in a line a minute, and what a line says."""

import pytest

from streamtools import terminal
from streamtools.launch.telling import display
from streamtools.launch.telling.display import choose_display, describe_phase, describe_tasks, show_lines, show_on
from streamtools.local.reporting.progress import JobProgress, Phase

MAPPING = JobProgress(Phase(3, 12, 300_000_000, 1_200_000_000, 4_000_000, 10.0), Phase(0, 2), 2, 350_000_000)
REDUCING = JobProgress(Phase(2, 2, 9, 9, 5, 1.0), Phase(0, 2, 50, 100, 1000, 2.0), 1)


def test_what_is_told_of_a_job():
    assert describe_phase("map", MAPPING.maps) == "map 25 % of 1.2 GB, 30.0 MB/s, 30.0 s left"
    assert describe_tasks(MAPPING) == (
        "2 running, 3 of 12 maps and 0 of 2 reduces done, 400,000 records/s, 350 MB memory"
    )
    assert describe_phase("map", Phase(0, 1, 0, 9, 0, 5.0)) == "map 0 % of 9 B"
    assert describe_tasks(REDUCING) == "1 running, 2 of 2 maps and 0 of 2 reduces done, 500 records/s"


def test_the_first_line_on_a_terminal_says_all_before_bars_are_loaded(monkeypatch, capfd):
    now = [0.0]
    monkeypatch.setattr(terminal.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(terminal, "_columns", lambda: 200)
    show = show_on(terminal.Bars())
    shown = []
    for now[0] in (0.1, 1.0, 1.01, 2.0):
        show(MAPPING)
        shown.append(capfd.readouterr().err)
    assert "map 25 % of 1.2 GB, 30.0 MB/s, 30.0 s left; 2 running, 3 of 12 maps" in shown[1]
    assert (shown[0], shown[2]) == ("", "")
    assert "0.3/1.2 GB" in shown[3] and "\n       2 running, 3 of 12 maps" in shown[3]


def test_a_line_a_minute():
    now, said = 0.0, []
    show = show_lines(said.append, lambda: now)
    for now in range(0, 200, 7):
        show(MAPPING if now < 100 else REDUCING)
    assert [line.partition(";")[0] for line in said] == [
        "map 25 % of 1.2 GB, 30.0 MB/s, 30.0 s left",
        "reduce 50 % of 100 B, 25 B/s, 2.00 s left",
        "reduce 50 % of 100 B, 25 B/s, 2.00 s left",
    ]


@pytest.mark.parametrize(
    ("wanted", "terminal", "chosen"),
    [("auto", True, "bar"), ("auto", False, "plain"), ("plain", True, "plain"), ("none", True, "none")],
)
def test_how_progress_is_shown(monkeypatch, wanted, terminal, chosen):
    monkeypatch.setattr(display, "shows_bars", lambda: terminal)
    assert choose_display(wanted) == chosen
