"""A session in a terminal as an animated SVG: real commands, what they print, and the time in which one reads that.

It plays once, and stays as it is at the end; where motion is not wanted, it stands still from the beginning.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from places import BIN, SAMPLE

COLUMNS = 104
CHARACTER, LINE, MARGIN, BAR = 8.0, 19, 16, 34  # pixels
TYPED, SHOWN, READ = 0.025, 0.04, 1.2  # seconds: for a character, for a line of output, after a command

JOB = """from streamtools import Job

job = Job(value=int)

@job.map
def words(line):
    for word in line.split():
        yield word, 1

@job.reduce(combine=True)
def total(word, counts):
    yield word, sum(counts)

if __name__ == "__main__":
    job.main()
"""
COMMANDS = (  # what each shows, and how
    ("count words: map, sort, reduce", "st-map words < wheels.txt | st-sort | st-reduce | head -n 3"),
    (
        "the users of a log with most lines, out of a .7z",
        "st-cat adlog.tsv.7z | st-map | st-sort | st-reduce | st-reduce top -n 3",
    ),
    (
        "the same on all cores, with Hadoop's options and part files",
        "st-run --quiet -input adlog.tsv.7z -output users -mapper st-map -reducer st-reduce -numReduceTasks 2",
    ),
    ("", "ls users"),
    ("a job of your own", "cat words.py"),
    ("", "st-run --quiet --stdout --job words.py -input wheels.txt | head -n 3"),
    ("on a cluster later", "st-run --on hadoop --dry-run --job words.py -input books -output words"),
)
STYLE = """
  .back { fill: #0d1117; stroke: #3d444d }
  .bar { fill: #151b23 }
  text { fill: #c9d1d9; font: 13.3px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre }
  .command { fill: #f0f6fc; font-weight: 600 }
  .comment { fill: #3fb950 }
  @keyframes appear { from { opacity: 0 } to { opacity: 1 } }
  @keyframes type { from { clip-path: inset(0 100% 0 0) } to { clip-path: inset(0 0 0 0) } }
  @media (prefers-reduced-motion: reduce) { text { animation: none !important } }
"""


class Line(NamedTuple):
    """A line of the screen. starts: seconds from the beginning. kind: command, comment or output."""

    text: str
    starts: float
    kind: str


class Answer(NamedTuple):
    """What a command has printed. comment: what it shows, or an empty string."""

    comment: str
    command: str
    printed: str


def record(commands: Sequence[tuple[str, str]], folder: Path) -> list[Answer]:
    """Run commands one after the other in a folder with some of the sample data; return what they print."""
    for name in ("wheels.txt", "adlog.tsv.7z"):
        (folder / name).symlink_to(SAMPLE / name)
    (folder / "words.py").write_text(JOB)
    path = f"{BIN}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    answers = []
    for comment, command in commands:
        done = subprocess.run(["bash", "-c", command], cwd=folder, env={**os.environ, "PATH": path}, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # fmt: skip
        answers.append(Answer(comment, command, done.stdout.replace(f"{folder}/", "")))
    return answers


def lay_out(answers: Sequence[Answer]) -> Iterator[Line]:
    """Yield the lines of the screen, long ones in several pieces, with the moment in which each appears."""
    now = 0.5
    for comment, command, printed in answers:
        if comment:
            yield Line(f"# {comment}", now, "comment")
            now += READ
        for piece in cut(f"$ {command}"):
            yield Line(piece, now, "command")
            now += TYPED * len(piece)
        for text in printed.expandtabs().splitlines():
            for piece in cut(text):
                now += SHOWN
                yield Line(piece, now, "output")
        now += READ


def cut(text: str) -> list[str]:
    """Return a line in pieces of at most COLUMNS characters, as a terminal wraps it."""
    return [text[begin : begin + COLUMNS] for begin in range(0, len(text), COLUMNS)] or [""]


def render(lines: Sequence[Line], title: str) -> str:
    """Return the session as the text of an SVG file."""
    width, height = round(COLUMNS * CHARACTER) + 2 * MARGIN, BAR + LINE * len(lines) + 2 * MARGIN
    dots = "".join(f'<circle cx="{20 + 18 * number}" cy="17" r="5.5" fill="{colour}"/>'
                   for number, colour in enumerate(("#f85149", "#d29922", "#3fb950")))  # fmt: skip
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="back" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
            f'<path class="bar" d="M1 {BAR}V8a7 7 0 0 1 7-7H{width - 8}a7 7 0 0 1 7 7v{BAR - 8}z"/>{dots}',
            *(draw_line(line, BAR + MARGIN + LINE * number + 10) for number, line in enumerate(lines)),
            "</svg>\n",
        ]
    )


def draw_line(line: Line, y: float) -> str:
    """Return the element of a line of the screen; it is as wide as its characters in any font."""
    size = f'textLength="{len(line.text) * CHARACTER:g}" lengthAdjust="spacingAndGlyphs"' if line.text else ""
    begin = f"animation: appear 0.01s {line.starts:.2f}s both"
    if line.kind == "command":
        begin = f"animation: type {TYPED * len(line.text):.2f}s steps({len(line.text)}) {line.starts:.2f}s both"
    return f'<text class="{line.kind}" style="{begin}" x="{MARGIN}" y="{y:g}" {size}>{escape(line.text)}</text>'
