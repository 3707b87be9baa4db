"""The working directory of tasks: shipped files and archives under their names, removed at the end."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from streamtools.job import Job, Refused, Shipped
from streamtools.local.stages.unpacking import unpack
from streamtools.scratch.links import note_link


@contextmanager
def in_working_directory(job: Job, scratch: str) -> Iterator[None]:
    """Make links to what the job ships, unless a file of that name is there, and remove them at the end."""
    with linked_here(job.shipped, job.packed, scratch):
        yield


@contextmanager
def linked_here(shipped: Sequence[Shipped], packed: Sequence[str], scratch: str) -> Iterator[None]:
    """Make links to files and unpacked archives, listed in `scratch`, and remove them at the end."""
    made: list[str] = []
    try:
        for number, item in enumerate(shipped):
            source = os.path.abspath(item.path)
            if item.is_archive and not os.path.isdir(source):
                source = unpack(source, os.path.join(scratch, f"archive-{number}"))
            _link(source, item.link, made, scratch)
        for path in packed:
            for inner in [entry.path for entry in os.scandir(path)] if os.path.isdir(path) else [path]:
                _link(os.path.abspath(inner), os.path.basename(inner), made, scratch)
        yield
    finally:
        for link in made:
            with suppress(OSError):  # a task has removed it already
                os.unlink(link)


def _link(source: str, link: str, made: list[str], scratch: str) -> None:
    here = os.getcwd()
    if os.path.commonpath([here, os.path.realpath(os.path.dirname(os.path.join(here, link)))]) != here:
        raise Refused(f"{link}: this link would be outside of {here}", "name a link in the directory of the task")
    if os.path.lexists(link):
        return
    try:
        if directory := os.path.dirname(link):
            os.makedirs(directory, exist_ok=True)
        note_link(scratch, link, source)
        os.symlink(source, link)
    except OSError as error:
        raise Refused(
            f"cannot link {source} as {link}: {error.strerror}", "run the job in a directory that you can write to"
        ) from None
    made.append(os.path.abspath(link))
