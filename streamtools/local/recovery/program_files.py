"""The files that decide what a command does: its program, files among its words, and modules beside Python scripts.

--resume compares them, so rather too many are found than too few: a package counts with all its sources, because the
script may choose among them while it runs.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from streamtools.files import files_below

SHEBANG = 256  # bytes of the first line that the kernel reads
DYNAMIC_IMPORTS = {"import_module", "__import__", "run_module", "run_path"}


def find_program_files(words: Sequence[str], program: str | None) -> list[str]:
    """Return the files that the words of a command lead to, in order. program: the path of the first word, if known.

    Words within a word count too, as in bash -c 'python3 map.py | sort'.
    """
    inside = [part.strip("'\"();") for word in words for part in word.split()]
    named = [name for name in dict.fromkeys([program or "", *words, *inside]) if os.path.isfile(name)]
    scripts = [name for name in named if _is_python(name)]
    found = dict.fromkeys(named)
    for script in scripts:
        folder = os.path.dirname(os.path.realpath(script))
        found.update(dict.fromkeys(_follow_imports(_imported_names(script), folder)))
    if words and os.path.basename(words[0]).startswith("python") and {"-m", "-c"} & set(words):
        code = words[words.index("-m" if "-m" in words else "-c") + 1 :]
        found.update(dict.fromkeys(_follow_imports(_names_in(code), ".")))
    return list(found)


def _is_python(path: str) -> bool:
    if path.endswith(".py"):
        return True
    with suppress(OSError), open(path, "rb") as file:
        first = file.read(SHEBANG).partition(b"\n")[0]
        return first.startswith(b"#!") and b"python" in first
    return False


def _follow_imports(names: Iterable[str], folder: str) -> Iterator[str]:
    """Yield the sources of the modules of these names in a directory, and of those that they import."""
    waiting, seen = sorted(names), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for path in _sources(os.path.join(folder, name)):
            yield path
            waiting += sorted(_imported_names(path) - seen)


def _sources(base: str) -> Iterator[str]:
    """Yield the sources of the module or package whose path without suffix is `base`, if it exists."""
    if os.path.isfile(f"{base}.py"):
        yield f"{base}.py"
    if os.path.isdir(base):
        yield from (path for path in files_below(base) if path.endswith(".py"))


def _imported_names(path: str) -> set[str]:
    """Return the top-level names of the modules that a source imports.

    A source that cannot be parsed may import any module beside it.
    """
    import ast

    from streamtools.python_imports import find_imports

    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
    except OSError:
        return set()
    except (SyntaxError, ValueError, RecursionError):  # it may be for another Python
        return {name.removesuffix(".py") for name in os.listdir(os.path.dirname(os.path.realpath(path)))}
    names = {item.top for item in find_imports(tree)}
    nodes = list(ast.walk(tree))
    if DYNAMIC_IMPORTS & {getattr(node, "id", getattr(node, "attr", "")) for node in nodes}:
        texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        names |= _names_in(text.removesuffix(".py") for text in texts)
    return names


def _names_in(texts: Iterable[str]) -> set[str]:
    """Return all identifiers in texts that may be modules: dotted names count by their first part."""
    return {name for text in texts for name in re.findall(r"(?<![\w.])[^\W\d]\w*", text)}
