"""Mutation testing: small faults are put into the code one at a time, and tests have to notice each of them.

    python tests/mutants.py                       200 mutants drawn from all modules in TARGETS
    python tests/mutants.py --count 50 --seed 7 sort/merging partition
    python tests/mutants.py --all sort/blocks

A mutant is a comparison, constant, operator or condition that is changed, or a statement that is removed. It is made in
a copy of the checkout, where the tests that TARGETS names for its module run until one fails (killed), all pass
(survived) or time is up (killed: it loops). Survivors are printed as `file:line: text of the line: before => after`;
those listed in mutants-accepted.txt with a reason do not count. Exit status 1 if others survive,
or if a listed one no longer exists.

A script of our own, because half of these tests run executables in processes of their own: a tool that switches
mutants within the process of the tests does not reach those.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parents[1]
ACCEPTED = Path(__file__).with_name("mutants-accepted.txt")
COPIED = ("streamtools", "tests", "bin", "sample_data", "setup.cfg", "pyproject.toml")
SORT = [
    *(f"tests/sort/test_sort_{part}.py" for part in ("order", "blocks", "runs", "processes", "properties")),
    "tests/cli/test_st_sort.py",
]
SHUFFLE = ["tests/local/shuffle"]
TARGETS = {  # modules, and the tests that have to kill their mutants, quick ones first
    "streamtools/sort/*.py": SORT,
    "streamtools/local/shuffle/*.py": SHUFFLE,
    "streamtools/partition.py": ["tests/test_partition.py"],
    "streamtools/keyspec.py": ["tests/test_keyspec.py", "tests/sort/test_sort_order.py"],
    "streamtools/records.py": ["tests/test_records.py"],
}
PYTEST = ["-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", "--hypothesis-profile", "mutants"]
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
REMOVABLE = (ast.Expr, ast.AugAssign, ast.Raise, ast.Break, ast.Continue, ast.Delete)
NAMES = {"min": "max", "max": "min", "find": "rfind", "rfind": "find"}


@dataclass(frozen=True)
class Mutant:
    """One change to a file: the text from `start` to `end` is replaced by `after`."""

    path: str
    line: int
    start: int
    end: int
    before: str
    after: str
    text: str  # of the whole line

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}: {self.before} => {self.after}"

    @property
    def entry(self) -> str:
        """How it is listed among the accepted ones: without the number of its line, which changes too often."""
        return f"{self.path}: {self.text}: {self.before} => {self.after}"


def mutants_of(path: str, source: str) -> list[Mutant]:
    """Return all mutants of a module."""
    lines = source.encode().splitlines(keepends=True)
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line))
    found = {}
    for node, changed in _changes(ast.parse(source)):
        assert isinstance(node, ast.expr | ast.stmt) and node.end_lineno and node.end_col_offset
        start = offsets[node.lineno - 1] + node.col_offset
        end = offsets[node.end_lineno - 1] + node.end_col_offset
        before = " ".join(source.encode()[start:end].decode().split())
        after = changed if isinstance(changed, str) else ast.unparse(changed)
        text = lines[node.lineno - 1].decode().strip()
        after = after if isinstance(node, ast.stmt) else f"({after})"
        found[start, end, after] = Mutant(path, node.lineno, start, end, before, after, text)
    return list(found.values())


def _changes(tree: ast.Module) -> Iterator[tuple[ast.AST, ast.AST | str]]:
    """Yield nodes, each with what may take its place."""
    for node in _walk(tree):
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
            yield node, _with(node, ops=[COMPARISONS[type(node.ops[0])]()])
        elif isinstance(node, ast.BoolOp):
            yield node, _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
        elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS and not _is_text(node):
            yield node, _with(node, op=OPERATORS[type(node.op)]())
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node, node.operand
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            yield node, _with(node, value=not node.value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, int):
            yield node, _with(node, value=node.value + 1)
            yield node, _with(node, value=node.value - 1)
        elif isinstance(node, ast.Name) and node.id in NAMES:
            yield node, _with(node, id=NAMES[node.id])
        elif isinstance(node, ast.Attribute) and node.attr in NAMES:
            yield node, _with(node, attr=NAMES[node.attr])
        elif isinstance(node, REMOVABLE) or _is_stored(node):
            yield node, "pass"
        if isinstance(node, ast.If | ast.While | ast.IfExp):
            yield node.test, ast.UnaryOp(ast.Not(), node.test)


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes below one that run: no annotations, docstrings or texts of messages, and nothing for mypy."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.arg | ast.JoinedStr | ast.Import | ast.ImportFrom | ast.Assert):
            continue
        if isinstance(child, ast.keyword) and child.arg in ("strict", "frozen"):  # checks of our own, not behaviour
            continue
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.AnnAssign):
            if child.value:
                yield child.value
                yield from _walk(child.value)
            continue
        yield child
        if isinstance(child, ast.FunctionDef):
            defaults: list[ast.expr] = [*child.args.defaults, *filter(None, child.args.kw_defaults)]
            yield from _walk(ast.List(defaults))
            yield from _walk(ast.Module(child.body, []))
        else:
            yield from _walk(child)


def _is_stored(node: ast.AST) -> bool:
    """Whether a node assigns to an attribute or an item, and may be left out without an unknown name."""
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute | ast.Subscript)


def _is_text(node: ast.BinOp) -> bool:
    """Whether an operand is text or bytes, of which a changed operator makes an error that any test finds."""
    sides = (node.left, node.right)
    return any(isinstance(side, ast.Constant) and isinstance(side.value, str | bytes) for side in sides)


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


class Checkout:
    """A copy of the project in which one mutant after the other is tried."""

    def __init__(self, directory: Path) -> None:
        self.root = directory
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, directory / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
            else:
                shutil.copy(source, directory / name)

    def survives(self, mutant: Mutant, tests: list[str], limit: float) -> bool:
        """Run tests on a mutant; return whether all pass within `limit` seconds."""
        path = self.root / mutant.path
        original = path.read_bytes()
        path.write_bytes(original[: mutant.start] + mutant.after.encode() + original[mutant.end :])
        try:
            return self.passes(tests, limit)
        finally:
            path.write_bytes(original)

    def passes(self, tests: list[str], limit: float) -> bool:
        """Run tests; return whether all pass within `limit` seconds."""
        environment = {**os.environ, "PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "1"}
        process = subprocess.Popen(
            [sys.executable, *PYTEST, *tests],
            cwd=self.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return process.wait(limit) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            _end_group(process)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End the tests and all processes that they have started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    process.wait()


def is_accepted(mutant: Mutant, entries: list[str]) -> bool:
    """Whether a survivor has a reason to survive; an entry that ends in `: *` stands for all mutants of its line."""
    return any(
        mutant.entry.startswith(entry[:-1]) if entry.endswith(": *") else mutant.entry == entry for entry in entries
    )


def targets(wanted: list[str]) -> dict[str, list[str]]:
    """Return the modules whose path contains one of the wanted texts, each with its tests."""
    found = {}
    for pattern, tests in TARGETS.items():
        for path in sorted(ROOT.glob(pattern)):
            name = str(path.relative_to(ROOT))
            if not wanted or any(part in name for part in wanted):
                found[name] = tests
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", help="parts of paths; all modules by default")
    parser.add_argument("--count", type=int, default=200, help="number of mutants")
    parser.add_argument("--all", action="store_true", help="all mutants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    modules = targets(options.modules)
    mutants = [mutant for name in modules for mutant in mutants_of(name, (ROOT / name).read_text())]
    total = len(mutants)
    entries = [line for line in ACCEPTED.read_text().splitlines() if line and not line.startswith("#")]
    stale = (
        [] if options.modules else [each for each in entries if not any(is_accepted(one, [each]) for one in mutants)]
    )
    for entry in stale:
        print(f"{ACCEPTED.name} has an entry without a mutant: {entry}")
    if not options.all and options.count < total:
        mutants = sorted(random.Random(options.seed).sample(mutants, options.count), key=lambda m: (m.path, m.start))
    print(f"{len(mutants)} of {total} mutants in {len(modules)} modules", flush=True)
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        checkouts: SimpleQueue[Checkout] = SimpleQueue()
        for number in range(options.jobs):
            checkouts.put(Checkout(Path(scratch) / str(number)))
        limits = {}
        for tests in {tuple(tests) for tests in modules.values()}:
            limits[tests] = _baseline(checkouts, list(tests))

        def try_one(mutant: Mutant) -> Mutant | None:
            tests = modules[mutant.path]
            checkout = checkouts.get()
            try:
                return mutant if checkout.survives(mutant, tests, limits[tuple(tests)]) else None
            finally:
                checkouts.put(checkout)

        survivors, excused = [], 0
        with ThreadPoolExecutor(options.jobs) as pool:
            for mutant in filter(None, pool.map(try_one, mutants)):
                if is_accepted(mutant, entries):
                    excused += 1
                else:
                    survivors.append(mutant)
                    print(mutant, flush=True)
    killed = len(mutants) - len(survivors) - excused
    judged = len(mutants) - excused
    print(f"{killed} of {judged} killed ({killed / max(judged, 1):.0%}); {excused} accepted ones survived")
    return 1 if survivors or stale else 0


def _baseline(checkouts: SimpleQueue[Checkout], tests: list[str]) -> float:
    """Return the seconds that the tests may take on a mutant; ends the program if they fail without one."""
    checkout = checkouts.get()
    begin = time.monotonic()
    if not checkout.passes(tests, 600):
        raise SystemExit(f"these tests fail without a mutant: {' '.join(tests)}")
    checkouts.put(checkout)
    return 3 * (time.monotonic() - begin) + 20


if __name__ == "__main__":
    sys.exit(main())
