"""Make the pages of the guide that repeat what stands elsewhere: the cookbook and the commands (`make pages`)."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
from places import ROOT

from streamtools.cli.library import Library
from streamtools.cli.tools import TOOLS
from streamtools.launch.examples import EXPECTED, Example, find_examples

GUIDE = ROOT / "streamtools" / "guide"
WIDTH = 100  # of help texts
SHOWN = 3  # lines of a result
CORE = {  # what is shown of longer examples; of others: the jobs, their functions and the flow
    "breadth-first-search": ("search", "go", "nearest", "flow"),
    "category-availability": ("spread", "tell_parent", "listen", "flow"),
    "k-means": ("move", "nearest", "add", "middle", "again"),
    "mini-mapreduce": ("group_by_key", "reduce_by_key", "words"),
    "pagerank": ("spread", "gather", "flow"),
    "pagerank-dangling": ("mass", "rank", "dangling", "total", "gather", "again"),
    "parameter-sweep": ("job", "trial", "best"),
    "pool-of-processes": ("count_words", "__main__"),
    "total-sort": ("some_keys", "cuts", "by_part", "without_part", "flow"),
    "two-coins": ("learn", "share", "estimate", "again"),
}
COOKBOOK = """# Cookbook

Find the example that answers your question, and start from it: each is a job that runs, with a few lines of data.

```console
$ st-run --example word-count > how-to-run-it.txt
$ cd word-count
$ st-run --quiet --job word_count.py -input be.txt -output out
$ cat out/part-*
be	2
not	1
or	1
to	2
```

`st-run --example NAME` writes an example into a directory of that name, and prints how to run it as a pipe, as a job on
this machine, and on Hadoop. The commands below are those for this machine, in that directory. `st-run --examples` lists
all of them. What `Job` and its decorators mean is in [Jobs in Python](jobs.md).
"""
COMMANDS = """# Commands

Look up the options of a command: these are the texts that `--help` shows.

"""


def make_pages() -> dict[Path, str]:
    """Return the text of each page that is made."""
    return {GUIDE / "cookbook.md": make_cookbook(), GUIDE / "commands.md": make_commands()}


def make_cookbook() -> str:
    """Return the page of all examples: an index of questions, then an entry for each example."""
    examples = find_examples()
    groups = dict.fromkeys(example.group for example in examples)
    parts = [COOKBOOK]
    for group in groups:
        rows = [f"| {each.question} | [{each.name}](#{each.name}) |" for each in examples if each.group == group]
        parts.append("\n".join([f"| {group} | |", "|---|---|", *rows, ""]))
    for group in groups:
        parts.append(f"## {group}\n")
        parts += [describe(each, [other.name for other in examples]) for each in examples if each.group == group]
    return "\n".join(parts)


def describe(example: Example, names: list[str]) -> str:
    """Return the entry of an example. names: those of all examples, which become links."""
    texts = {"Use": f"it {example.use}", "Avoid": example.avoid}
    return "\n".join(
        [
            f"### {example.name}\n",
            wrap(f"**{example.question}** {mark(example.does, names)}") + "\n",
            *(f"```python not-run\n{core}\n```\n" for core in [core_of(example)] if core),
            f"```\n{session_of(example)}\n```\n",
            *(wrap(f"- *{verb}* {mark(text, names)}") for verb, text in texts.items()),
            f"- *Get it:* `st-run --example {example.name}`\n",
        ]
    )


def core_of(example: Example) -> str:
    """Return the lines of an example's Python file that matter: its jobs, their functions and the flow."""
    for name in example.files:
        if name.endswith(".py"):
            text = (Path(example.folder) / name).read_text()
            return "\n".join(core_lines(text, CORE.get(example.name, ()))).strip("\n")
    return ""


