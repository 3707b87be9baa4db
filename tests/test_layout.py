"""The architecture, held by tests: who may import whom, and what start-up may cost.

All imports count, wherever they stand in a file: late ones and those for type checkers, too.
"""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from places import BIN, ROOT

PACKAGE = ROOT / "streamtools"
LAYERS = [  # from the bottom up; a module imports from its own group, if it is a package, and from groups below
    {"errors", "showing"},
    {
        *("records", "reporter", "files", "signals", "stage", "units", "allocator", "exit_status", "python_imports"),
        *("machine", "toml_files"),
    },
    {"terminal", "scratch"},
    {"java"},
    {"scripts"},
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
    {"api"},  # jobs in Python: tasks import it without click and launch
    {"cli"},
    {"testing"},
    {"start"},
    {"__main__"},
]
LOCAL_LAYERS = [  # the same inside local/; here a module imports only from groups below its own
    {"counters"},
    {"input", "stages", "shuffle", "output", "reporting"},  # the path of a record, and what is shown of it
    {"settings"},
    {"tasks"},
    {"recovery", "scheduler"},
    {"describe", "monitor"},
    {"forked_attempt"},
    {"engine"},
    {"run_job"},
    {"__init__"},
]
PLAIN = {"errors", "showing", "units"}  # what reporting may import beside counters
HEAVY = ["smart_open", "py7zr", "rich", "lzma", "bz2", "json", "tempfile", "multiprocessing", "asyncio"]
# Not among them are ctypes, which every task needs, so that it is loaded once before them, and lzma and bz2, which come
# with shutil, by which directories are removed.
HEAVY_FOR_A_JOB = [
    *(name for name in HEAVY if name not in ("lzma", "bz2")),
    *("isal", "concurrent.futures", "ssl", "socket", "http", "email", "xml", "urllib.request", "tarfile", "zipfile"),
    *("logging", "decimal", "html"),
]
# folders whose modules are each named by a test; the others are tested through the executables
NAMED = {"formats", "inputs", "java", "job", "local", "mappers", "packing", "reducers", "sort", "standins"}
UNNAMED = {  # tables and plain values, what the tests of a job's options cover as a whole, what all jobs run through
    "local.forked_attempt",
    *("inputs.checksums", "java.class_names", "local.settings", "standins.stand_in"),
    *("job.classes", "job.refusal", "job.stages"),
    *(f"job.properties.{name}" for name in ("configuration", "properties", "renamed", "values")),
}
SOURCES = sorted(set(PACKAGE.rglob("*.py")) - set(PACKAGE.glob("examples/**/*.py")))  # examples are data


