"""A failed task kept so that it can be run alone: what its command was given, and all that it found around it.

WORK/st-run-UID-OUTPUT/replay-map-000003/  task.json  stdin  (output/: what it writes beside its stdout)
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from streamtools.errors import DataError, NoInputError
from streamtools.job import Shipped
from streamtools.local.recovery.recording import OUTPUT_FOLDER, record
from streamtools.local.recovery.state import REPLAY, State
from streamtools.local.stages.process import explained, started
from streamtools.local.stages.program import check
from streamtools.local.stages.working_directory import linked_here

if TYPE_CHECKING:
    from streamtools.local.stages.process import CommandFailed
    from streamtools.local.tasks.attempt import Attempt

KEPT_AT_MOST = 3  # failed tasks of a job; where more fail they fail alike
TASK, STDIN = "task.json", "stdin"
TOLD = {  # what the file about a task holds
    "task": str, "input": str, "role": str, "command": str, "directory": str,
    "shipped": list, "packed": list, "environment": dict,
}  # fmt: skip


def keep(attempt: Attempt, run: Callable[[Attempt], Any], error: CommandFailed, state: State) -> str:
    """Keep a task whose command has failed in a folder, and return it; "" where enough are kept.

    Of its input as much as the command had been given. Raises OSError, also where the place is somebody else's.
    """
    import json
    from dataclasses import replace
    from shutil import rmtree

    job = attempt.job
    stage = {"mapper": job.mapper, "combiner": job.combiner, "reducer": job.reducer}[error.role]
    name = REPLAY + attempt.task
    if stage is None or len({*state.failed(), name}) > KEPT_AT_MOST:
        return ""
    folder = os.path.join(state.replays, name)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if os.lstat(state.replays).st_uid != os.getuid():
        raise PermissionError(state.replays)
    told = {
        "task": attempt.name,
        "input": str(attempt.split or f"partition {attempt.number}"),
        "role": error.role,
        "command": stage.text,
        "directory": os.getcwd(),
        "shipped": [(os.path.abspath(item.path), item.link, item.is_archive) for item in job.shipped],
        "packed": [os.path.abspath(path) for path in job.packed],
        "environment": attempt.environment,
    }
    try:
        record(replace(attempt, without=error.without), run, error.role, os.path.join(folder, STDIN), error.fed)
        with open(os.path.join(folder, TASK), "w", encoding="ascii") as file:
            json.dump(told, file, indent=1)
    except OSError:
        rmtree(folder, ignore_errors=True)
        raise
    return folder


def replay(folder: str, say: Callable[[str], None]) -> int:
    """Run the command of a task that was kept, with our stdout and stderr; return its exit status.

    Raises NoInputError where nothing was kept, DataError where it is damaged, NotRunnable where the command cannot be
    started.
    """
    from tempfile import TemporaryDirectory

    folder = os.path.abspath(folder)
    task = _kept_task(folder)
    output = os.path.join(folder, "output")
    os.makedirs(output, exist_ok=True)
    environment = task["environment"] | dict.fromkeys(OUTPUT_FOLDER, output)
    say(f"{task['task']} on {task['input']}, its {task['role']} `{task['command']}` in {task['directory']}")
    shipped = [Shipped(*item) for item in task["shipped"]]
    with TemporaryDirectory(prefix="replay-") as scratch, TemporaryDirectory(prefix="replay-") as empty:
        os.chdir(task["directory"] if os.path.isdir(task["directory"]) else empty)  # st-hadoop's was a temporary one
        with linked_here(shipped, task["packed"], scratch):
            status, meaning = _run_command(task, environment, os.path.join(folder, STDIN))
    if status:
        say("; ".join(filter(None, [f"ended with status {status}", meaning])))
    else:
        say("ended well; if that is because something was mended, run the job again with --resume")
    return status


def _kept_task(folder: str) -> dict[str, Any]:
    import json

    try:
        with open(os.path.join(folder, TASK), "rb") as file:
            task = json.load(file)
        if not (isinstance(task, dict) and all(isinstance(task.get(name), kind) for name, kind in TOLD.items())):
            raise ValueError
        return task
    except (FileNotFoundError, NotADirectoryError):
        remedy = "name the directory that the message about the failed task tells"
        raise NoInputError(folder, "holds no failed task", remedy) from None
    except ValueError:
        raise DataError(os.path.join(folder, TASK), "is damaged", "run the job again") from None


def _run_command(task: dict[str, Any], environment: dict[str, str], path: str) -> tuple[int, str]:
    """The exit status of a command that reads a file, and what it means; Ctrl-C is its own business."""
    program = check(task["role"], task["command"], environment.get("PATH", ""))
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)  # SIG_IGN would be handed down
    try:
        with open(path, "rb") as stdin:
            process = started(program, environment, stdin=stdin)
        try:
            status: int = process.wait()
        finally:  # a signal that ends us ends it, too
            process.kill()
            process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
    status = status if status >= 0 else 128 - status
    return status, explained(status, program)
