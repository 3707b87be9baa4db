"""A Python script and the modules beside it, read once: its syntax, its imports, the files that it opens."""

from __future__ import annotations

import ast
import os
import sys
import warnings
from collections.abc import Iterator
from functools import cached_property

from streamtools.python_imports import Import, find_imports, find_opened

PACKAGE = "streamtools"
LOADED_ALREADY = {"abc", "codecs", "encodings", "genericpath", "io", "os", "posixpath", "site", "stat"}  # at the start


class Source:
    """A Python source.

    error: line and message of a syntax error as this Python sees it, else None. is_text: it is no archive of modules.
    """

    def __init__(self, path: str) -> None:
        below = os.path.relpath(path)
        self.path = path if below.startswith(os.pardir) else below
        self.folder = os.path.dirname(os.path.realpath(path))  # the first place where Python looks for modules
        self.tree: ast.Module | None = None
        self.error: tuple[int, str] | None = None
        with open(path, "rb") as file:
            text = file.read()
        self.is_text = b"\0" not in text[: 1 << 12]
        self.changes_path = b"sys.path" in text or b"addsitedir" in text or b"meta_path" in text
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it is the script that should show them
                self.tree = ast.parse(text, path)
                compile(self.tree, path, "exec", dont_inherit=True)
        except SyntaxError as error:
            self.error = (error.lineno or 0, error.msg)
        except (ValueError, RecursionError, MemoryError) as error:
            self.error = (0, str(error))

    @cached_property
    def imports(self) -> list[Import]:
        """The imports that the source does not guard."""
        if self.error or self.tree is None:
            return []
        return [item for item in find_imports(self.tree) if not (item.optional or item.is_typing)]

    @cached_property
    def certain(self) -> set[int]:
        """The lines of imports that are always made: those that stand in no function and under no condition."""
        body = self.tree.body if self.tree else []
        return {node.lineno for node in body if isinstance(node, ast.Import | ast.ImportFrom)}

    def opened(self) -> Iterator[tuple[str, int]]:
        """Yield the names of files that the source opens to read them, with their lines."""
        if self.tree and not self.error:
            yield from find_opened(self.tree)

    def beside(self, name: str) -> str:
        """Return the path of the module of this name beside the source, "" if there is none."""
        for path in (os.path.join(self.folder, f"{name}.py"), os.path.join(self.folder, name, "__init__.py")):
            if os.path.isfile(path):
                return path
        return ""

    def hiding(self) -> dict[str, str]:
        """Return the modules of Python's own library that a file beside the source hides, with its path."""
        names = sys.stdlib_module_names - LOADED_ALREADY - set(sys.builtin_module_names)
        return {
            name: path
            for name in names
            if not name.startswith("_") and os.path.isfile(path := os.path.join(self.folder, f"{name}.py"))
        }


def is_standard(name: str) -> bool:
    """Return whether a module is of Python's own library."""
    return name in sys.stdlib_module_names
