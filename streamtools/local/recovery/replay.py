"""A failed task, kept so that it can be run alone: what its command was given, and all that it found around it.

WORK/st-run-UID-OUTPUT/replay-map-000003/  task.json  stdin  (output/: what it writes beside its stdout)
"""

import os
import shlex
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

from streamtools.errors import DataError, NoInputError
from streamtools.formats.hadoop_codecs import find_suffix
from streamtools.inputs.locations import is_remote
from streamtools.java.words import split_command
from streamtools.job import Job, Shipped
from streamtools.local.input.split import Split
from streamtools.local.recovery.recording import OUTPUT_VARIABLES, RunTask, record
from streamtools.local.recovery.state import REPLAY, State, make_private
from streamtools.local.stages.descendants import adopt_orphans, end_children
from streamtools.local.stages.feeds import feed_for, leave_out
from streamtools.local.stages.left_behind import end_idle_children
from streamtools.local.stages.process import explain_exit_status, start
from streamtools.local.stages.program import check
from streamtools.local.stages.working_directory import linked_here
from streamtools.local.tasks.attempt import Attempt
from streamtools.local.tasks.outcome import Failed
from streamtools.local.tasks.task import Task
from streamtools.signals import held

KEPT_AT_MOST = 3  # failed tasks of a job; where more fail they fail alike
TASK, STDIN = "task.json", "stdin"
FIELDS = {  # of the file about a task
    "task": str, "input": str, "role": str, "command": str, "directory": str,
    "shipped": list, "packed": list, "environment": dict,
}  # fmt: skip


def keep(attempt: Attempt, run: RunTask, failed: Failed, state: State) -> str:
    """Keep a task whose command failed in a directory and return its path; return "" if enough are kept.

    Keeps as much of its input as the command had been given. Raises OSError, also if the place is somebody else's.
    """
    import json
    from shutil import rmtree

    job, task, error = attempt.job, attempt.task, failed.command
    assert error
    stage = {"mapper": job.mapper, "combiner": job.combiner, "reducer": job.reducer}[error.role]
    name = REPLAY + task.file
    if stage is None or len({*state.failed(), name}) > KEPT_AT_MOST:
        return ""
    directory = os.path.join(state.replays, name)
    make_private(state.replays)
    os.makedirs(directory, mode=0o700, exist_ok=True)
    fields = {
        "task": task.name,
        "input": task.source,
        "role": error.role,
        "command": stage.text,
        "directory": os.getcwd(),
        "shipped": [(os.path.abspath(item.path), item.link, item.is_archive) for item in job.shipped],
        "packed": [os.path.abspath(path) for path in job.packed],
        "environment": attempt.runner.environment,
    }
    without = feed_for(task.role, partial(leave_out, ranges=failed.without))
    try:
        record(attempt, run, error.role, os.path.join(directory, STDIN), error.fed, without)
        with open(os.path.join(directory, TASK), "w", encoding="ascii") as file:
            json.dump(fields, file, indent=1)
    except OSError:
        rmtree(directory, ignore_errors=True)
        raise
    return directory


def commands_alone(job: Job, task: Task, failed: Failed) -> list[str]:
    """Return commands for a shell that run a failed task alone: with all it had around it, and just the mapper."""
    commands = [f"st-run --replay {shlex.quote(failed.replay)}"] if failed.replay else []
    if task.split and failed.command and failed.command.role == "mapper":
        commands.append(_pipeline(job, task.split))
    return commands


def _pipeline(job: Job, split: Split) -> str:
    """Return a pipeline for a shell that feeds the split to the mapper, cut at bytes and not at lines.

    Of a compressed file it feeds all.
    """
    path = shlex.quote(split.path)
    name, *words = split_command(job.mapper.text)
    name = name if os.sep in name or not os.path.isfile(name) else os.path.join(".", name)  # a shell looks on PATH only
    command = shlex.join([name, *words])
    if split.share:
        return f"st-cat {path} | tail -c +{split.start + 1} | head -c {split.length} | {command}"
    if is_remote(split.path) or find_suffix(split.path):
        return f"st-cat {path} | {command}"
    if split.is_whole:
        return f"{command} < {path}"
    return f"tail -c +{split.start + 1} {path} | head -c {split.length} | {command}"


def replay(directory: str, say: Callable[[str], None]) -> int:
    """Run the command of a task that was kept, with our stdout and stderr; return its exit status.

    Raises NoInputError if nothing was kept, DataError if it is damaged, NotRunnable if the command cannot be started.
    """
    from tempfile import TemporaryDirectory

    directory = os.path.abspath(directory)
    task = _read_task(directory)
    output = os.path.join(directory, "output")
    os.makedirs(output, exist_ok=True)
    environment = task["environment"] | dict.fromkeys(OUTPUT_VARIABLES, output)
    say(f"{task['task']} on {task['input']}, its {task['role']} `{task['command']}` in {task['directory']}")
    shipped = [Shipped(*item) for item in task["shipped"]]
    with TemporaryDirectory(prefix="replay-") as scratch, TemporaryDirectory(prefix="replay-") as empty:
        os.chdir(task["directory"] if os.path.isdir(task["directory"]) else empty)  # st-hadoop's was a temporary one
        with linked_here(shipped, task["packed"], scratch):
            status, meaning = _run_command(task, environment, os.path.join(directory, STDIN))
    if status:
        say("; ".join(filter(None, [f"ended with status {status}", meaning])))
    else:
        say("ended well; if you have corrected something, run the job again with --resume")
    return status


def _read_task(directory: str) -> dict[str, Any]:
    import json

    try:
        with open(os.path.join(directory, TASK), "rb") as file:
            task = json.load(file)
        if not (isinstance(task, dict) and all(isinstance(task.get(name), kind) for name, kind in FIELDS.items())):
            raise ValueError
        return task
    except (FileNotFoundError, NotADirectoryError):
        remedy = "name the directory from the message about the failed task"
        raise NoInputError(directory, "holds no failed task", remedy) from None
    except ValueError:
        raise DataError(os.path.join(directory, TASK), "is damaged", "run the job again") from None


def _run_command(task: dict[str, Any], environment: dict[str, str], path: str) -> tuple[int, str]:
    """Run a command that reads a file; return its exit status and what that means. Ctrl-C is left to the command."""
    program = check(task["role"], task["command"], environment.get("PATH", ""))
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)  # SIG_IGN would be handed down
    process = None
    adopt_orphans()
    try:
        with open(path, "rb") as stdin, held((signal.SIGTERM, signal.SIGHUP)):  # or one that came now left an orphan
            process = start(program, environment, stdin=stdin)
        status: int = process.wait()
        end_idle_children()
    finally:  # a signal that ends us ends the command, too
        if process:
            process.kill()
            process.wait()
            end_children()
        signal.signal(signal.SIGINT, before)
    status = status if status >= 0 else 128 - status
    return status, explain_exit_status(status, program)
