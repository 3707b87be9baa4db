"""--overwrite: a job writes beside its output, to `_OUTPUT.new`, which takes its place when the job has succeeded."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from streamtools.job import CommandLine, Job
from streamtools.launch.storage.file_systems import LocalStorage, Storage
from streamtools.launch.storage.publishing import beside, check_replaceable, locked, publish


def run_beside(
    job: Job, storage: Storage, build: Callable[[CommandLine], Job], run: Callable[[Job], int], *, resume: bool = False
) -> int:
    """Run a job whose output may exist; return its exit status. What exists stays unless the job succeeds.

    build: makes a job of a command line. Raises CannotCreateError if what exists is not the output of a job.
    """
    check_replaceable(storage, job.output)
    if not storage.exists(job.output):
        return run(job)
    new = beside(job.output, "new")
    with _owned(storage, job.output):
        if isinstance(storage, LocalStorage) and not resume:
            storage.remove(new)
        status = run(build(job.command_line.with_option("output", new)))
        if not status:
            publish(storage, new, job.output, overwrite=True)
        elif not isinstance(storage, LocalStorage):
            storage.remove(new)
    return status


@contextmanager
def _owned(storage: Storage, output: str) -> Iterator[None]:
    """Let nobody else overwrite an output on this machine meanwhile; a cluster's client sees `_OUTPUT.new` there."""
    if isinstance(storage, LocalStorage):
        with locked(output, output):
            yield
    else:
        yield
