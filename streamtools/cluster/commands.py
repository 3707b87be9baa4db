"""The command of a mapper, combiner or reducer as nodes can run it: by an interpreter, with the files that it names.

    './src/map.py --site 7'   ->   'python3 map.py --site 7'        and src/map.py is shipped
    'st-map words'            ->   'python3 streamtools.pyz st-map words'

Words are told apart by Hadoop's own rules, and what is not replaced stays as it was, quotes and all.
"""

import os
import re
import shlex
from collections.abc import Mapping
from typing import NamedTuple

BUNDLE = "streamtools.pyz"
TOOLS = ("st-map", "st-combine", "st-reduce", "st-cat", "st-sort")  # what a task may run
PYTHON = re.compile(r"python[\d.]*")
SCRIPT = re.compile(r"[\w./-]+\.[a-zA-Z]+")  # what is a script's name, and hardly anything else
CODE_FOLLOWS = {True: set("c"), False: set("er")}  # letters of options of a shell, and of perl, ruby, node and php
TAKES_VALUE = ("-W", "-X", "--check-hash-based-pycs")
OTHERS = ("sh", "bash", "dash", "zsh", "ksh", "perl", "ruby", "Rscript", "node", "php", "lua")


class Word(NamedTuple):
    """A word of a command line and where it stands, its quotes included."""

    text: str
    start: int
    end: int


class Command(NamedTuple):
    """A command for the nodes. script: the file here that it runs; module, code: what `python3 -m` or `-c` is given.

    missing: the script that an interpreter is given, where it is not here.
    """

    text: str
    script: str = ""
    is_python: bool = False
    tool: str = ""
    module: str = ""
    code: str = ""
    program: str = ""  # that has to be there on the nodes
    missing: str = ""


def words(text: str) -> list[Word]:
    """The words by Hadoop's splitter: a quote begins or ends a word and vanishes; there are no escapes."""
    found = []
    for match in re.finditer(r"'([^']*)'?|\"([^\"]*)\"?|([^ '\"]+)", text):
        if word := "".join(group or "" for group in match.groups()):
            found.append(Word(word, match.start(), match.end()))
    return found


def for_nodes(text: str, python: str, shipped: Mapping[str, str]) -> Command:
    """A command as the nodes can run it. shipped: the names that files have in the task -> their paths here."""
    split = words(text)
    if not split:
        return Command(text)
    first = split[0]
    name = os.path.basename(first.text)
    if name in TOOLS:
        return Command(f"{python} {BUNDLE} {name}{text[first.end :]}", is_python=True, tool=name)
    if PYTHON.fullmatch(name):
        return _by_python(text, split, python, shipped)
    if path := local_file(first.text, shipped):
        words_before = interpreter(path, python)
        rewritten = " ".join([*words_before, _called(first, path, shipped)]) + text[first.end :]
        return Command(rewritten, path, words_before[:1] == [python])
    if name in OTHERS:
        return _by_other(text, split, shipped)
    return Command(text, program=first.text)


def _by_python(text: str, split: list[Word], python: str, shipped: Mapping[str, str]) -> Command:
    """`python3 -u map.py ...`: whichever Python is named here, the nodes' own is taken."""
    start = python + text[split[0].end :][: split[1].start - split[0].end if len(split) > 1 else None]
    rest = iter(split[1:])
    for word in rest:
        if word.text in ("-m", "-c"):
            given = next(rest, Word("", 0, 0)).text
            option = {"module": given} if word.text == "-m" else {"code": given}
            return Command(start + text[split[1].start :], is_python=True, **option)
        if word.text in TAKES_VALUE:
            next(rest, None)
        elif not word.text.startswith("-"):
            path = local_file(word.text, shipped)
            if not path:
                return Command(start + text[split[1].start :], is_python=True, missing=word.text)
            called = _called(word, path, shipped)
            return Command(start + text[split[1].start : word.start] + called + text[word.end :], path, True)
    return Command(start + (text[split[1].start :] if len(split) > 1 else ""), is_python=True)


def _by_other(text: str, split: list[Word], shipped: Mapping[str, str]) -> Command:
    """`bash run.sh ...`: the script is shipped, the interpreter is the nodes'."""
    for word in split[1:]:
        if word.text.startswith("-"):
            if not word.text.startswith("--") and set(word.text) & CODE_FOLLOWS[split[0].text.endswith("sh")]:
                break
            continue
        if path := local_file(word.text, shipped):
            called = _called(word, path, shipped)
            return Command(text[: word.start] + called + text[word.end :], path, program=split[0].text)
        return Command(text, program=split[0].text, missing=word.text if SCRIPT.fullmatch(word.text) else "")
    return Command(text, program=split[0].text)


def _called(word: Word, path: str, shipped: Mapping[str, str]) -> str:
    """The name that a file has in the task."""
    return quoted(word.text if word.text in shipped else os.path.basename(path))


def local_file(word: str, shipped: Mapping[str, str]) -> str:
    """The path here of a file that a command names, or "" where it is none of this machine's own."""
    if word in shipped:
        return shipped[word]
    inside = os.path.isabs(word) and os.path.dirname(os.path.realpath(word)) in ("/bin", "/usr/bin", "/usr/local/bin")
    return word if os.path.isfile(word) and not inside else ""


def interpreter(path: str, python: str) -> list[str]:
    """The words before a script that run it, from its name or first line; none for a program of machine code."""
    with open(path, "rb") as file:
        first = file.readline(256)
    if not first.startswith(b"#!"):
        return [python] if path.endswith(".py") else []
    line = shlex.split(os.fsdecode(first[2:].strip()))
    if line and os.path.basename(line[0]) == "env":
        line = [word for word in line[1:] if word != "-S"]
    if not line or path.endswith(".py") or PYTHON.fullmatch(os.path.basename(line[0])):
        return [python, *line[1:]] if line or path.endswith(".py") else []
    return line


def quoted(word: str) -> str:
    """A word such that Hadoop's splitter gives it back."""
    return f'"{word}"' if " " in word else word
