"""The files of a command: its program, the files among its words, and for scripts of Python the modules beside them.

A module counts with all that it imports from there; of a package all sources do, as what is taken of it may be chosen
while it runs.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from streamtools.files import files_below

SHEBANG = 256  # bytes of a first line that the kernel looks at


def files_of(words: Sequence[str], program: str | None) -> list[str]:
    """The files whose content decides what a command does, as far as its command line leads to them, in order.

    Words within a word count too, as in bash -c 'python3 map.py | sort'.
    """
    inside = [part.strip("'\"();") for word in words for part in word.split()]
    named = [name for name in dict.fromkeys([program or "", *words, *inside]) if os.path.isfile(name)]
    scripts = [name for name in named if _is_python(name)]
    found = dict.fromkeys(named)
    for script in scripts:
        found.update(dict.fromkeys(_imported(script, os.path.dirname(os.path.realpath(script)))))
    if words and os.path.basename(words[0]).startswith("python") and {"-m", "-c"} & set(words):
        found.update(dict.fromkeys(_closure(_named(words[words.index("-m" if "-m" in words else "-c") + 1 :]), ".")))
    return list(found)


def _is_python(path: str) -> bool:
    if path.endswith(".py"):
        return True
    with suppress(OSError), open(path, "rb") as file:
        first = file.read(SHEBANG).partition(b"\n")[0]
        return first.startswith(b"#!") and b"python" in first
    return False


def _imported(script: str, folder: str) -> Iterator[str]:
    """The files in a directory that a script there imports, and those that these import."""
    yield from _closure(_names(script), folder)


def _closure(names: Iterable[str], folder: str) -> Iterator[str]:
    waiting, seen = sorted(names), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for path in _sources(os.path.join(folder, name)):
            yield path
            waiting += sorted(_names(path) - seen)


def _sources(base: str) -> Iterator[str]:
    """The sources of the module or package with this path, without suffix; none when it is not there."""
    if os.path.isfile(f"{base}.py"):
        yield f"{base}.py"
    if os.path.isdir(base):
        yield from (path for path in files_below(base) if path.endswith(".py"))


def _names(path: str) -> set[str]:
    """The first names of the modules that a source imports; one that cannot be parsed may import any beside it."""
    import ast

    try:
        with open(path, "rb") as file:
            nodes = list(ast.walk(ast.parse(file.read())))
    except OSError:
        return set()
    except (SyntaxError, ValueError, RecursionError):  # it may be for another Python
        return {name.removesuffix(".py") for name in os.listdir(os.path.dirname(os.path.realpath(path)))}
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    called = {getattr(node, "id", getattr(node, "attr", "")) for node in nodes}
    if called & {"import_module", "__import__", "run_module", "run_path"}:
        texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        names += [text.removesuffix(".py") for text in texts]
    return _named(names)


def _named(words: Iterable[str]) -> set[str]:
    """The first names of dotted ones, also of those within the words of a `python -c`."""
    import re

    return {name for word in words for name in re.findall(r"(?<![\w.])[^\W\d]\w*", word)}
