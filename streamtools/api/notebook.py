"""Progress where it can be seen: on a terminal, or below the cell of a notebook."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from streamtools.showing import to_show
from streamtools.terminal import Bars, shows_bars

if TYPE_CHECKING:
    from rich.progress import Progress


def find_bars(wanted: bool | None) -> Bars | None:
    """Return bars for the progress of a job; None if there is no place for them. wanted: None if there may be some."""
    if wanted is False:
        return None
    if is_notebook():
        return NotebookBars()
    return Bars() if wanted or shows_bars() else None


def is_notebook() -> bool:
    """Return whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")


class NotebookBars(Bars):
    """Progress bars as an output of the cell that runs, which is drawn anew in its place."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: Any = None  # IPython's handle

    def clear(self) -> None:
        """Leave the bars: other output stands below them."""

    def _draw_status(self) -> None:
        """Wait for the bars."""

    def _draw(self, progress: Progress) -> None:
        import time

        from IPython.display import display
        from rich.table import Table

        self._drawn = time.monotonic()
        lines = Table.grid()
        lines.add_row(progress.get_renderable())
        lines.add_row(to_show(self.status))
        if self._shown is None:
            self._shown = display(lines, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._shown.update(lines)
