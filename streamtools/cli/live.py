"""The line of progress that st-run shows on a terminal, and wipes again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from streamtools.records import write_all

if TYPE_CHECKING:
    from streamtools.local.reporting.progress import Progress, Side

WIPE = b"\r\x1b[K"  # to the first column, clear to the end of the line


def show(progress: Progress) -> None:
    """Write how far the job is over what the line said before."""
    text = os.fsencode(line(progress)[: _columns() - 1])
    write_all(WIPE + text, 2)


def wipe() -> None:
    """Clear the line."""
    write_all(WIPE, 2)


def line(progress: Progress) -> str:
    """How far the job is, in one line: percentages, tasks, and of those that run the time left, bytes and speed."""
    from streamtools.local.reporting.html_page import seconds, size

    maps, reduces = progress
    parts = [_share("map", maps), *([_share("reduce", reduces)] if reduces.total else [])]
    name, side = ("maps", maps) if maps.done < maps.total else ("reduces", reduces)
    if side.given and side.seconds:
        if side.fraction < 1:
            parts.append(f"{name} end in {seconds(side.seconds * (1 - side.fraction) / side.fraction)}")
        parts += [size(side.given), f"{side.records / side.seconds:,.0f} records/s"]
    return "  ".join(parts)


def _share(name: str, side: Side) -> str:
    return f"{name} {side.fraction:4.0%} ({side.done}/{side.total})"


def _columns() -> int:
    try:
        return os.get_terminal_size(2).columns or 80
    except OSError:
        return 80
