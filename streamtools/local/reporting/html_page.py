"""What happened in a run, as one self-contained page of HTML: timeline, skew, counters, failures.

history (plain data) --> render_page() --> bytes of a file that needs nothing else: no script, no network
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape as escape_html

from streamtools.local.counters import Counters
from streamtools.local.reporting.history import AttemptRecord, History, skew
from streamtools.showing import to_show
from streamtools.units import format_seconds, format_size

WIDTH, ROW = 960, 18  # of the timeline, in pixels


def render_page(histories: Sequence[tuple[str, History]], command: str, succeeded: bool) -> bytes:
    """Return the page, in UTF-8. histories: (title, history) of each job that has run; one job needs no title."""
    state = "succeeded" if succeeded else "failed"
    body = [f"<h1>st-run <span class={state}>{state}</span></h1>", f"<pre class=command>{escape(command)}</pre>"]
    if any(title for title, _ in histories):
        body.append(_steps(histories))
    for title, history in histories:
        body += [f"<h1 class=step>{escape(title)}</h1>"] if title else []
        body += _job(history)
    return HEAD.encode() + "\n".join(body).encode("utf-8", "backslashreplace") + b"\n</html>\n"


def _steps(histories: Sequence[tuple[str, History]]) -> str:
    """Return a table of the jobs, a row for each."""
    rows = "".join(
        f"<tr><td>{escape(title)}<td>{'succeeded' if history.succeeded else 'failed'}"
        f"<td>{format_seconds(history.seconds)}<td>{len({task.name for task in history.attempts})}"
        for title, history in histories
    )
    return f"<table><tr><th>step<th>state<th>time<th>tasks{rows}</table>"


def _job(history: History) -> list[str]:
    """Return the sections about one job. A cluster tells nothing of its tasks but the counters."""
    if not history.attempts:
        time = f"<dl><div><dt>time</dt><dd>{format_seconds(history.seconds)}</dd></div></dl>"
        return [time, "<h2>Counters</h2>", _counters(history.counters)]
    maps = [task for task in history.attempts if task.is_map]
    reduces = [task for task in history.attempts if not task.is_map]
    facts = [
        ("state", "succeeded" if history.succeeded else "failed"),
        ("time", format_seconds(history.seconds)),
        ("map tasks", str(len({task.name for task in maps}))),
        ("reduce tasks", str(len({task.name for task in reduces}))),
        ("read by maps", format_size(sum(task.read.bytes for task in maps if task.succeeded))),
        ("shuffled", format_size(sum(task.read.bytes for task in reduces if task.succeeded))),
    ]
    if (fullest := skew(history)) is not None:
        facts.append(("fullest reducer", f"{fullest:.2f} times the mean"))
    return [
        "<dl>" + "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in facts) + "</dl>",
        *_failures(history.attempts),
        "<h2>Timeline</h2>",
        _timeline(history),
        "<h2>Tasks</h2>",
        _tasks(history.attempts),
        "<h2>Counters</h2>",
        _counters(history.counters),
    ]


def escape(text: str) -> str:
    """Return a text as HTML, without secrets and control characters."""
    return escape_html(to_show(text))


def _failures(tasks: Iterable[AttemptRecord]) -> list[str]:
    sections = [
        f"<section class=failure><h3>{escape(task.name)}, attempt {task.attempt}</h3><p>{escape(problem.reason)}</p>"
        f"<p>input: <code>{escape(task.source)}</code></p>"
        f"<pre>{escape(chr(10).join(problem.last_words))}</pre></section>"
        for task in tasks
        if (problem := task.problem)
    ]
    return ["<h2>Failures</h2>", *sections] if sections else []


def _timeline(history: History) -> str:
    """Return bars of all attempts over time, in as few rows as ran at once, maps above reduces."""
    end = max([history.seconds, *(task.end for task in history.attempts)], default=0) or 1
    bars: list[str] = []
    top = 0
    for kind in ("map", "reduce"):
        free: list[float] = []  # when each row is free again
        of_kind = (task for task in history.attempts if task.is_map == (kind == "map"))
        for task in sorted(of_kind, key=lambda task: task.start):
            row = next((row for row, since in enumerate(free) if since <= task.start), len(free))
            free[row : row + 1] = [task.end]
            left, width = WIDTH * task.start / end, max(WIDTH * task.seconds / end, 1)
            amounts = f"{format_seconds(task.seconds)}, {format_size(task.read.bytes)} in"
            tip = f"{task.name}, attempt {task.attempt}: {amounts}, {task.source}"
            bars.append(
                f"<rect class='{kind if task.succeeded else 'failed'}' x='{left:.1f}' y='{(top + row) * ROW}' "
                f"width='{width:.1f}' height='{ROW - 3}' rx='2'><title>{escape(tip)}</title></rect>"
            )
        top += len(free)
    ticks = "".join(
        f"<text x='{WIDTH * part / 4:.0f}' y='{top * ROW + 14}' text-anchor='{anchor}'>"
        f"{format_seconds(end * part / 4)}</text>"
        for part, anchor in enumerate(("start", "middle", "middle", "middle", "end"))
    )
    legend = "<p class=legend><i class=map></i>map <i class=reduce></i>reduce <i class=failed></i>failed</p>"
    box = f"<svg viewBox='0 0 {WIDTH} {top * ROW + 20}' role='img' aria-label='timeline'>"
    return f"{box}{''.join(bars)}{ticks}</svg>{legend}"


def _tasks(tasks: Sequence[AttemptRecord]) -> str:
    most = max((task.read.bytes for task in tasks), default=0) or 1
    rows = "".join(
        f"<tr><td>{escape(task.name)}<td>{task.attempt}<td class=source>{escape(task.source)}"
        f"<td>{format_seconds(task.seconds)}"
        f"<td><i class=bar style='width:{80 * task.read.bytes / most:.0f}px'></i> {format_size(task.read.bytes)}"
        f"<td>{task.read.records:,}<td>{task.written.records:,}<td>{format_size(task.written.bytes)}"
        for task in tasks
    )
    head = "<tr><th>task<th>attempt<th class=source>input<th>time<th>bytes in<th>records in<th>records out<th>bytes out"
    return f"<table>{head}{rows}</table>"


def _counters(counters: Counters) -> str:
    rows = []
    previous = None
    for (group, name), amount in sorted(counters.items()):
        if group != previous:
            rows.append(f"<tr><th colspan=2>{escape(group)}")
            previous = group
        rows.append(f"<tr><td>{escape(name)}<td>{amount:,}")
    return f"<table class=counters>{''.join(rows)}</table>"


HEAD = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>st-run report</title>
<style>
  :root { color-scheme: light dark; --map: #3b7dd8; --reduce: #2f9e6e; --failed: #d6453d; --line: #8884; }
  body { font: 14px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2rem auto; padding: 0 1rem; }
  h1 { margin: 0; }
  h1.step { margin-top: 3rem; }
  h2 { margin: 2rem 0 .5rem; font-size: 1.1rem; }
  h3 { margin: 0; font-size: 1rem; }
  h1 .succeeded { color: var(--reduce); }
  h1 .failed { color: var(--failed); }
  pre { background: #8881; padding: .6rem; border-radius: 4px; white-space: pre-wrap; margin: .5rem 0; }
  dl { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; margin: 1rem 0; }
  dt { opacity: .7; }
  dd { margin: 0; font-size: 1.2rem; }
  svg { width: 100%; border-bottom: 1px solid var(--line); }
  svg text { font-size: 11px; fill: currentColor; opacity: .7; }
  .map { fill: var(--map); background: var(--map); }
  .reduce { fill: var(--reduce); background: var(--reduce); }
  rect.failed, i.failed { fill: var(--failed); background: var(--failed); }
  i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; }
  i.bar { background: var(--map); opacity: .6; }
  .legend i { margin: 0 .3rem 0 1rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: right; padding: .15rem .5rem; border-bottom: 1px solid var(--line); }
  th:first-child, td:first-child, .source { text-align: left; }
  .source { word-break: break-all; }
  .counters { width: auto; }
  .failure { border-left: 3px solid var(--failed); padding-left: .8rem; margin: 1rem 0; }
  .failure p { margin: .2rem 0; }
</style>
"""
