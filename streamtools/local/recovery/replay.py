"""A failed task, kept so that it can be run alone: what its command was given, and all that it found around it.

WORK/st-run-UID-OUTPUT/replay-map-000003/  task.json  stdin  (stdout  output/: what it writes)
"""

import os
import shlex
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from streamtools.errors import DataError, NoInputError
from streamtools.formats.hadoop_codecs import find_suffix
from streamtools.inputs.locations import is_remote
from streamtools.java.words import split_command
from streamtools.job import Job, Shipped
from streamtools.local.input.split import Split
from streamtools.local.recovery.recording import OUTPUT_VARIABLES, RunTask, record
from streamtools.local.recovery.state import State
from streamtools.local.stages.descendants import adopt_orphans, end_children
from streamtools.local.stages.feeds import feed_for, leave_out
from streamtools.local.stages.left_behind import end_idle_children
from streamtools.local.stages.process import explain_exit_status, start
from streamtools.local.stages.program import check
from streamtools.local.stages.working_directory import linked_here
from streamtools.local.tasks.attempt import Attempt
from streamtools.local.tasks.outcome import Failed
from streamtools.local.tasks.task import Task
from streamtools.scratch.directories import REPLAY, scratch_directory
from streamtools.scratch.locking import owner_of, take
from streamtools.signals import held
from streamtools.units import format_size

Debug = Callable[[list[str], str, dict[str, str], str], int]  # words, program, environment, stdin -> exit status
KEPT_AT_MOST = 3  # failed tasks of a job; where more fail they fail alike
TASK, STDIN, STDOUT = "task.json", "stdin", "stdout"
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
    with state.keeping():
        os.makedirs(directory, mode=0o700, exist_ok=True)
        try:
            record(attempt, run, error.role, os.path.join(directory, STDIN), error.fed, without)
            with open(os.path.join(directory, TASK), "w", encoding="ascii") as file:
                json.dump(fields, file, indent=1)
        except OSError:
            rmtree(directory, ignore_errors=True)
            raise
    return directory


def note_record(directory: str, record: str) -> None:
    """Add to a task that was kept which record it failed on, in words."""
    import json

    path = os.path.join(directory, TASK)
    with open(path, encoding="ascii") as file:
        fields = json.load(file)
    with open(path, "w", encoding="ascii") as file:
        json.dump(fields | {"record": record}, file, indent=1)


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


def replay(directory: str, say: Callable[[str], None], debug: Debug | None = None) -> int:
    """Run the command of a task that was kept, with our stderr, its stdout into a file there; return its exit status.

    debug: runs the command in this process instead. Raises NoInputError if nothing was kept, DataError if it is
    damaged, NotRunnable if the command cannot be started.
    """
    directory = os.path.abspath(directory)
    task = _read_task(directory)
    output = os.path.join(directory, "output")
    os.makedirs(output, exist_ok=True)
    environment = task["environment"] | dict.fromkeys(OUTPUT_VARIABLES, output)
    say(f"{task['task']} on {task['input']}, its {task['role']} `{task['command']}` in {task['directory']}")
    shipped = [Shipped(*item) for item in task["shipped"]]
    with _in_use(os.path.dirname(directory)), scratch_directory("replay") as scratch:
        os.makedirs(empty := os.path.join(scratch, "empty"))
        os.chdir(task["directory"] if os.path.isdir(task["directory"]) else empty)  # st-hadoop's was a temporary one
        with linked_here(shipped, task["packed"], scratch):
            status, meaning = _run_command(task, environment, directory, debug)
    if status:
        say("; ".join(filter(None, [f"ended with status {status}", meaning])))
        if record := task.get("record"):
            say(f"it failed on {record}")
    else:
        say("ended well; if you have corrected something, run the job again with --resume")
        say("if not, it failed for something else than its input: time, memory, other tasks, or files that changed")
    if not debug and (size := os.path.getsize(os.path.join(directory, STDOUT))):
        say(f"it printed {format_size(size)}, kept in {os.path.join(directory, STDOUT)}")
    return status


@contextmanager
def _in_use(directory: str) -> Iterator[None]:
    """Hold the lock of the directory of a job, so that --clean does not remove it meanwhile.

    There may be none, or the job that failed may still hold it.
    """
    lock = -1
    try:
        with suppress(OSError):
            lock = take(directory, shared=True) if owner_of(directory) else -1
        yield
    finally:
        if lock >= 0:
            os.close(lock)


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


def _run_command(
    task: dict[str, Any], environment: dict[str, str], directory: str, debug: Debug | None
) -> tuple[int, str]:
    """Run the command of a task with what is kept in a directory; return its exit status and what that means.

    Ctrl-C is left to the command.
    """
    given, printed = os.path.join(directory, STDIN), os.path.join(directory, STDOUT)
    program = check(task["role"], task["command"], environment.get("PATH", ""))
    if debug:
        return debug(program.words, program.path or "", environment, given), ""
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)  # SIG_IGN would be handed down
    process = None
    adopt_orphans()
    try:
        with open(given, "rb") as stdin, open(printed, "wb") as stdout, held((signal.SIGTERM, signal.SIGHUP)):
            process = start(program, environment, stdin=stdin, stdout=stdout)  # held, or one that came left an orphan
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
