"""`python job.py map|combine|reduce|run`: what a job's own file does when it is run."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from streamtools.errors import StreamtoolsError

if TYPE_CHECKING:
    from streamtools.api.definition import Definition

ROLES = ("map", "combine", "reduce")


def main(job: Definition, argv: Sequence[str]) -> int:
    """Run a stage, or the job; return the exit status."""
    try:
        if argv and argv[0] in ROLES and "--help" not in argv:
            from streamtools.api.filters import run_filter

            return run_filter(job, argv[0], argv[1:])
        if argv[:1] == ["run"]:
            from streamtools.api.command_line import become_st_run

            become_st_run(job, argv[1:])
    except StreamtoolsError as error:
        print(f"{job.name}: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"{job.name}: {error.filename or 'output'}: {error.strerror}", file=sys.stderr)
        return os.EX_IOERR
    except KeyboardInterrupt:
        return 130
    print(describe(job), file=sys.stdout if argv and argv[-1] in ("-h", "--help") else sys.stderr)
    return os.EX_OK if argv and argv[-1] in ("-h", "--help") else os.EX_USAGE


def describe(job: Definition) -> str:
    """Return the help of a job: its docstring, how it is run, its stages and options."""
    stages = [f"  map      {_name(part.function)}{part.pattern and f' for {part.pattern}'}" for part in job.mappers]
    stages += [f"  combine  {_name(job.combiner.function)}"] if job.combiner else []
    stages += [f"  reduce   {_name(job.reducer.function)}"] if job.reducer else []
    lines = [
        f"Usage: {job.name} map|combine|reduce < RECORDS",
        f"       {job.name} run -input PATH -output DIR [OPTION of st-run]...",
        *(["", job.setting.doc.strip()] if job.setting.doc.strip() else []),
        *["", "Stages:", *stages],
    ]
    options = job.options.describe()
    return "\n".join([*lines, *(["", "Options:", *options] if options else [])])


def _name(function: object) -> str:
    name = getattr(function, "__name__", "function")
    doc = (getattr(function, "__doc__", None) or "").strip().partition("\n")[0]
    return f"{name}: {doc}" if doc else name