def module_name(path: Path) -> str:
    """Return the dotted name of a source file; a package's own file ends in `__init__`."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


MODULES = {module_name(path): path for path in SOURCES}


def imported_names(path: Path) -> Iterator[str]:
    """Yield what a file imports, by dotted names: modules, and members of modules."""
    yield from names_in(ast.walk(ast.parse(path.read_text())))


def names_in(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the dotted names that import statements among these nodes import."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"relative import of {node.module}"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module_of(name: str) -> str | None:
    """Return the module of streamtools that a dotted name is or is in; None for names of other packages."""
    while name.startswith("streamtools."):
        for module in (name, f"{name}.__init__"):
            if module in MODULES:
                return module
        name = name.rpartition(".")[0]
    return "streamtools.__init__" if name == "streamtools" else None


def read_imports() -> dict[str, set[str]]:
    """Map each module of streamtools to the modules of it that it imports."""
    graph = {}
    for module, path in MODULES.items():
        found = {module_of(name) for name in imported_names(path)}
        graph[module] = {name for name in found if name} - {module, "streamtools.__init__"}
    return graph


IMPORTS = read_imports()


def child_in(folder: str, module: str) -> str | None:
    """Return the name, below `folder`, of the file or folder that a module is or is in."""
    return module.removeprefix(f"{folder}.").split(".")[0] if module.startswith(f"{folder}.") else None


def imports_between_children(folder: str) -> dict[str, set[str]]:
    """Map each file and folder in a folder to those beside it that it imports from."""
    graph: dict[str, set[str]] = {}
    for module, imported in IMPORTS.items():
        if child := child_in(folder, module):
            beside = {child_in(folder, name) for name in imported}
            graph.setdefault(child, set()).update(name for name in beside if name and name != child)
    return graph


def find_circle(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the names of a circle of imports, if there is one."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def layer_of(name: str, layers: list[set[str]]) -> int:
    return next(number for number, names in enumerate(layers) if name in names)


def test_the_imports_are_found():
    assert "streamtools.job.__init__" in IMPORTS["streamtools.local.engine"]
    assert find_circle({"a": ["b"], "b": ["c"], "c": ["a"]}) and not find_circle({"a": ["b", "c"], "b": ["c"]})


@pytest.mark.parametrize("name", sorted(imports_between_children("streamtools")))
def test_imports_point_downwards(name):
    if name == "__init__":
        assert IMPORTS["streamtools.__init__"] == {
            "streamtools.api.flow",
            "streamtools.api.job",
        }  # on first use
        return
    for other in imports_between_children("streamtools")[name]:
        assert layer_of(other, LAYERS) < layer_of(name, LAYERS), f"{name} imports {other}"


@pytest.mark.parametrize("name", sorted(imports_between_children("streamtools.local")))
def test_imports_point_downwards_inside_local(name):
    for other in imports_between_children("streamtools.local")[name]:
        assert layer_of(other, LOCAL_LAYERS) < layer_of(name, LOCAL_LAYERS), f"local/{name} imports local/{other}"


def test_reporting_takes_plain_data():
    for module, imported in IMPORTS.items():
        if module.startswith("streamtools.local.reporting."):
            outside = {name for name in imported if not name.startswith("streamtools.local.")}
            assert {child_in("streamtools", name) for name in outside} <= PLAIN, module


def test_no_files_import_each_other_in_a_circle():
    assert find_circle(IMPORTS) == []


@pytest.mark.parametrize("folder", sorted({name.rpartition(".")[0] for name in MODULES}))
def test_no_folders_import_each_other_in_a_circle(folder):
    """A folder stands for all files below it; what lies side by side in one place forms no circle."""
    assert find_circle(imports_between_children(folder)) == []


def imports_at_the_top(module: str) -> set[str]:
    """Return the modules of streamtools that a module imports when it is imported itself, with their packages."""
    top = [
        node for node in ast.parse(MODULES[module].read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    found = {name for name in map(module_of, names_in(top)) if name}
    parts = [module.split(".")[:end] for module in found for end in range(1, module.count(".") + 1)]
    return found | {name for part in parts if (name := ".".join([*part, "__init__"])) in MODULES}


def modules_on_nodes() -> list[str]:
    """Return the modules that mappers and reducers need where tasks run."""
    found: set[str] = set()
    waiting = [name for name in MODULES if name.split(".")[1] in ("__main__", "start", "api", "mappers", "reducers")]
    waiting += [f"streamtools.cli.{name}" for name in ("tools", "st_map", "st_combine", "st_reduce")]
    while waiting:
        if (module := waiting.pop()) not in found:
            found.add(module)
            waiting += imports_at_the_top(module)
    return sorted(found)


@pytest.mark.parametrize("module", modules_on_nodes())
def test_what_runs_on_nodes_does_so_on_python_3_9(module):
    """Look for `match`, and for `X | Y` of types where it is evaluated."""
    tree = ast.parse(MODULES[module].read_text())
    assert not any(isinstance(node, ast.Match) for node in ast.walk(tree))
    if any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body):
        for node in ast.walk(tree):  # hints are not evaluated
            for name in ("annotation", "returns"):
                if hasattr(node, name):
                    setattr(node, name, None)
    unions = [node for node in ast.walk(tree) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)]
    types = {"None", "bool", "bytes", "float", "int", "list", "str"}
    assert [ast.unparse(node) for node in unions if ast.unparse(node.right) in types] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_executables_know_click(path):
    if path.relative_to(PACKAGE).parts[0] != "cli":
        assert not any(name.split(".")[0] == "click" for name in imported_names(path))


def print_modules(code: list[str], folder: Path) -> list[str]:
    """Run code with its arguments; return the names of modules that it prints. `make coverage` does not measure it."""
    environment = {name: value for name, value in os.environ.items() if name != "COVERAGE_PROCESS_CONFIG"}
    command = [sys.executable, "-c", *code]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True, text=True)
    return done.stdout.split()


@pytest.mark.parametrize(
    "tool", ["st-cat", "st-pack", "st-map", "st-combine", "st-sort", "st-reduce", "st-hadoop", "st-run"]
)
def test_start_up_imports_nothing_heavy(tool):
    code = (
        f"import sys; sys.argv[0] = {tool!r}; from streamtools.cli import {tool.replace('-', '_')}; print(*sys.modules)"
    )
    assert [name for name in HEAVY if name in print_modules([code], ROOT)] == []


STOP_AT_THE_FIRST_PROCESS = """
import os, sys

