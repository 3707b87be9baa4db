"""The Markdown pages as blocks that can be run: README.md and streamtools/guide/*.md.

How a page is written. A block that begins with

    ```console            has commands behind `$ `, each followed by what it prints, to stdout and to stderr. A line
                          behind `> ` goes on with the command above it. Every block is a shell of its own.
    ```console cluster    the same for a running Hadoop, and only stdout. `make test-hadoop` runs it.
    ```python             is Python code; all of a page shares its names. A ```text block behind it has what it prints.
    ```LANGUAGE file=NAME is a file, which is written when it is reached, so that a later block can change it.
    ```console not-run    is for reading, as are all other languages. Of ```python not-run the syntax is checked.

All blocks of a page run in their order in one new folder with a link to sample_data in it, on the PATH first st-run and
the other tools, then the Python that runs this. In what is printed, `...` stands for any text in a line, and for any
lines where it stands alone: for times, process ids, temporary folders. `/...` is written for the path of the folder.

A page begins with `# TITLE` and a sentence that says what it is about; `st-run --guide` lists both.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from places import BIN, ROOT, SAMPLE

PAGES = [ROOT / "README.md", *sorted((ROOT / "streamtools/guide").glob("*.md"))]
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^``` *$", re.MULTILINE | re.DOTALL)
CONSOLE, CLUSTER, PYTHON, FILE, UNRUN, TEXT = "console", "console cluster", "python", "file", "python not-run", "text"


@dataclass(frozen=True)
class Block:
    """A block of a page. kind: what stands behind its fence, "file" for all files. line: its first one in the page.

    file: its name, if it is one. start: the offset of its content in the page.
    """

    kind: str
    content: str
    line: int
    start: int
    file: str = ""


@dataclass(frozen=True)
class Answer:
    """What a block printed. shown: the block in which the page shows it."""

    shown: Block
    printed: str

    @property
    def is_as_shown(self) -> bool:
        """Whether the page shows what was printed."""
        lines = ("(?:.*\n)*?" if line == "..." else as_pattern(line) for line in self.shown.content.splitlines())
        return re.fullmatch("".join(lines), self.printed) is not None


def as_pattern(line: str) -> str:
    return re.escape(line).replace(re.escape("..."), ".*") + "\n"


def read_blocks(text: str) -> list[Block]:
    """Return the blocks of a page."""
    blocks = []
    for match in FENCE.finditer(text):
        kind, _, file = match[1].strip().partition(" file=")
        line = text.count("\n", 0, match.start(2)) + 1
        blocks.append(Block("file" if file else kind, match[2], line, match.start(2), file))
    return blocks


def run_blocks(text: str, folder: Path, environment: dict[str, str], kinds: set[str]) -> Iterator[Answer]:
    """Run the blocks of a page that are of these kinds, in a folder; yield what each prints."""
    (folder / "sample_data").symlink_to(SAMPLE)
    blocks = read_blocks(text)
    names: dict[str, object] = {"__name__": "__main__"}
    for block, following in zip(blocks, [*blocks[1:], None]):
        if block.kind not in kinds:
            continue
        if block.kind == FILE:
            (folder / block.file).write_text(block.content)
        elif block.kind == PYTHON:
            printed = run_python(block, names, folder)
            if following and following.kind == TEXT:
                yield Answer(following, printed)
        elif block.kind == UNRUN:
            ast.parse(block.content)
        else:
            yield Answer(block, hide_places(run_commands(block, folder, environment), folder))


def run_commands(block: Block, folder: Path, environment: dict[str, str]) -> str:
    """Run the commands of a block as a script that prints each before its output; return all it prints."""
    script = "".join(f"printf '%s\\n' {shlex.quote(shown)}\n{command}\n" for shown, command in read_commands(block))
    python = Path(sys.executable).parent  # of an environment in which streamtools is installed
    path = f"{BIN}{os.pathsep}{python}{os.pathsep}{environment['PATH']}"
    errors = subprocess.PIPE if block.kind == CLUSTER else subprocess.STDOUT
    environment = {**environment, "PATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # plugins take half of its time
    done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment, timeout=300,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)  # fmt: skip
    if block.kind == CLUSTER and done.returncode:
        return f"{done.stdout.decode()}status {done.returncode}\n{done.stderr.decode()}"
    return done.stdout.decode()


def clear_cluster(text: str, environment: dict[str, str]) -> None:
    """Remove from HDFS what an earlier run of a page has made there."""
    blocks = "".join(block.content for block in read_blocks(text) if block.kind == CLUSTER)
    made = set(re.findall(r" (?:-mkdir -p|-output) (\S+)", blocks))
    command = ["hadoop", "fs", "-rm", "-r", "-f", "-skipTrash", *made]
    subprocess.run(command, env=environment, capture_output=True, timeout=60, check=True)


def hide_places(text: str, folder: Path) -> str:
    """Replace what is particular to this run: its folder, that of its Python, and the one for temporary files."""
    for place in (folder, Path(sys.executable).parent):
        text = text.replace(str(place), "/...")
    return text.replace(tempfile.gettempdir(), "/tmp")


def read_commands(block: Block) -> list[tuple[str, str]]:
    """Return the commands of a block, each as the page shows it and as the shell takes it."""
    found: list[list[str]] = []
    is_command = False
    for line in block.content.splitlines():
        if line.startswith("$ "):
            found.append([line])
            is_command = True
        elif is_command and line.startswith("> "):
            found[-1].append(line)
        else:
            is_command = False
    return [("\n".join(lines), "\n".join(line[2:] for line in lines)) for lines in found]


def run_python(block: Block, names: dict[str, object], folder: Path) -> str:
    """Run a block with the names of those before it, as if the folder were the present one; return what it prints."""
    printed = io.StringIO()
    before, modules = os.getcwd(), set(sys.modules)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile("\n" * (block.line - 1) + block.content, "page", "exec"), names)
    finally:
        sys.path.remove(str(folder))
        os.chdir(before)
        for name in set(sys.modules) - modules:
            if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(folder)):
                del sys.modules[name]  # another page has a file of the same name
    return printed.getvalue()


def record(path: Path, answers: list[Answer]) -> None:
    """Write into a page what its blocks printed, where it shows something else."""
    text = path.read_text()
    for answer in sorted(answers, key=lambda answer: -answer.shown.start):
        if not answer.is_as_shown:
            end = answer.shown.start + len(answer.shown.content)
            text = text[: answer.shown.start] + answer.printed + text[end:]
    path.write_text(text)


def find_broken_links(path: Path, text: str) -> list[str]:
    """Return the links of a page to files that do not exist, and to headings that no page has."""
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text)):
        if re.match(r"\w+:", target):
            continue
        name, _, anchor = target.partition("#")
        other = path.parent / name if name else path
        if not other.exists() or (anchor and anchor not in find_anchors(other.read_text())):
            broken.append(target)
    return broken


def find_anchors(text: str) -> set[str]:
    """Return the anchors that a code host gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
