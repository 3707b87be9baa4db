"""The examples that come with the package: a folder for each, with a job, its data, and what it prints.

example.toml says all that is not in the job itself: the title, the group, what the example does, when to use it and
when not, which of its files are input, and how to run it as a pipe and by st-run.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from streamtools.errors import CannotCreateError, UnavailableError, UsageError
from streamtools.toml_files import read_toml

HOME = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "examples")
ABOUT, EXPECTED = "example.toml", "expected.txt"
KEYS = ("title", "group", "question", "does", "use", "avoid", "data", "pipe", "run")
GROUPS = (  # in the order of a list; others follow
    "First steps",
    "Counting and summing",
    "Filtering and collecting",
    "Sets and joins",
    "Pairs of words",
    "Order and time",
    "Several steps",
    "Graphs",
    "Learning",
)


@dataclass(frozen=True)
class Example:
    """One example, in the directory `folder`.

    question: what it answers. does, use, avoid: what it does, when to use it, and when not. data: files and
    directories that the commands read as input. pipe: it as commands of the shell; run: it as a command line of st-run.
    """

    name: str
    folder: str
    title: str
    group: str
    question: str
    does: str
    use: str
    avoid: str
    data: Sequence[str]
    pipe: str
    run: str

    @property
    def files(self) -> list[str]:
        """The names in its folder."""
        return sorted(name for name in os.listdir(self.folder) if name[0] not in "._")

    @property
    def on_hadoop(self) -> list[str]:
        """The commands that run it on a cluster, in a directory of its name on HDFS."""
        words = [self._on_hdfs(word) for word in shlex.split(self.run)]
        return [
            f"hadoop fs -mkdir -p {self.name}",
            f"hadoop fs -put -f {' '.join(self.data)} {self.name}",
            shlex.join([words[0], "--on", "hadoop", *words[1:]]),
            f"hadoop fs -cat '{self.name}/out/part-*'",
        ]

    def _on_hdfs(self, word: str) -> str:
        """Return a word of the command line with the place on HDFS, if it is one of the inputs or the output."""
        name, equals, value = word.rpartition("=")
        return f"{name}{equals}{self.name}/{value}" if value in (*self.data, "out") else word


def find_examples() -> list[Example]:
    """Return all examples, by group and name. Raises UnavailableError if they are not installed."""
    try:
        names = sorted(name for name in os.listdir(HOME) if os.path.isfile(os.path.join(HOME, name, ABOUT)))
    except OSError:
        problem = "not in this file, which holds what runs on nodes"
        raise UnavailableError("examples", problem, "pip install streamtools") from None
    rank = {group: number for number, group in enumerate(GROUPS)}
    return sorted(map(_read, names), key=lambda example: rank.get(example.group, len(rank)))


def find_example(name: str) -> Example:
    """Return the example of a name. Raises UsageError that suggests those of a similar name."""
    examples = {example.name: example for example in find_examples()}
    if name not in examples:
        raise UsageError(f"--example {name}", "unknown example", _suggest(name, examples))
    return examples[name]


def write_example(example: Example, directory: str) -> None:
    """Copy an example into a new or empty directory. Raises CannotCreateError if there is something in it."""
    if os.path.lexists(directory) and not (os.path.isdir(directory) and not os.listdir(directory)):
        remedy = f"name another directory: st-run --example {example.name} DIR"
        raise CannotCreateError(directory, "already exists", remedy)
    target = os.path.abspath(directory)
    partial = f"{target}.{os.getpid()}"
    try:
        shutil.copytree(example.folder, partial, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        os.rename(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def describe_all(examples: Iterable[Example]) -> str:
    """Return a list of examples in their groups."""
    examples = list(examples)
    width = max(len(example.name) for example in examples)
    lines = []
    for group in dict.fromkeys(example.group for example in examples):
        lines += [group, *(f"  {each.name:{width}}  {each.title}" for each in examples if each.group == group), ""]
    return "\n".join([*lines, "st-run --example NAME [DIR] writes one with its data, and shows how to run it", ""])


def describe(example: Example, directory: str) -> str:
    """Return what an example is about, and the commands that run it in the directory to which it was written."""
    texts = (f"{example.question} {example.does}", f"Use it {example.use}", f"Avoid {example.avoid}")
    sections = {
        "As a pipe": [*_setting(example), *example.pipe.strip().split("\n")],
        "As a job on this machine": [example.run, "cat out/part-*"],
        "As a job on Hadoop": example.on_hadoop,
    }
    lines = [f"{directory}: {', '.join(example.files)}", "", *texts, "", f"  cd {shlex.quote(directory)}"]
    for title, commands in sections.items():
        lines += ["", f"{title}:", "", *(f"  {command}" for command in commands)]
    return "\n".join([*lines, "", f"Each prints what is in {EXPECTED}.", ""])


def _setting(example: Example) -> list[str]:
    """Return the command that lets Python find this package where it runs from a checkout."""
    root = os.path.dirname(os.path.dirname(HOME))
    if "python3" not in example.pipe or os.path.basename(root) in ("site-packages", "dist-packages"):
        return []
    return [f"export PYTHONPATH={shlex.quote(root)}"]


def _read(name: str) -> Example:
    folder = os.path.join(HOME, name)
    table = read_toml(os.path.join(folder, ABOUT))
    table.check_names(KEYS)
    texts = {key: table.text(key) for key in KEYS if key != "data"}
    return Example(name, folder, data=tuple(table.texts("data")), **texts)


def _suggest(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    names = list(known)
    close = get_close_matches(name, names, 1) or [each for each in names if name and name in each]
    return f"did you mean {' or '.join(map(repr, close))}?" if close else "st-run --examples lists them"