def stop(event, arguments):
    if event in ("os.fork", "os.posix_spawn", "subprocess.Popen"):
        print(*sys.modules, flush=True)
        os._exit(0)

sys.argv[0] = "st-run"
sys.addaudithook(stop)
from streamtools.cli.st_run import main
main()
"""


@pytest.mark.parametrize("stages", ["-mapper cat", "-mapper st-map -combiner st-combine -reducer st-reduce"])
def test_a_job_imports_nothing_heavy_before_its_first_task(tmp_path, stages):
    (tmp_path / "in").write_text("a\tb\n")
    options = ["-input", "in", "-output", "out", *stages.split()]
    loaded = print_modules([STOP_AT_THE_FIRST_PROCESS, *options], tmp_path)
    assert "streamtools.local.engine" in loaded
    needed = {"decimal"} if "st-reduce" in stages else set()  # by which it adds up exactly
    assert [name for name in HEAVY_FOR_A_JOB if name in loaded and name not in needed] == []


def test_completion_in_a_shell_imports_nothing_heavy():
    code = """
import sys
from streamtools.cli import completion, st_run
for words in (["-mapper", "'st-map fields --"], ["-D", "map"], ["--example", ""]):
    assert completion.complete(st_run.st_run, words[:-1], words[-1])
print(*sys.modules)
"""
    loaded = print_modules([code], ROOT)
    assert [name for name in HEAVY_FOR_A_JOB if name in loaded] == []


def test_every_executable_is_installed_and_runs_from_the_checkout():
    installed = [
        line.split(" = ")[0].strip()
        for line in (ROOT / "setup.cfg").read_text().split("\n")
        if " = streamtools.start:" in line
    ]
    assert sorted(installed) == sorted(path.name for path in BIN.glob("st-*"))


def test_every_module_is_named_by_a_test():
    """Search the names, imports and texts of the tests for each module, so that a failure says where to look."""
    files = [path for path in sorted((ROOT / "tests").rglob("*.py")) if "cases" not in path.parts]
    named_after = {re.sub("test_", "", str(path.relative_to(ROOT / "tests"))) for path in files}
    imported = {module_of(name) for path in files for name in imported_names(path)}
    text = "\n".join(path.read_text() for path in files)

    def is_named(module: str, path: Path) -> bool:
        name, place = module.removesuffix(".__init__"), path.relative_to(PACKAGE)
        if module in imported or {str(place), str(place.with_name(f"{place.parent.name}_{place.name}"))} & named_after:
            return True
        return re.search(rf"\b({re.escape(name)}\b(?!\.\w)|{path.stem}\.py\b)", text) is not None

    unnamed = set()
    for module, path in MODULES.items():
        is_code = len(ast.parse(path.read_text()).body) > 1  # more than a docstring
        if is_code and path.relative_to(PACKAGE).parts[0] in NAMED and not is_named(module, path):
            unnamed.add(module.removeprefix("streamtools."))
    assert unnamed == UNNAMED
