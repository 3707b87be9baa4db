"""A job on this machine, with the directory of its intermediate data: made before its tasks, gone after them."""

import os
from collections.abc import Callable, Sequence

from streamtools.job import STDOUT, Job
from streamtools.local.engine import JobRun, Outcome
from streamtools.local.input.input_files import absolute
from streamtools.local.input.splits import find_splits
from streamtools.local.output.output_directory import OutputDirectory
from streamtools.local.output.part_file import suffix_of_parts
from streamtools.local.recovery.state import State, forget, open_state
from streamtools.local.settings import Settings
from streamtools.local.stages.working_directory import in_working_directory
from streamtools.scratch.directories import default_parent, place_of, scratch_directory


def run(job: Job, settings: Settings, deliver: Callable[[Sequence[str]], None]) -> Outcome:
    """Run a job. If its output goes to stdout, call `deliver` with the paths of the part files before they go away.

    Raises Refused before any task has run.
    """
    if settings.skip_bad:
        from streamtools.local.recovery import skipping

        skipping.check(job)
    work = settings.work_directory or default_parent()
    if job.output == STDOUT:
        with scratch_directory("run", work) as scratch:
            state = State(scratch, replays=place_of(f"{os.getcwd()}\0{job.command_line}", work))
            return _run_in(state, job, settings, deliver)
    with open_state(absolute(job.output), work, settings.console.say) as state:
        return _run_in(state, job, settings, deliver)


def _run_in(state: State, job: Job, settings: Settings, deliver: Callable[[Sequence[str]], None]) -> Outcome:
    """Run a job whose intermediate data are in the directory of `state`."""
    is_scratch = job.output == STDOUT
    output = OutputDirectory(job, os.path.join(state.directory, "out") if is_scratch else absolute(job.output))
    output.check(resumes=settings.resume and (state.began or output.is_empty()))
    suffix_of_parts(job)
    splits = find_splits(job).splits
    state.prepare(settings.resume, settings.console.say)
    with in_working_directory(job, state.directory):
        outcome = JobRun(job, settings, splits, output, state).run()
    outcome.parts = output.parts()
    if outcome.succeeded:
        if job.properties.input.skips_damage:
            from streamtools.local.recovery import damage

            outcome.damaged = damage.count(state.directory)
        if is_scratch:
            deliver(outcome.parts)
        forget(state)
    return outcome
