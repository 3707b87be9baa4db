"""The file of a job, loaded without being run: it has to end in `if __name__ == "__main__": job.main()`."""

from __future__ import annotations

import ast
import os
import sys
from functools import lru_cache
from types import CodeType, ModuleType

from streamtools.api.flow import Steps
from streamtools.api.job import Job
from streamtools.errors import DataError, NoInputError, in_words

RUNNABLE = (Job, Steps)
MODULE = "__streamtools_job__"  # the name of the module, so that its last lines do not run


def load_job(path: str, step: str = "") -> Job:
    """Return the job of a file, or that of a step in a file of several. Raises StreamtoolsError as `load_file`."""
    loaded = load_file(path)
    job = loaded.find(step) if isinstance(loaded, Steps) else loaded
    if job is None:
        raise DataError(path, f"has no step {step!r}", "name one of its steps")
    return job


def load_file(path: str) -> Job | Steps:
    """Return the job of a file, or its steps. Raises StreamtoolsError without any, or what it raises itself."""
    path = os.path.abspath(path)  # as in the traceback of a script
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        raise NoInputError(path, in_words(error), "name the file of a job") from None
    try:
        code, name = _compile(source, path)
    except (SyntaxError, ValueError) as error:
        raise DataError(path, f"invalid Python: {error}", "fix it") from None
    remedy = 'make a Job, and end the file with `if __name__ == "__main__": job.main()`'
    if not name:
        raise DataError(path, "is not the file of a job", remedy)
    job = _run(code, path).__dict__.get(name)
    if not isinstance(job, RUNNABLE):
        raise DataError(path, f"{name} is neither a Job nor steps", remedy)
    return job


def is_job_file(path: str) -> bool:
    """Return whether a file makes a job, and would do nothing but run it at its end."""
    path = os.path.abspath(path)
    try:
        with open(path, "rb") as file:
            source = file.read()
        return b"streamtools" in source and bool(_compile(source, path)[1])
    except (OSError, SyntaxError, ValueError):
        return False


@lru_cache(maxsize=8)
def _compile(source: bytes, path: str) -> tuple[CodeType, str]:
    """Return a source compiled, and the name on which it calls `main` at its end, "" if it does not end so."""
    tree = ast.parse(source, path)
    imports = (node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "streamtools")
    makes_job = any(name.name in ("Job", "steps") for node in imports for name in node.names)
    return compile(tree, path, "exec"), _called_at_the_end(tree) if makes_job else ""


def _called_at_the_end(tree: ast.Module) -> str:
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.If) or ast.unparse(last.test) != "__name__ == '__main__'" or len(last.body) != 1:
        return ""
    name, _, rest = ast.unparse(last.body[0]).partition(".")
    return name if rest == "main()" and name.isidentifier() and not last.orelse else ""


def _run(code: CodeType, path: str) -> ModuleType:
    """Return a new module made by a file, which finds modules beside it, as a script does."""
    module = ModuleType(MODULE)
    module.__file__ = path
    sys.modules[MODULE] = module  # where pickle and dataclasses look for it
    folder = os.path.dirname(os.path.realpath(path))
    if folder not in sys.path:
        sys.path.insert(0, folder)
    exec(code, module.__dict__)
    return module
