"""The progress of a job for a person: bars on a terminal, a line a minute elsewhere."""

import time
from collections.abc import Callable

from streamtools.local.reporting.progress import JobProgress, Phase
from streamtools.terminal import Bars, shows_bars
from streamtools.units import format_seconds, format_size

AUTO, BAR, PLAIN, NONE = "auto", "bar", "plain", "none"
MINUTE = 60.0  # seconds between two lines
Show = Callable[[JobProgress], None]


def choose_display(wanted: str) -> str:
    """Return how progress is shown: BAR, PLAIN or NONE, where AUTO depends on what stderr is."""
    if wanted != AUTO:
        return wanted
    return BAR if shows_bars() else PLAIN


def show_on(bars: Bars) -> Show:
    """Return a function that draws the progress of a job."""

    def show(progress: JobProgress) -> None:
        bars.status = f"       {describe_tasks(progress)}"
        bars.first = describe(progress)
        for name, phase in (("map", progress.maps), ("reduce", progress.reduces)):
            if phase.seconds:
                bars.update(name, phase.given, phase.size or None)

    return show


def show_lines(say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> Show:
    """Return a function that tells the progress of a job in a line a minute, by `clock` in seconds."""
    told = clock()

    def show(progress: JobProgress) -> None:
        nonlocal told
        if clock() - told < MINUTE:
            return
        told = clock()
        say(describe(progress))

    return show


def describe(progress: JobProgress) -> str:
    """Return how far a job is, in a line."""
    kind, phase = ("reduce", progress.reduces) if progress.reduces.seconds else ("map", progress.maps)
    return f"{describe_phase(kind, phase)}; {describe_tasks(progress)}"


def describe_phase(kind: str, phase: Phase) -> str:
    """Return how far the tasks of one kind are: `map 45 % of 1.2 GB, 45.0 MB/s, 2 min 10 s left`."""
    text = f"{kind} {100 * phase.fraction:.0f} % of {format_size(phase.size)}"
    if not (phase.given and phase.seconds):
        return text
    left = phase.seconds * (phase.size - phase.given) / phase.given
    return f"{text}, {format_size(phase.given / phase.seconds)}/s, {format_seconds(left)} left"


def describe_tasks(progress: JobProgress) -> str:
    """Return what the tasks do: `2 running, 3 of 12 maps and 0 of 2 reduces done, 9,500 records/s, 350 MB memory`."""
    maps, reduces, running, memory = progress
    done = [
        f"{phase.done} of {phase.total} {name}" for name, phase in (("maps", maps), ("reduces", reduces)) if phase.total
    ]
    phase = reduces if reduces.seconds else maps
    parts = [f"{running} running", f"{' and '.join(done)} done"]
    if phase.records and phase.seconds:
        parts.append(f"{phase.records / phase.seconds:,.0f} records/s")
    if memory:
        parts.append(f"{format_size(memory)} memory")
    return ", ".join(parts)
