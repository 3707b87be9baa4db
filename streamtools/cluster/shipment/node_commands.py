"""Rewriting of a mapper, combiner or reducer command so that nodes can run it.

    './src/map.py --site 7'   ->   'python3 map.py --site 7'        and src/map.py is shipped
    'st-map words'            ->   'python3 streamtools.pyz st-map words'

Words are split by Hadoop's own rules. Text that is not replaced stays as it was, quotes included.
"""

import os
import re
import shlex
from collections.abc import Mapping
from typing import NamedTuple

from streamtools.java.words import Word, find_words, quote

BUNDLE = "streamtools.pyz"
TOOLS = ("st-map", "st-combine", "st-reduce", "st-cat", "st-sort")  # those that a task may run
PYTHON = re.compile(r"python[\d.]*")
SCRIPT = re.compile(r"[\w./-]+\.[a-zA-Z]+")  # looks like the name of a script, and hardly like anything else
CODE_FOLLOWS = {True: set("c"), False: set("er")}  # letters of options of a shell, and of perl, ruby, node and php
TAKES_VALUE = ("-W", "-X", "--check-hash-based-pycs")
SYSTEM_FOLDERS = ("/bin", "/usr/bin", "/usr/local/bin")
OTHERS = ("sh", "bash", "dash", "zsh", "ksh", "perl", "ruby", "Rscript", "node", "php", "lua")


class Command(NamedTuple):
    """A command for the nodes.

    text: the command line. script: the local file that it runs. tool: the tool of streamtools that it runs.
    module, code: the argument of `python3 -m` or `-c`. program: a program that the nodes must have.
    missing: the script given to an interpreter, if there is no such file here.
    """

    text: str
    script: str = ""
    is_python: bool = False
    tool: str = ""
    module: str = ""
    code: str = ""
    program: str = ""
    missing: str = ""


def rewrite_for_nodes(text: str, python: str, shipped: Mapping[str, str]) -> Command:
    """Return a command as the nodes can run it.

    python: the command for Python on the nodes; shipped: maps names of files in the task to local paths.
    """
    words = find_words(text)
    if not words:
        return Command(text)
    first = words[0]
    name = os.path.basename(first.text)
    if name in TOOLS:
        return Command(f"{python} {BUNDLE} {name}{text[first.end :]}", is_python=True, tool=name)
    if PYTHON.fullmatch(name):
        return _rewrite_python(text, words, python, shipped)
    if path := local_file(first.text, shipped):
        words_before = interpreter_of(path, python)
        rewritten = " ".join([*words_before, _name_in_task(first, path, shipped)]) + text[first.end :]
        return Command(rewritten, path, words_before[:1] == [python])
    if name in OTHERS:
        return _rewrite_other(text, words, shipped)
    return Command(text, program=first.text)


def _rewrite_python(text: str, words: list[Word], python: str, shipped: Mapping[str, str]) -> Command:
    """Rewrite `python3 -u map.py ...`. Any Python named here becomes the nodes' own."""
    start = python + text[words[0].end :][: words[1].start - words[0].end if len(words) > 1 else None]
    rest = iter(words[1:])
    for word in rest:
        if word.text in ("-m", "-c"):
            given = next(rest, Word("", 0, 0)).text
            option = {"module": given} if word.text == "-m" else {"code": given}
            return Command(start + text[words[1].start :], is_python=True, **option)
        if word.text in TAKES_VALUE:
            next(rest, None)
        elif not word.text.startswith("-"):
            path = local_file(word.text, shipped)
            if not path:
                return Command(start + text[words[1].start :], is_python=True, missing=word.text)
            name = _name_in_task(word, path, shipped)
            return Command(start + text[words[1].start : word.start] + name + text[word.end :], path, True)
    return Command(start + (text[words[1].start :] if len(words) > 1 else ""), is_python=True)


def _rewrite_other(text: str, words: list[Word], shipped: Mapping[str, str]) -> Command:
    """Rewrite `bash run.sh ...`. The script is shipped, the interpreter is the nodes' own."""
    program = words[0].text
    for word in words[1:]:
        if word.text.startswith("-"):
            if not word.text.startswith("--") and set(word.text) & CODE_FOLLOWS[program.endswith("sh")]:
                break
            continue
        if path := local_file(word.text, shipped):
            name = _name_in_task(word, path, shipped)
            return Command(text[: word.start] + name + text[word.end :], path, program=program)
        return Command(text, program=program, missing=word.text if SCRIPT.fullmatch(word.text) else "")
    return Command(text, program=program)


def _name_in_task(word: Word, path: str, shipped: Mapping[str, str]) -> str:
    """Return the name that a file has in the task, quoted if necessary."""
    return quote(word.text if word.text in shipped else os.path.basename(path))


def local_file(word: str, shipped: Mapping[str, str]) -> str:
    """Return the path of the local file that a command names, or "" for a program of the system or no file."""
    if word in shipped:
        return shipped[word]
    is_system = os.path.isabs(word) and os.path.dirname(os.path.realpath(word)) in SYSTEM_FOLDERS
    return word if os.path.isfile(word) and not is_system else ""


def interpreter_of(path: str, python: str) -> list[str]:
    """Return the words that run a script, from its name or its first line; [] for machine code."""
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
