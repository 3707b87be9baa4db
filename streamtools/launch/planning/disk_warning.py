"""A warning before a run whose intermediate data will not fit the disk."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from streamtools.errors import StreamtoolsError
from streamtools.formats.hadoop_codecs import find_size, find_suffix
from streamtools.job import Job
from streamtools.launch.planning import disk
from streamtools.local import Console, Settings
from streamtools.local.input.input_files import input_files
from streamtools.scratch.directories import default_parent

GROWTH = 20  # times its size is what a compressed file holds at most, as a rule
SECONDS = 2.0  # for a sample before a run


def warn(job: Job, settings: Settings, free: Callable[[str], int] = disk.free) -> None:
    """Warn if the map outputs of a job will not fit the disk.

    For a job whose input, decoded, is likely to fit, nothing is read. For others a small sample is run, as a mapper may
    leave much or little of its input; where that fails, nothing is said: the job itself will tell.
    """
    if not job.reduces or settings.resume:
        return
    directory = settings.work_directory or default_parent()
    with suppress(StreamtoolsError, OSError):
        available = free(directory)
        if _most_bytes(job) < available:
            return
        spilled = _predict_spills(job, settings)
        if spilled > available:
            settings.console.say(disk.warning(spilled, available, directory))


def _most_bytes(job: Job) -> int:
    """Return about the most bytes that the input of a job holds, decoded."""
    return sum(find_size(path) * (GROWTH if find_suffix(path) else 1) for path in input_files(job))


def _predict_spills(job: Job, settings: Settings) -> int:
    from streamtools.launch.planning.local_plan import Request, make_plan

    silent = replace(settings, console=Console(say=lambda _text: None), skip_bad=0)
    request = Request(silent, settings.jobs, None, (0, job.reduces), SECONDS)
    return make_plan(job, job.command_line, request).prediction.spilled
