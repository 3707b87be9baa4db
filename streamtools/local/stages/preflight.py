"""What can be known of a job's commands before their first task."""

from contextlib import suppress

from streamtools.errors import StreamtoolsError
from streamtools.job import Job
from streamtools.local.stages.program import NotRunnable, check
from streamtools.local.stages.runner import Builtin
from streamtools.reporter import Reporter


def find_problems(job: Job, search_path: str, has_maps: bool, builtin: Builtin) -> dict[str, NotRunnable]:
    """Return why commands cannot be started, for each role whose tasks will fail by it.

    This imports the modules of our own tools, once for all tasks: 25 ms each.
    """
    stages = [("mapper", job.mapper if has_maps else None), ("combiner", job.combiner if has_maps else None)]
    if job.reduces:
        stages.append(("reducer", job.reducer))
    problems = {}
    for role, stage in stages:
        if stage and stage.is_command:
            try:
                program = check(role, stage.text, search_path)
            except NotRunnable as error:
                problems[role] = error
                continue
            with suppress(StreamtoolsError):  # its options are understood in the task, which knows its input
                builtin(program.words, program.path or "", Reporter())
    return problems
