"""The modules that scripts import: the user's own, which are shipped, and foreign ones, which the nodes must have."""

import ast
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field

from streamtools.errors import DataError
from streamtools.files import files_below
from streamtools.python_imports import Import, find_imports, find_opened

PACKAGE = "streamtools"
NEWER = {"tomllib": (3, 11), "annotationlib": (3, 14), "compression": (3, 14)}  # standard modules since this version
Version = tuple[int, int]


@dataclass
class Modules:
    """The modules that scripts need.

    files: names in the task -> local paths. foreign: module -> the place that imports it ("map.py: line 3").
    opened: literal names that a source passes to `open` -> the place. sources: all sources that were read.
    """

    files: dict[str, str] = field(default_factory=dict)
    foreign: dict[str, str] = field(default_factory=dict)
    opened: dict[str, str] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    uses_package: bool = False


def find_modules(
    scripts: Iterable[str], version: Version, search: Iterable[str] = (), names: Iterable[str] = ()
) -> Modules:
    """Return what scripts import, directly or not, from their own directories and those of `search`.

    version: the Python of the nodes; names: further modules that are needed, as by `python3 -m`.
    Raises DataError for a source that cannot be parsed, and for two modules of the same name.
    """
    found = Modules()
    roots = list(search)
    for script in scripts:
        _Scan(found, [os.path.dirname(script) or ".", *roots], version).read_source(script)
    scan = _Scan(found, [".", *roots], version)
    for name in names:
        scan.add_module(Import(name, 0, False), "-m")
    return found


class _Scan:
    """Follows the imports of one script along its search path."""

    def __init__(self, found: Modules, roots: list[str], version: Version) -> None:
        self.found, self.roots, self.version = found, roots, version

    def read_source(self, path: str) -> None:
        """Add what a source imports and opens, unless it has been read before."""
        if path in self.found.sources:
            return
        self.found.sources.append(path)
        with open(path, "rb") as file:
            tree = _parse(file.read(), path, self.version)
        for item in find_imports(tree):
            if not item.is_typing:
                self.add_module(item, path)
        for name, line in find_opened(tree):
            self.found.opened.setdefault(name, f"{path}: line {line}")

    def add_module(self, item: Import, importer: str) -> None:
        """Add an imported module to the files, or to the foreign modules if it is in no directory of the path."""
        top = item.top
        if top == PACKAGE:
            self.found.uses_package = True
            return
        for root in self.roots:
            if self._take_from(root, top):
                return
        is_standard = self.version >= NEWER[top] if top in NEWER else top in sys.stdlib_module_names
        if not is_standard and not item.optional:
            self.found.foreign.setdefault(top, f"{importer}: line {item.line}" if item.line else importer)

    def _take_from(self, root: str, top: str) -> bool:
        """Take the module or package of this name from a directory; return whether it is there."""
        module, package = os.path.join(root, f"{top}.py"), os.path.join(root, top)
        if os.path.isfile(module):
            self._take(f"{top}.py", module)
            return True
        files = [path for path in files_below(package) if not _is_left_out(os.path.relpath(path, package))]
        is_regular = os.path.join(package, "__init__.py") in files
        # without __init__.py Python looks for a package elsewhere first, and modules may lie at any depth
        if not is_regular and (top in sys.stdlib_module_names or not any(path.endswith(".py") for path in files)):
            return False
        for path in files:
            self._take(os.path.relpath(path, root), path)
        return True

    def _take(self, name: str, path: str) -> None:
        other = self.found.files.setdefault(name, path)
        if os.path.realpath(other) != os.path.realpath(path):
            raise DataError(path, f"has the same module name as {other}", "rename one: tasks have one directory")
        if path.endswith(".py"):
            self.read_source(path)


def _parse(source: bytes, path: str, version: Version) -> ast.Module:
    """Parse a source. Raises DataError if Python of this version cannot read it."""
    try:
        return ast.parse(source, path, feature_version=version)
    except (SyntaxError, ValueError) as error:
        place = f"{path}: line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else path
        problem = error.msg if isinstance(error, SyntaxError) else str(error)
    try:
        ast.parse(source, path)
    except (SyntaxError, ValueError):
        raise DataError(place, f"invalid Python: {problem}", "fix it, and try the job here first") from None
    nodes = ".".join(map(str, version))
    remedy = "change it, or give the version of the nodes with --node-python"
    raise DataError(place, f"Python {nodes} of the nodes cannot read this: {problem}", remedy)


def _is_left_out(name: str) -> bool:
    """Return whether a file of a package is not shipped because it is compiled or hidden. Data files are shipped."""
    return name.endswith(".pyc") or any(part.startswith(".") for part in name.split(os.sep))
