"""How a job is run on this machine, as far as it is not the job's own business."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from streamtools.local.reporting.failures import Failure
from streamtools.local.reporting.history import History
from streamtools.local.reporting.progress import JobProgress
from streamtools.local.stages.runner import Builtin, no_builtin


@dataclass(frozen=True)
class Console:
    """Where a run speaks to the user.

    say: takes lines of text. progress: takes the progress of the job now and then, if it is to be shown.
    failed: takes each attempt that failed; without it, `say` gets its lines.
    page: takes what has happened so far, now and then, for a report that is read while the job runs.
    clear: bytes that clear the lines of progress, written before anything else that a task shows on stderr.
    begin_task: called in the process of each attempt before anything else.
    """

    say: Callable[[str], None] = print
    progress: Callable[[JobProgress], None] | None = None
    failed: Callable[[Failure], None] | None = None
    page: Callable[[History], None] | None = None
    clear: bytes = b""
    begin_task: Callable[[], None] | None = None


@dataclass(frozen=True)
class Settings:
    """How a job is run here.

    jobs: tasks at a time. memory: bytes of all workers together.
    work_directory: for intermediate data, None for the directory that the system has for temporary files.
    programs: directory of our own executables. builtin: returns the stage of a command line that is one of them.
    shuffle_values: seed of a random order of the values of each key, to show which job relies on an order.
    resume: take over what an earlier run of the same job has finished. skip_bad: bad records that a task may leave out.
    task_memory: most bytes of the processes of one task together, 0 for no limit. keep_failed: keep failed tasks for
    --replay. job_id: given to tasks as part of their names; "" for a new one. is_inspected: commands and scripts were
    looked at. name_files: returns the properties of a task with the names that files have for its commands.
    """

    jobs: int = 1
    memory: int = 512 << 20
    work_directory: str | None = None
    programs: str = ""
    builtin: Builtin = no_builtin
    shuffle_values: int | None = None
    resume: bool = False
    skip_bad: int = 0
    task_memory: int = 0
    keep_failed: bool = True
    job_id: str = ""
    is_inspected: bool = False
    name_files: Callable[[dict[str, str]], dict[str, str]] = dict
    console: Console = field(default_factory=Console)
