"""Parts of the page about a run: time line, bars, tables. All texts are escaped and without secrets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape as escape_html
from typing import NamedTuple

from streamtools.local.reporting.history import AttemptRecord
from streamtools.showing import to_show
from streamtools.units import format_seconds, format_size

MOST_LANES, MOST_TIMES, MOST_ROWS = 64, 2000, 500  # so that the page of 100,000 tasks can be shown, too


class Cell(NamedTuple):
    """A cell of a table. value: to sort by; note: a second line in small letters."""

    text: str
    value: float | None = None
    note: str = ""


class Column(NamedTuple):
    """A column of a table. is_wide: left out on a small screen."""

    title: str
    is_wide: bool = False


class Bar(NamedTuple):
    """A line of a bar chart. kind: its class, for the colour."""

    label: str
    amount: float
    shown: str
    kind: str


def escape(text: str) -> str:
    """Return a text as HTML, without secrets and control characters."""
    return escape_html(to_show(text))


def make_facts(facts: Iterable[tuple[str, str]], kind: str = "") -> str:
    """Return names and values side by side; those without value are left out."""
    rows = "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in facts if value)
    return f"<dl class='{kind}'>{rows}</dl>"


def make_command(command: str) -> str:
    """Return a command with a button that copies it."""
    return f"<pre class=copy><code>{escape(command)}</code><button type=button>copy</button></pre>"


def make_table(columns: Sequence[Column], rows: Iterable[Sequence[Cell]], sorted_by: int) -> str:
    """Return a table that sorts by a click on a column. sorted_by: the column by which its rows descend."""
    kinds = [" class=wide" if column.is_wide else "" for column in columns]
    head = "".join(
        f"<th{kind}{' aria-sort=descending' if at == sorted_by else ''}><button type=button>{column.title}</button>"
        for at, (column, kind) in enumerate(zip(columns, kinds, strict=True))
    )
    body = "".join(f"<tr>{''.join(map(_make_cell, row, kinds))}" for row in rows)
    return f"<table class=sorts><thead><tr>{head}<tbody>{body}</table>"


def _make_cell(cell: Cell, kind: str) -> str:
    value = "" if cell.value is None else f" data-v='{cell.value:.6g}'"
    note = f"<small>{escape(cell.note)}</small>" if cell.note else ""
    return f"<td{kind}{value}>{escape(cell.text)}{note}"


def make_bars(bars: Sequence[Bar]) -> str:
    """Return a chart of bars, the longest as wide as there is room."""
    most = max((bar.amount for bar in bars), default=0) or 1
    rows = "".join(
        f"<span>{escape(bar.label)}</span><div class=track>"
        f"<b class={bar.kind} style='width:{100 * bar.amount / most:.1f}%'></b></div><span>{escape(bar.shown)}</span>"
        for bar in bars
    )
    return f"<div class=bars>{rows}</div>"


def make_timeline(tasks: Sequence[AttemptRecord], kind: str) -> str:
    """Return bars of attempts of one kind over time, in as few lanes as ran at once, on a scale of their own."""
    first, end = min(task.start for task in tasks), max(task.end for task in tasks)
    span = max(end - first, 0.001)
    lanes: list[list[str]] = []
    free: list[float] = []  # when each lane is free again
    for task in sorted(tasks, key=lambda task: task.start)[:MOST_TIMES]:
        lane = next((lane for lane, since in enumerate(free) if since <= task.start), len(free))
        if lane == len(free) == MOST_LANES:
            continue
        free[lane : lane + 1] = [task.end]
        lanes[lane:] = lanes[lane:] or [[]]
        left, width = 100 * (task.start - first) / span, 100 * task.seconds / span
        amounts = f"{format_seconds(task.seconds)}, {format_size(task.read.bytes)} in"
        tip = escape(f"{task.name}, attempt {task.attempt + 1}: {amounts}, {task.source}")
        state = kind if task.succeeded else "failed"
        lanes[lane].append(f"<i class='{state}' style='left:{left:.2f}%;width:{width:.2f}%' title='{tip}'></i>")
    ticks = "".join(f"<span>{format_seconds(first + span * part / 4)}</span>" for part in range(5))
    rows = "".join(f"<div class=lane>{''.join(lane)}</div>" for lane in lanes)
    return f"<div class=timeline>{rows}<div class=scale>{ticks}</div></div>"


def make_legend() -> str:
    """Return what the colours mean."""
    return "<p class=legend><i class=map></i>map <i class=reduce></i>reduce <i class=failed></i>failed</p>"
