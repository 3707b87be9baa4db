"""Drawings as SVG, from plain strings: boxes, texts and arrows on a card that is as light or dark as the screen."""

from __future__ import annotations

from html import escape

STYLE = """
  .card { fill: #ffffff; stroke: #d0d7de }
  text { fill: #1f2328; font: 14px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }
  .head { font-weight: 600 }
  .small { font-size: 12px; fill: #59636e }
  .mono { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 13px; white-space: pre }
  .middle { text-anchor: middle }
  .box { fill: #f6f8fa; stroke: #8c959f }
  .first { fill: #ddf4ff; stroke: #0969da }
  .second { fill: #fff1e5; stroke: #bc4c00 }
  .work { fill: #dafbe1; stroke: #1a7f37 }
  .line { fill: none; stroke: #6e7781; stroke-width: 1.5 }
  .tip { fill: #6e7781 }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #3d444d }
    text { fill: #f0f6fc }
    .small { fill: #9198a1 }
    .box { fill: #151b23; stroke: #656c76 }
    .first { fill: #0c2d6b; stroke: #4493f8 }
    .second { fill: #5a1e02; stroke: #f0883e }
    .work { fill: #033a16; stroke: #3fb950 }
    .line { stroke: #9198a1 }
    .tip { fill: #9198a1 }
  }
"""


class Drawing:
    """A picture of a given size. title: what it shows, for those who do not see it."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self.width, self.height, self.title = width, height, title
        self.parts: list[str] = []

    def box(self, x: float, y: float, width: float, height: float, kind: str = "box") -> None:
        """Add a box with round corners. kind: a class of STYLE."""
        self.parts.append(f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5"/>')

    def text(self, x: float, y: float, text: str, kind: str = "") -> None:
        """Add a line of text; y is its base line. kind: classes of STYLE."""
        self.parts.append(f'<text class="{kind}" x="{x:g}" y="{y:g}">{escape(text)}</text>')

    def texts(self, x: float, y: float, lines: list[str], kind: str = "mono", step: float = 18) -> None:
        """Add lines of text, one below the other."""
        for number, line in enumerate(lines):
            self.text(x, y + step * number, line, kind)

    def line(self, path: str) -> None:
        """Add a line. path: as SVG writes it."""
        self.parts.append(f'<path class="line" d="{path}"/>')

    def arrow(self, x: float, y: float, to_x: float, to_y: float) -> None:
        """Add an arrow from left to right, bent if its ends are at different heights."""
        bend = (to_x - x) / 2
        end = to_x - 7
        self.parts.append(
            f'<path class="line" d="M{x:g} {y:g}C{x + bend:g} {y:g} {to_x - bend:g} {to_y:g} {end:g} {to_y:g}"/>'
            f'<path class="tip" d="M{to_x:g} {to_y:g}l-9 -4.5v9z"/>'
        )

    def __str__(self) -> str:
        """Return the picture as the text of an SVG file."""
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
                f'width="{self.width}" height="{self.height}" role="img">',
                f"<title>{escape(self.title)}</title>",
                f"<style>{STYLE}</style>",
                f'<rect class="card" x="0.5" y="0.5" width="{self.width - 1}" height="{self.height - 1}" rx="8"/>',
                *self.parts,
                "</svg>\n",
            ]
        )
