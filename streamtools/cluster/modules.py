"""What a script imports: modules of the user's own, to be shipped, and others, which the nodes must have."""

import ast
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from streamtools.errors import DataError
from streamtools.files import files_below

PACKAGE = "streamtools"
NEWER = {"tomllib": (3, 11), "annotationlib": (3, 14), "compression": (3, 14)}  # modules of Python since this version
GUARDS = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


class Import(NamedTuple):
    """An import in a source: the full name, the line, whether the script can do without it."""

    name: str
    line: int
    optional: bool


@dataclass
class Modules:
    """Names below one directory -> the files here; foreign module -> where it is imported ("map.py: line 3").

    opened: names that a source opens, where they stand in it as they are -> the place.
    """

    files: dict[str, str] = field(default_factory=dict)
    foreign: dict[str, str] = field(default_factory=dict)
    opened: dict[str, str] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    uses_package: bool = False


def parsed(source: bytes, path: str, version: tuple[int, int]) -> ast.Module:
    """The syntax tree of a source; raises DataError when Python of this version cannot read it."""
    try:
        return ast.parse(source, path, feature_version=version)
    except (SyntaxError, ValueError) as error:
        place = f"{path}: line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else path
        told = error.msg if isinstance(error, SyntaxError) else str(error)
    try:
        ast.parse(source, path)
    except (SyntaxError, ValueError):
        raise DataError(place, f"is no Python: {told}", "mend it, and try the job here first") from None
    nodes = ".".join(map(str, version))
    raise DataError(place, f"Python {nodes} of the nodes cannot read this: {told}", "or give their --node-python")


def imports(tree: ast.AST) -> Iterator[Import]:
    """The absolute imports of a source, wherever they stand."""
    yield from _imports(tree, False)


def _imports(node: ast.AST, optional: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(alias.name, node.lineno, optional) for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield Import(node.module, node.lineno, optional)
        yield from (Import(f"{node.module}.{alias.name}", node.lineno, True) for alias in node.names)
    elif isinstance(node, ast.Try):
        guarded = optional or any(_is_guard(handler.type) for handler in node.handlers)
        for part in node.body:
            yield from _imports(part, guarded)
        for handler in node.handlers:
            yield from _imports(handler, guarded)
        for part in [*node.orelse, *node.finalbody]:
            yield from _imports(part, optional)
    elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
        for part in node.orelse:
            yield from _imports(part, optional)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _imports(child, optional)


def _is_guard(kind: "ast.expr | None") -> bool:
    names = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(name is None or getattr(name, "id", "") in GUARDS for name in names)


def opened(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """The names that a source gives to `open` as they are, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open" and node.args:
            name = node.args[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield name.value, node.lineno


def modules_of(
    scripts: Iterable[str], version: tuple[int, int], search: Iterable[str] = (), names: Iterable[str] = ()
) -> Modules:
    """What scripts need: modules beside them or in a directory of `search`, theirs in turn, and what is foreign.

    version: the nodes' Python; names: modules that are needed beyond the imports, as by `python3 -m`.
    Raises DataError for a source that it cannot read, and for two modules of one name.
    """
    found = Modules()
    roots = list(search)
    for script in scripts:
        _Scan(found, [os.path.dirname(script) or ".", *roots], version).source(script)
    scan = _Scan(found, [".", *roots], version)
    for name in names:
        scan.module(Import(name, 0, False), "-m")
    return found


class _Scan:
    """Follows imports from one script, in its own search path."""

    def __init__(self, found: Modules, roots: list[str], version: tuple[int, int]) -> None:
        self.found, self.roots, self.version = found, roots, version

    def source(self, path: str) -> None:
        if path in self.found.sources:
            return
        self.found.sources.append(path)
        with open(path, "rb") as file:
            tree = parsed(file.read(), path, self.version)
        for item in imports(tree):
            self.module(item, path)
        for name, line in opened(tree):
            self.found.opened.setdefault(name, f"{path}: line {line}")

    def module(self, item: Import, importer: str) -> None:
        top = item.name.partition(".")[0]
        if top == PACKAGE:
            self.found.uses_package = True
            return
        for root in self.roots:
            if self.ship(root, top):
                return
        known = self.version >= NEWER[top] if top in NEWER else top in sys.stdlib_module_names
        if not known and not item.optional:
            self.found.foreign.setdefault(top, f"{importer}: line {item.line}" if item.line else importer)

    def ship(self, root: str, top: str) -> bool:
        """Take the module or package of this name in `root`, with what it imports; say whether there is one."""
        module, package = os.path.join(root, f"{top}.py"), os.path.join(root, top)
        if os.path.isfile(module):
            self.take(f"{top}.py", module)
            return True
        files = [path for path in files_below(package) if not _is_left_out(os.path.relpath(path, package))]
        regular = os.path.join(package, "__init__.py") in files
        # without __init__.py Python looks for a package elsewhere first, and modules may lie at any depth
        if not regular and (top in sys.stdlib_module_names or not any(path.endswith(".py") for path in files)):
            return False
        for path in files:
            self.take(os.path.relpath(path, root), path)
        return True

    def take(self, name: str, path: str) -> None:
        other = self.found.files.setdefault(name, path)
        if os.path.realpath(other) != os.path.realpath(path):
            raise DataError(path, f"and {other} are two modules of one name", "rename one: tasks have one directory")
        if path.endswith(".py"):
            self.source(path)


def _is_left_out(name: str) -> bool:
    """Whether a file of a package stays here: what is compiled or hidden; data files are shipped."""
    return name.endswith(".pyc") or any(part.startswith(".") for part in name.split(os.sep))
