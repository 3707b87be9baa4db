"""What happens in a run, as one self-contained page of HTML, read while it runs and afterwards.

facts, history (plain data) --> render_page() --> bytes of a file that needs nothing else: no network
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import groupby

from streamtools.local.counters import FILE_INPUT, FILE_OUTPUT, FRAMEWORK, Counters, without_zeros
from streamtools.local.reporting.history import AttemptRecord, History, Problem, RunFacts, skew
from streamtools.local.reporting.page_parts import (
    MOST_ROWS,
    Bar,
    Cell,
    Column,
    escape,
    make_bars,
    make_command,
    make_facts,
    make_legend,
    make_table,
    make_timeline,
)
from streamtools.local.reporting.page_style import SCRIPT, STYLE
from streamtools.local.reporting.progress import Phase
from streamtools.units import format_seconds, format_size

MOST_BARS = 30  # of a chart
MOST_MEMBERS = 100  # of an archive that are listed
REFRESH = 3  # seconds after which a browser reads the page of a running job again

Histories = Sequence[tuple[str, History]]


def render_page(histories: Histories, facts: RunFacts, state: str) -> bytes:
    """Return the page, in UTF-8.

    histories: (title, history) of each job that has run or runs; one job needs no title. state: "running", "succeeded",
    "stopped" or "failed".
    """
    refresh = f'<meta http-equiv="refresh" content="{REFRESH}">\n' if state == "running" else ""
    colour = "failed" if state == "stopped" else state
    body = [f"<h1>st-run <span class={colour}>{state}</span></h1>", *_head(facts)]
    if any(title for title, _ in histories):
        body.append(_steps(histories))
    for title, history in histories:
        body += [f"<h1 class=step>{escape(title)}</h1>"] if title else []
        body += _job(history)
    head = HEAD.format(refresh=refresh, state=state, style=STYLE)
    text = "\n".join([head, *body, f"<script>{SCRIPT}</script>", "</html>", ""])
    return text.encode("utf-8", "backslashreplace")


def _head(facts: RunFacts) -> Iterator[str]:
    """Yield what is known before the start."""
    started = time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(facts.started)) if facts.started else ""
    yield make_command(facts.command)
    yield make_facts(
        [("started", started), ("host", facts.host), ("directory", facts.directory), ("streamtools", facts.version)],
        "facts",
    )
    if facts.reason:
        yield f"<section class=failure><p>{escape(facts.reason)}</p></section>"


def _steps(histories: Histories) -> str:
    """Return a table of the jobs, a row for each."""
    rows = "".join(
        f"<tr><td>{escape(title)}<td>{history.state}"
        f"<td>{format_seconds(history.seconds)}<td>{len({task.name for task in history.attempts})}"
        for title, history in histories
    )
    return f"<table><tr><th>step<th>state<th>time<th>tasks{rows}</table>"


def _job(history: History) -> Iterator[str]:
    """Yield the sections about one job."""
    if history.reason:
        yield f"<section class=failure><p>{escape(history.reason)}</p></section>"
    tasks = [*history.attempts, *history.running]
    yield make_facts(_numbers(history))
    if history.progress:
        yield from _progress(history)
    yield from _failures(history.attempts)
    yield from _timelines(tasks)
    yield from _partitions(history.attempts)
    yield from _memory(tasks)
    yield from _inputs(history)
    yield from _tasks(tasks)
    yield from _counters(history.counters)


def _numbers(history: History) -> Iterator[tuple[str, str]]:
    """Yield the names and values of the main numbers, the sums from the counters."""
    counters, seconds = history.counters, history.seconds
    yield "state", history.state
    yield "time", format_seconds(seconds)
    for kind, is_map in (("map", True), ("reduce", False)):
        done = len({task.name for task in history.attempts if task.is_map == is_map and task.succeeded})
        if phase := _phase_of(history, is_map):
            yield f"{kind} tasks", f"{phase.done} of {phase.total}"
        elif done:
            yield f"{kind} tasks", str(done)
    read, records = counters[FILE_INPUT, "Bytes Read"], counters[FRAMEWORK, "Map input records"]
    yield "read", format_size(read) if read else ""
    yield "records in", f"{records:,}" if records else ""
    yield "records/s", f"{records / seconds:,.0f}" if records and seconds else ""
    shuffled = counters[FRAMEWORK, "Reduce shuffle bytes"]
    yield "shuffled", format_size(shuffled) if shuffled else ""
    written = counters[FILE_OUTPUT, "Bytes Written"]
    side = "Reduce" if (FRAMEWORK, "Reduce input records") in counters else "Map"
    if out := counters[FRAMEWORK, f"{side} output records"]:
        yield "records out", f"{out:,}"
    yield "written", format_size(written) if written else ""
    if (fullest := skew(history)) is not None:
        yield "fullest reducer", f"{fullest:.2f} times the mean"


def _phase_of(history: History, is_map: bool) -> Phase | None:
    if not history.progress:
        return None
    phase = history.progress.maps if is_map else history.progress.reduces
    return phase if phase.total else None


def _progress(history: History) -> Iterator[str]:
    """Yield bars of how far a job is that runs."""
    bars = []
    for kind, is_map in (("map", True), ("reduce", False)):
        if phase := _phase_of(history, is_map):
            left = phase.seconds * (phase.size - phase.given) / phase.given if phase.given else 0
            shown = f"{100 * phase.fraction:.0f} %" + (f", {format_seconds(left)} left" if left else "")
            bars.append(Bar(kind, phase.fraction, shown, kind))
    bars.append(Bar("", 1, "", "none"))  # so that a full bar is 100 %
    yield "<h2>Progress</h2>"
    yield make_bars(bars)


def _failures(tasks: Sequence[AttemptRecord]) -> Iterator[str]:
    """Yield the failures, those of the same cause as one."""
    failed = [(task, task.problem) for task in tasks if task.problem]
    if failed:
        yield "<h2>Failures</h2>"
    for _, group in groupby(sorted(failed, key=lambda each: each[1].kind), key=lambda each: each[1].kind or id(each)):
        alike = list(group)
        task, problem = max(alike, key=lambda each: len(each[1].commands))
        names = list(dict.fromkeys(f"{each.name}, attempt {each.attempt + 1}" for each, _ in alike))
        title = (
            names[0] if len(alike) == 1 else f"{len({each.name for each, _ in alike})} tasks: {'; '.join(names[:6])}"
        )
        yield f"<section class=failure><h3>{escape(title)}</h3>{''.join(_problem(task, problem))}</section>"


def _problem(task: AttemptRecord, problem: Problem) -> Iterator[str]:
    yield f"<p>{escape(problem.reason)}</p><p>input: <code>{escape(task.source)}</code></p>"
    if problem.record:
        yield f"<p>it failed on {escape(problem.record)}</p>"
    if problem.last_words:
        yield f"<pre>{escape(chr(10).join(problem.last_words))}</pre>"
    if problem.hints:
        yield f"<p>{escape(problem.hints)}</p>"
    if problem.commands:
        yield "<p>to try it alone:</p>" + "".join(map(make_command, problem.commands))


def _timelines(tasks: Sequence[AttemptRecord]) -> Iterator[str]:
    for kind, title in (("map", "Maps over time"), ("reduce", "Reduces over time")):
        if chosen := [task for task in tasks if task.is_map == (kind == "map")]:
            yield f"<h2>{title}</h2>{make_timeline(chosen, kind)}"
    if tasks:
        yield make_legend()


def _partitions(tasks: Sequence[AttemptRecord]) -> Iterator[str]:
    """Yield how evenly the partitions were filled, the fullest first."""
    chosen = [task for task in tasks if not task.is_map and task.succeeded]
    if len(chosen) < 2:
        return
    chosen.sort(key=lambda task: -task.read.bytes)
    yield f"<h2>Partitions{_of_all(len(chosen))}</h2><h3>bytes</h3>"
    yield make_bars(
        [Bar(_short(task), task.read.bytes, format_size(task.read.bytes), "reduce") for task in chosen[:MOST_BARS]]
    )
    yield "<h3>records</h3>"
    yield make_bars(
        [Bar(_short(task), task.read.records, f"{task.read.records:,}", "reduce") for task in chosen[:MOST_BARS]]
    )


def _memory(tasks: Sequence[AttemptRecord]) -> Iterator[str]:
    """Yield the most memory that the processes of each task took, the largest first."""
    known = sorted((task for task in tasks if task.usage.most), key=lambda task: -task.usage.most)
    if known:
        yield f"<h2>Most memory{_of_all(len(known))}</h2>"
        yield make_bars(
            [
                Bar(task.name, task.usage.most, format_size(task.usage.most), "map" if task.is_map else "reduce")
                for task in known[:MOST_BARS]
            ]
        )


def _short(task: AttemptRecord) -> str:
    return task.source if task.source.startswith("partition") else task.name


def _of_all(number: int) -> str:
    return f": {MOST_BARS} of {number:,}" if number > MOST_BARS else ""


def _inputs(history: History) -> Iterator[str]:
    """Yield the files that were read, packed and decoded, the largest first."""
    if not history.inputs:
        return
    columns = [Column("file"), Column("size"), Column("decoded"), Column("members", True)]
    rows = []
    for file in sorted(history.inputs, key=lambda file: -file.packed)[:MOST_ROWS]:
        decoded = file.decoded or _decoded_of(history, file.path)
        shown = ", ".join(file.members[:MOST_MEMBERS]) + (" ..." if len(file.members) > MOST_MEMBERS else "")
        rows.append(
            [
                Cell(file.path, note=shown),
                Cell(format_size(file.packed), file.packed),
                Cell(format_size(decoded) if decoded else "", decoded),
                Cell(f"{len(file.members):,}" if file.members else "", len(file.members)),
            ]
        )
    yield f"<h2>Inputs</h2><div class=scroll>{make_table(columns, rows, 1)}</div>"


def _decoded_of(history: History, path: str) -> int:
    """Return the decoded bytes of a compressed file, as far as its tasks have read it; 0 for a file that is plain."""
    tasks = [
        task for task in history.attempts if task.is_map and task.succeeded and task.source.rpartition(":")[0] == path
    ]
    decoded = sum(task.decoded for task in tasks)
    return decoded if any(task.decoded > 1.01 * task.read.bytes for task in tasks) else 0


TASK_COLUMNS = [
    Column("task"), Column("time"), Column("bytes in"), Column("records in"), Column("records/s", True),
    Column("records out", True), Column("bytes out", True), Column("memory", True),
]  # fmt: skip


def _tasks(tasks: Sequence[AttemptRecord]) -> Iterator[str]:
    """Yield a table of the tasks, the slowest first."""
    if not tasks:
        return
    chosen = sorted(tasks, key=lambda task: -task.seconds)
    rest = len(chosen) - MOST_ROWS
    yield "<h2>Tasks</h2>" + (f"<p>the {MOST_ROWS} slowest; {rest:,} others are quicker</p>" if rest > 0 else "")
    yield f"<div class=scroll>{make_table(TASK_COLUMNS, map(_task_row, chosen[:MOST_ROWS]), 1)}</div>"


def _task_row(task: AttemptRecord) -> list[Cell]:
    again = f", attempt {task.attempt + 1}" if task.attempt else ""
    rate = task.read.records / task.seconds if task.seconds > 0 else 0
    amounts = [
        (format_size(task.read.bytes), task.read.bytes),
        (f"{task.read.records:,}", task.read.records),
        (f"{rate:,.0f}", rate),
        (f"{task.written.records:,}", task.written.records),
        (format_size(task.written.bytes), task.written.bytes),
        (format_size(task.usage.most), task.usage.most),
    ]
    cells = [Cell(shown if amount else "", amount) for shown, amount in amounts]
    return [Cell(task.name + again, note=task.source), Cell(format_seconds(task.seconds), task.seconds), *cells]


def _counters(counters: Counters) -> Iterator[str]:
    used = without_zeros(counters)
    if not used:
        return
    rows = []
    for group, items in groupby(sorted(used.items()), key=lambda item: item[0][0]):
        rows.append(f"<tr><th colspan=2>{escape(group)}")
        rows += [f"<tr><td>{escape(name)}<td>{amount:,}" for (_, name), amount in items]
    yield f"<h2>Counters</h2><table class=counters>{''.join(rows)}</table>"


HEAD = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
{refresh}<title>st-run {state}</title>
<style>{style}</style>
"""
