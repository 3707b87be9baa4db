"""The modules that a Python source imports and the files that it opens, found in its syntax tree."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

GUARDS = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
WRITES = set("wxa")  # letters of a mode in which a file need not exist
State = tuple[ast.AST, bool, bool]  # a node, and whether imports in it are optional, and are for type checkers only


class Import(NamedTuple):
    """An absolute import.

    name: the full dotted name; optional: the source runs without the module; is_typing: only type checkers see it.
    """

    name: str
    line: int
    optional: bool
    is_typing: bool = False

    @property
    def top(self) -> str:
        """The name of the module or package at the top."""
        return self.name.partition(".")[0]


def find_imports(tree: ast.AST) -> Iterator[Import]:
    """Yield the absolute imports of a syntax tree in their order, also those inside functions and conditions."""
    waiting: list[State] = [(tree, False, False)]
    while waiting:
        node, optional, is_typing = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, optional, is_typing) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield Import(node.module, node.lineno, optional, is_typing)
            # each name may be a module or something in it
            yield from (Import(f"{node.module}.{alias.name}", node.lineno, True, is_typing) for alias in node.names)
        else:
            waiting += reversed(list(_statements(node, optional, is_typing)))


def find_opened(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield the literal names that a source passes to `open` to read them, with their lines.

    What its steps get from other steps is left out: `step(rank, files={"mass": mass})`.
    """
    given = set(_side_data(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open" and node.args:
            name, *rest = node.args
            modes = [*rest[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "mode")]
            writes = any(isinstance(mode, ast.Constant) and WRITES & set(str(mode.value)) for mode in modes)
            if (found := _text(name)) and not writes and found.partition("/")[0] not in given:
                yield found, node.lineno


def _side_data(tree: ast.AST) -> Iterator[str]:
    """Yield the names under which steps that a source makes find the output of others."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "step":
            tables = [keyword.value for keyword in node.keywords if keyword.arg == "files"]
            yield from (_text(key) for table in tables if isinstance(table, ast.Dict) for key in table.keys)


def _text(node: "ast.expr | None") -> str:
    """Return the text that a literal is, "" for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _statements(node: ast.AST, optional: bool, is_typing: bool) -> Iterator[State]:
    """Yield the statements directly inside a node."""
    if isinstance(node, ast.Try):
        guarded = optional or any(_catches_import_error(handler.type) for handler in node.handlers)
        yield from ((child, guarded, is_typing) for child in [*node.body, *node.handlers])
        yield from ((child, optional, is_typing) for child in [*node.orelse, *node.finalbody])
    elif isinstance(node, ast.If) and _names_type_checking(node.test):
        yield from ((child, optional, True) for child in node.body)
        yield from ((child, optional, is_typing) for child in node.orelse)
    else:
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.expr):
                yield child, optional, is_typing


def _catches_import_error(kind: "ast.expr | None") -> bool:
    names = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(name is None or getattr(name, "id", "") in GUARDS for name in names)


def _names_type_checking(test: ast.expr) -> bool:
    return any("TYPE_CHECKING" in (getattr(node, "id", ""), getattr(node, "attr", "")) for node in ast.walk(test))
