"""The architecture, held by tests: who may import whom, and what start-up may cost."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from places import BIN, ROOT

PACKAGE = ROOT / "streamtools"
LAYERS = [  # from the bottom up; a module imports from its own group, if it is a package, and from groups below
    {"errors"},
    {"records", "reporter", "files", "signals", "stage", "units", "allocator", "exit_status", "python_imports"},
    {"terminal"},
    {"java"},
    {"keyspec"},
    {"partition"},
    {"sort"},
    {"mappers", "reducers"},
    {"inputs", "hdfs"},
    {"packing", "sort_files"},
    {"formats"},
    {"job"},
    {"standins"},
    {"local", "cluster"},
    {"launch"},
    {"cli"},
    {"__main__"},
]
HEAVY = ["smart_open", "py7zr", "rich", "lzma", "bz2", "json", "tempfile", "multiprocessing", "asyncio"]
SOURCES = sorted(PACKAGE.rglob("*.py"))


def layer_of(name: str) -> int:
    return next(number for number, names in enumerate(LAYERS) if name in names)


def imports(path: Path) -> set[str]:
    """The parts of streamtools that a module imports, by the first name below the package."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = (
                [node.module] if node.module != "streamtools" else [f"streamtools.{alias.name}" for alias in node.names]
            )
        found |= {name.split(".")[1] for name in names if name.startswith("streamtools.")}
    return found - {"__version__"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downwards(path):
    here = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if here == "__init__":
        assert not imports(path)
        return
    for name in imports(path) - {here}:
        assert layer_of(name) < layer_of(here), f"{here} imports {name}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_executables_know_click(path):
    if path.relative_to(PACKAGE).parts[0] != "cli":
        assert "import click" not in path.read_text()


@pytest.mark.parametrize("tool", ["st-cat", "st-pack", "st-map", "st-combine", "st-sort", "st-reduce", "st-hadoop"])
def test_start_up_imports_nothing_heavy(tool):
    code = (
        f"import sys; sys.argv[0] = {tool!r}; from streamtools.cli import {tool.replace('-', '_')}; print(*sys.modules)"
    )
    loaded = (
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True).stdout.decode().split()
    )
    assert [name for name in HEAVY if name.encode() in loaded] == []


def test_every_executable_is_installed_and_runs_from_the_checkout():
    installed = [
        line.split(" = ")[0].strip() for line in (ROOT / "setup.cfg").read_text().split("\n") if ":main" in line
    ]
    assert sorted(installed) == sorted(path.name for path in BIN.glob("st-*"))
