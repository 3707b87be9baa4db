"""What is wrong with a Python script, before it runs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from streamtools.scripts.finding import Finding
from streamtools.scripts.interpreter import Interpreter
from streamtools.scripts.source import PACKAGE, Source, is_standard


class Inspector:
    """Inspects scripts, each file once.

    shipped: names of the files in the directory of the task that the job ships.
    """

    def __init__(self, shipped: Sequence[str] = ()) -> None:
        self.shipped = {name.partition("/")[0] for name in shipped}
        self.read: dict[str, Source] = {}

    def inspect(self, path: str, python: Interpreter) -> Iterator[Finding]:
        """Yield what is wrong with a script that this Python will run; nothing for one inspected before."""
        if path in self.read:
            return
        source = self._read(path)
        if not source.is_text:
            return
        if error := self._find_syntax_error(source, python):
            yield error
            return
        if not source.error:
            yield from _find_hidden(source, python)
            yield from self._find_missing(source, python)
            yield from self._find_unshipped(source)

    def _read(self, path: str) -> Source:
        if path not in self.read:
            self.read[path] = Source(path)
        return self.read[path]

    def _find_syntax_error(self, source: Source, python: Interpreter) -> Finding | None:
        """Return an error that Python will find. Another Python than ours is asked where it may say otherwise."""
        error = source.error
        if not python.is_ours and (error or not python.is_of_our_version):
            error = python.find_syntax_error(source.path)
        if error is None:
            return None
        line, problem = error
        place = f"{source.path}: line {line}" if line else source.path
        other = not source.error
        remedy = f"{python.path} runs it, and is older or newer: change it, or its #! line" if other else "correct it"
        return Finding(place, f"invalid Python: {problem}", remedy, is_fatal=True)

    def _find_missing(self, source: Source, python: Interpreter) -> Iterator[Finding]:
        """Yield the modules that Python will not find. What changes where it looks for them is not judged."""
        places = self._find_foreign(source)
        if not places or any(each.changes_path for each in self.read.values()):
            return
        names = [name for name in places if not (python.is_ours and _is_here(name))]
        for name in python.find_missing(names, source.folder) if names else ():
            place, is_certain = places[name]
            remedy = f"install it for {python.path}, or ship it with -files {name}.py"
            yield Finding(place, f"imports {name}, which is not installed", remedy, is_fatal=is_certain)

    def _find_foreign(self, source: Source) -> dict[str, tuple[str, bool]]:
        """Return what a source and modules beside it import from elsewhere: the place, and if it surely happens."""
        found: dict[str, tuple[str, bool]] = {}
        waiting, seen = [(source, True)], {source.path}
        while waiting:
            each, is_certain = waiting.pop()
            for item in each.imports:
                surely = is_certain and item.line in each.certain
                if beside := each.beside(item.top) if each.folder == source.folder else "":
                    if beside not in seen:
                        seen.add(beside)
                        waiting.append((self._read(beside), surely))
                elif not is_standard(item.top) and item.top != PACKAGE:
                    found.setdefault(item.top, (f"{each.path}: line {item.line}", surely))
        return found

    def _find_unshipped(self, source: Source) -> Iterator[Finding]:
        """Yield a remark for each file that is opened by a literal name and that only this directory has."""
        for name, line in source.opened():
            plain = name.removeprefix("./")
            if os.path.isabs(name) or not plain or plain.partition("/")[0] in self.shipped:
                continue
            place = f"{source.path}: line {line}"
            if os.path.isfile(name):
                problem = f"reads {name} from your directory"
                yield Finding(place, problem, f"tasks on a cluster need -files {plain}", is_wrong=False)
            else:
                yield Finding(place, f"reads {name}, which is not here", f"ship it with -files {plain}")


def _find_hidden(source: Source, python: Interpreter) -> Iterator[Finding]:
    """Yield the files beside a source that hide modules of Python's own library, which it or that library needs."""
    hiding = source.hiding()
    if not hiding:
        return
    used = {item.top for item in source.imports}
    if not used & hiding.keys():
        used |= python.find_loaded([name for name in used if is_standard(name)])
    for name in sorted(hiding.keys() & used):
        shown = os.path.relpath(hiding[name])
        problem = f"hides Python's own module {name}, which {os.path.basename(source.path)} needs"
        yield Finding(shown, problem, f"rename {os.path.basename(shown)}")


def _is_here(name: str) -> bool:
    """Return whether our own Python has a module."""
    from importlib.machinery import PathFinder

    return PathFinder.find_spec(name) is not None
