"""What is written for a person: lines of text, and progress bars on a terminal.

The bars are the last lines on the screen, with the cursor at the beginning of the first one. So whoever else writes to
the terminal, also from another process, writes CLEAR first, and the bars come back below.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from streamtools.records import write_all
from streamtools.showing import to_show
from streamtools.units import format_size

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

CLEAR = b"\r\x1b[J"  # to the first column, clear to the end of the screen
DELAY = 0.4  # seconds before anything is drawn: short runs show no bars, and do not wait 0.1 s for rich to load
INTERVAL = 0.2  # seconds between two drawings, at least


def tell(text: str) -> None:
    """Write a line to stderr, fit to show. What clears the bars may stand before it."""
    clear = CLEAR if text.startswith(CLEAR.decode()) else b""
    write_all(clear + os.fsencode(f"{to_show(text[len(clear) :])}\n"), 2)


def show(text: str) -> None:
    """Write a line, or several, to stdout for a person to read, as fit to show."""
    write_all(os.fsencode(f"{to_show(text)}\n"), 1)


def shows_bars() -> bool:
    """Return whether stderr is a terminal that can show bars."""
    return os.isatty(2) and os.environ.get("TERM") != "dumb"


class Bars:
    """Progress bars, one line each, with bytes, rate and time left."""

    def __init__(self) -> None:
        self._drawn = time.monotonic() + DELAY - INTERVAL
        self._bars: dict[str, TaskID] = {}
        self._progress: Progress | None = None
        self.status = ""  # a line below the bars, cut at the width of the terminal
        self.first = ""  # a line that says all, until there are bars: rich takes a moment to load
        self._has_first = False  # it is on the screen, or was

    def update(self, name: str, done: float, total: float | None, note: str = "") -> None:
        """Set how many bytes of how many a bar shows (None: not known), and draw all bars if it is time to."""
        if self._progress is None:
            if not self._is_due():
                return
            if self.first and not self._has_first:
                self._has_first, self._drawn = True, time.monotonic()
                write_all(CLEAR + to_show(self.first)[: _columns()].encode() + b"\r", 2)
                return
            self._progress = _make_progress()
        name, note = to_show(name), to_show(note)
        if name not in self._bars:
            self._bars[name] = self._progress.add_task(name, total=total, note="")
        self._progress.update(self._bars[name], completed=done, total=total, note=note)
        if self._is_due():
            self._draw(self._progress)

    def clear(self) -> None:
        """Remove the bars from the screen."""
        if self._progress or self._has_first:
            write_all(CLEAR, 2)

    def _is_due(self) -> bool:
        return time.monotonic() - self._drawn >= INTERVAL

    def _draw(self, progress: Progress) -> None:
        self._drawn = time.monotonic()
        console = progress.console
        console.width = _columns()
        with console.capture() as capture:
            console.print(progress.get_renderable())
        text = capture.get().rstrip("\n")
        if self.status:
            text += f"\n{to_show(self.status)[: console.width]}"
        up = text.count("\n")
        write_all(CLEAR + text.encode() + (b"\x1b[%dA" % up if up else b"") + b"\r", 2)


class TransferBar:
    """A bar for a tool that reads bytes and writes others. total: bytes to read, None if not known."""

    def __init__(self, name: str, total: int | None) -> None:
        self.name, self.total = name, total
        self.bars = Bars()
        self.taken = self.given = 0

    def __enter__(self) -> TransferBar:
        return self

    def __exit__(self, *_: object) -> None:
        self.bars.clear()

    def read(self, count: int) -> None:
        """Count bytes that were read."""
        self.taken += count

    def wrote(self, count: int) -> None:
        """Count bytes that were written, and draw the bar if it is time to."""
        self.given += count
        self.bars.update(self.name, self.taken, self.total, f"{format_size(self.given)} written")

    def follow(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the blocks, counted as written; clear the bar at the end."""
        with self:
            for block in blocks:
                yield block
                self.wrote(len(block))


def _columns() -> int:
    """Return the width of the terminal, less one: some terminals go to the next line behind the last column."""
    try:
        return (os.get_terminal_size(2).columns or 80) - 1
    except OSError:
        return 79


def _make_progress() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[note]}", markup=False),
    )
    return Progress(*columns, console=Console(stderr=True, force_terminal=True), auto_refresh=False)