def core_lines(text: str, names: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines of the statements of these names; without names, of what belongs to a Job or a flow."""
    lines = text.split("\n")
    for node in ast.parse(text).body:
        if not (name_of(node) in names if names else is_of_a_job(node)):
            continue
        first = node.lineno
        if isinstance(node, ast.FunctionDef):
            first = min([first, *(decorator.lineno for decorator in node.decorator_list)])
            yield ""
        yield from lines[first - 1 : node.end_lineno]
        if isinstance(node, ast.FunctionDef):
            yield ""


def name_of(node: ast.stmt) -> str:
    """Return the name that a statement defines, `__main__` of a condition, or an empty string."""
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0])
    if isinstance(node, ast.If):
        return "__main__"
    return node.name if isinstance(node, ast.FunctionDef) else ""


def is_of_a_job(node: ast.stmt) -> bool:
    """Return whether a statement makes or extends a job or a flow."""
    if isinstance(node, ast.FunctionDef):
        return bool(node.decorator_list)
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call)  # job.option(...)
    return isinstance(node, ast.Assign)


def session_of(example: Example) -> str:
    """Return the commands that run an example, and the first lines of its result."""
    result = (Path(example.folder) / EXPECTED).read_text().rstrip("\n").split("\n")
    first = f" | head -n {SHOWN}" if len(result) > SHOWN else ""
    shown = [line.rstrip() for line in result[:SHOWN]]
    lines = [f"$ {fold(example.run)}", f"$ cat out/part-*{first}", *shown]
    if example.pipe.startswith("python3") and "|" not in example.pipe and "--job" not in example.run:
        lines = [f"$ {example.pipe}{first}", *shown, *lines]  # its file has no Job
    return "\n".join(lines)


def fold(command: str) -> str:
    """Return a command of the shell, in several lines if it is a long one: cut before options of the job."""
    lines = [""]
    for piece in re.split(r" (?=-(?:input|inputformat|output|mapper|combiner|reducer) )", command):
        if lines[-1] and len(lines[-1]) + len(piece) > WIDTH:
            lines.append("   ")
        lines[-1] += f" {piece}" if lines[-1] else piece
    return " \\\n".join(lines)


def mark(text: str, names: list[str]) -> str:
    """Return a text with links to examples that it names, and with commands and options marked as code."""
    option = r"--?[a-z]{4}[-a-z]*( [A-Z]+\b)?"
    code = rf"`[^`]*`|(?<![-\w])(st-[a-z]+\b( {option})?|{option})"
    text = re.sub(code, lambda match: f"`{match[0].strip('`')}`", text)
    found = "|".join(sorted(names, key=len, reverse=True))
    return re.sub(rf"\b(see|as) ({found})\b", r"\1 [\2](#\2)", text)


def wrap(text: str) -> str:
    """Return a paragraph, or an item of a list, in lines of the width of the other pages."""
    indent = "  " if text.startswith("- ") else ""
    return textwrap.fill(text, 119, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def make_commands() -> str:
    """Return the page of all commands: an index, then the help of each command and of the stages in it."""
    index, parts = ["| command | does | parts |", "|---|---|---|"], []
    for name in TOOLS:
        command = find_command(name)
        stages = command.commands if isinstance(command, Library) and name != "st-combine" else {}
        links = " ".join(f"[{each}](#{name}-{each})" for each in stages)
        index.append(f"| [{name}](#{name}) | {TOOLS[name]} | {links} |")
        parts.append(show_help("##", name, command))
        parts += [show_help("###", f"{name} {each}", stage) for each, stage in stages.items()]
    return COMMANDS + "\n".join([*index, "", *parts])


def find_command(name: str) -> click.Command:
    """Return the click command of an executable."""
    module = import_module(f"streamtools.cli.{name.replace('-', '_')}")
    return next(each for each in vars(module).values() if isinstance(each, click.Command) and each.name == name)


def show_help(heading: str, name: str, command: click.Command) -> str:
    """Return the section of a command: its help under a heading."""
    settings = {"help_option_names": ["-h", "--help"], **command.context_settings}
    context = click.Context(command, info_name=name, terminal_width=WIDTH, max_content_width=WIDTH, **settings)
    text = (
        command.get_help(context).rstrip().replace("-help, -h,", "-h, -help,")
    )  # click has them in a set, in any order
    return f"{heading} {name}\n\n```text\n{text}\n```\n"


if __name__ == "__main__":
    for path, text in make_pages().items():
        path.write_text(text)
