"""`python job.py map|combine|reduce|run`: what a job's own file does when it is run."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from streamtools.api.definition import ROLES, Definition
from streamtools.errors import StreamtoolsError


def main(job: Definition, argv: Sequence[str]) -> int:
    """Run a stage, or the job; return the exit status."""
    if argv and argv[0] in ROLES and "--help" not in argv:
        from streamtools.api.filters import run_filter

        return _guard(job.name, lambda: run_filter(job, argv[0], argv[1:]))
    return run_guarded(job.setting.source, argv, describe(job))


def run_guarded(source: str, argv: Sequence[str], help: str) -> int:
    """Let st-run run the job or the steps of a file if the first word is `run`, else print help; return the status."""
    if argv[:1] == ["run"]:
        from streamtools.api.st_run_options import become_st_run

        return _guard(os.path.basename(source), lambda: become_st_run(source, argv[1:]))
    is_asked = bool(argv) and argv[-1] in ("-h", "--help")
    print(help, file=sys.stdout if is_asked else sys.stderr)
    return os.EX_OK if is_asked else os.EX_USAGE


def _guard(name: str, do: Callable[[], int]) -> int:
    """Do something; return its exit status, after one line for an expected error."""
    try:
        return do()
    except StreamtoolsError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"{name}: {error.filename or 'output'}: {error.strerror}", file=sys.stderr)
        return os.EX_IOERR
    except KeyboardInterrupt:
        return 130


def describe(job: Definition) -> str:
    """Return the help of a job: its docstring, how it is run, its stages and options."""
    stages = [f"  map      {_name(part.function)}{part.pattern and f' for {part.pattern}'}" for part in job.mappers]
    stages += [f"  combine  {_name(job.combiner.function)}"] if job.combiner else []
    stages += [f"  reduce   {_name(job.reducer.function)}"] if job.reducer else []
    usage = [
        f"{job.name} map|combine|reduce < RECORDS",
        f"{job.name} run -input PATH -output DIR [OPTION of st-run]...",
    ]
    return help_page(usage, job.setting.doc, ("Stages", stages), ("Options", job.options.describe()))


def help_page(usage: Sequence[str], doc: str, *sections: tuple[str, Sequence[str]]) -> str:
    """Return help: the ways to call something, what it does, and lists with their titles; empty ones are left out."""
    parts = ["Usage: " + "\n       ".join(usage), doc.strip()]
    parts += ["\n".join([f"{title}:", *lines]) for title, lines in sections if lines]
    return "\n\n".join(filter(None, parts))


def _name(function: object) -> str:
    name = getattr(function, "__name__", "function")
    doc = (getattr(function, "__doc__", None) or "").strip().partition("\n")[0]
    return f"{name}: {doc}" if doc else name
